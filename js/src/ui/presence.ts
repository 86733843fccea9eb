/** While a page shows a widget it says so, and notices when the kernel says nothing. */

import type { Synced } from "../kernel/synced.ts";
import { every } from "./timing.ts";

/** Milliseconds between two words to the kernel that this page is there; it slows down by the minute without them. */
const HERE_MS = 20_000;

export function presence(store: Pick<Synced<string, object>, "connection" | "here">, signal: AbortSignal): void {
  const here = () => document.hidden || store.here();
  store.connection.attend(signal);
  here();
  document.addEventListener("visibilitychange", here, { signal });
  every(HERE_MS, signal, here);
}
