/**
 * How long the page waits for a sign that the kernel heard a click.
 *
 * A kernel that runs a cell and has no subshell hears of it when the cell is done; the reader should know.
 */

import { onAbort } from "./timing.ts";

/** Milliseconds in which a kernel that is free, or has a subshell, says that it heard. */
const HEARD_MS = 1500;

export const BUSY_TEXT = "will be sent when the kernel is free";

export interface Patience {
  /** Nothing was heard for longer than a free kernel takes. */
  readonly over: boolean;
  /** Say whether something waits to be heard. */
  wait(waiting: boolean): void;
}

/** `onOver` is called when patience is over. */
export function patience(signal: AbortSignal, onOver: () => void): Patience {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  onAbort(signal, () => clearTimeout(timer));
  return {
    get over() {
      return over;
    },
    wait(waiting) {
      if (waiting) {
        timer ??= setTimeout(() => {
          over = true;
          onOver();
        }, HEARD_MS);
        return;
      }
      clearTimeout(timer);
      timer = undefined;
      over = false;
    },
  };
}
