/** The two ways out of the page for text: the clipboard and a file. */
import { button } from "./button.ts";
import { h, setText } from "./dom.ts";

/** Milliseconds for which a button says what it did. */
const SAID_MS = 1600;

async function toClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // No permission, or a page served over plain http: the old way still works there.
    const area = h("textarea", { class: "hfj-offscreen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("The browser refused the clipboard.");
  }
}

export function saveFile(name: string, parts: string[]): void {
  const url = URL.createObjectURL(new Blob(parts, { type: "text/plain;charset=utf-8" }));
  const link = h("a", { href: url, download: name });
  link.click();
  // The browser reads the address after this task; a second is ample and the memory is not held for long.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export interface TaskButtonOptions {
  label: string;
  icon: "copy" | "download" | "terminal";
  title: string;
  done: string;
  signal: AbortSignal;
  /** What a click does; `say` puts progress on the button, and `stop` ends it: a second click, or the view's end. */
  run: (say: (text: string) => void, stop: AbortSignal) => Promise<void>;
}

/** A button that says what became of its click. */
export function taskButton(options: TaskButtonOptions): HTMLButtonElement {
  const element = button({ ...options, class: "hfj-task", onClick: () => void click() });
  const label = element.querySelector(".hfj-label") as HTMLElement;
  label.setAttribute("aria-live", "polite");
  let running: AbortController | null = null;
  const click = async () => {
    if (running) {
      running.abort();
      return;
    }
    const life = new AbortController();
    running = life;
    element.title = "Stop";
    try {
      await options.run((text) => setText(label, `Stop ${text}`), AbortSignal.any([options.signal, life.signal]));
      setText(label, options.done);
      element.title = options.title;
    } catch (error) {
      setText(label, life.signal.aborted ? "Stopped" : "Failed");
      element.title = life.signal.aborted ? options.title : error instanceof Error ? error.message : String(error);
    }
    running = null;
    setTimeout(() => running ?? setText(label, options.label), SAID_MS);
  };
  return element;
}

export function copyButton(
  signal: AbortSignal,
  title: string,
  text: (say: (text: string) => void, stop: AbortSignal) => Promise<string>,
  label = "Copy",
  icon: TaskButtonOptions["icon"] = "copy",
) {
  return taskButton({
    label,
    icon,
    title,
    done: "Copied",
    signal,
    run: async (say, stop) => {
      const copied = await text(say, stop);
      stop.throwIfAborted();
      await toClipboard(copied);
    },
  });
}
