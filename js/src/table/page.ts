/** Page-only state of a jobs table: never synced, kept per model, so that a view built again looks as it was left. */
import type { Place } from "../charts/overlay.ts";
import type { Stage } from "../kernel/protocol.ts";
import type { Sort } from "./rows.ts";

/** What is being asked before it is done. */
export type Question =
  | { what: "cancel" | "rerun"; id: string }
  | { what: "cancel-many" | "sweep-cancel" | "sweep-retry" };

export interface TablePage {
  sort: Sort;
  typed: string;
  /** Stages shown; none means all. */
  stages: ReadonlySet<Stage>;
  selected: ReadonlySet<string>;
  /** Where a selection with Shift begins. */
  anchor: string | null;
  asking: Question | null;
  /** Pixels of the rows that are scrolled away. */
  top: number;
  /** The job whose card is open under its row. */
  open: string | null;
  /** Jobs whose curves are laid over each other, in the order of the rows; none where that is closed. */
  compared: readonly string[];
  /** What their axis counts; null for what most of them count. */
  place: Place | null;
  /** Whether all runs of a sweep are drawn, as they come. */
  all: boolean;
  /** A sweep's parameter that colours its runs, and the metric of its columns; null for the first that serves. */
  by: string | null;
  metric: string | null;
  /** The metric that the reader chose. */
  chosen: string | null;
}

/** Until the reader chooses another. */
export const FIRST_SORT: Sort = { by: "Age", down: true };

export const newTablePage = (): TablePage => ({
  sort: FIRST_SORT,
  typed: "",
  stages: new Set(),
  selected: new Set(),
  anchor: null,
  asking: null,
  top: 0,
  open: null,
  compared: [],
  place: null,
  all: true,
  by: null,
  metric: null,
  chosen: null,
});
