/** Page-only state of a card: never synced, kept per model so that a view that is built again looks as it was left. */
import type { X } from "../kernel/protocol.ts";

export const TABS = ["Output", "Logs", "Metrics", "Script", "Details"] as const;
export type Tab = (typeof TABS)[number];

export interface Page {
  /** What training charts are drawn by, once the reader chose. */
  x: X | null;
  /** Null until the first view has chosen: what a job has shown by then, or else its log. */
  tab: Tab | null;
  collapsed: boolean;
  /** Stick to the end of the log. */
  follow: boolean;
  /** The line at the top of the log when not following. */
  topLine: number;
}

export const newPage = (): Page => ({ x: null, tab: null, collapsed: false, follow: true, topLine: 0 });
