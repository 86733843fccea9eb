/** Page-only state of a card: never synced, kept per model so that a view that is built again looks as it was left. */
import type { Change } from "../kernel/offers.ts";
import type { X } from "../kernel/protocol.ts";

export const TABS = ["Output", "Logs", "Metrics", "Files", "Script", "Details"] as const;
export type Tab = (typeof TABS)[number];

export interface Page {
  /** What training charts are drawn by, once the reader chose. */
  x: X | null;
  /** Null until the first view has chosen: what a job has shown by then, or else its log. */
  tab: Tab | null;
  collapsed: boolean;
  /** Long lines of the log go on in the next row. */
  wrap: boolean;
  /** When each line was printed stands in the place of its number. */
  times: boolean;
  /** Stick to the end of the log. */
  follow: boolean;
  /** The line at the top of the log when not following. */
  topLine: number;
  /** What is typed into the form that runs the job again; null where that is closed. */
  again: Change | null;
}

/** What readers chose for all logs, in this browser. */
const CHOICES = "hfjobs-magic.log";

export const newPage = (): Page => {
  return { x: null, tab: null, collapsed: false, follow: true, topLine: 0, again: null, ...choices() };
};

/** Remember how the reader wants to have logs. */
export function remember({ wrap, times }: Page): void {
  try {
    localStorage.setItem(CHOICES, JSON.stringify([wrap, times]));
  } catch {
    // A frame without a storage of its own, as in VS Code and Colab: remembered as long as the card is there.
  }
}

function choices(): Pick<Page, "wrap" | "times"> {
  let [wrap, times]: unknown[] = [];
  try {
    [wrap, times] = JSON.parse(localStorage.getItem(CHOICES) ?? "[]");
  } catch {
    // As above.
  }
  return { wrap: wrap === true, times: times === true };
}
