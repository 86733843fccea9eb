/** Tell the kernel while the table is on the screen, so that it asks the Hub only then; or while its bell waits. */

import { rings } from "../ui/bell.ts";
import { every, onAbort } from "../ui/timing.ts";
import type { TableStore } from "./store.ts";

/** Milliseconds between two words to the kernel that this page still shows the table. */
const STILL_HERE_MS = 20_000;

/** `onShown` is called when the table comes into view: a list drawn before it had a size knows no rows in view. */
export function reportVisibility(node: HTMLElement, store: TableStore, signal: AbortSignal, onShown: () => void): void {
  const view = Math.random().toString(36).slice(2, 12);
  let near = false;
  let last = false;
  const report = (again = false) => {
    const wanted = document.hidden ? store.runs && rings() : near;
    const visible = wanted && !signal.aborted;
    if (visible === last && !(again && visible)) return;
    last = visible;
    store.look(view, visible);
  };
  const observer = new IntersectionObserver(([entry]) => {
    near = entry?.isIntersecting ?? false;
    if (near) onShown();
    report();
  });
  observer.observe(node);
  document.addEventListener("visibilitychange", () => report(), { signal });
  // A tab that is closed may get this last word out; if not, the kernel notices the silence.
  window.addEventListener("pagehide", () => last && store.look(view, false), { signal });
  every(STILL_HERE_MS, signal, () => report(true));
  onAbort(signal, () => {
    observer.disconnect();
    report();
  });
}
