/** What the parts of a table share: what is known, what is shown of it, and what can be done. */

import { isTerminal } from "../kernel/protocol.ts";
import { focusOn } from "../ui/dom.ts";
import type { Question, TablePage } from "./page.ts";
import type { JobRow } from "./readers.ts";
import type { TableStore } from "./store.ts";

export interface TableOptions {
  store: TableStore;
  page: TablePage;
  signal: AbortSignal;
}

/** Give the focus of a part that goes to what stands before the rows. */
export const focusRows = (part: Element): void => focusOn(part.closest(".hfj-table")?.querySelector(".hfj-check"));

export class TableContext {
  readonly store: TableStore;
  readonly page: TablePage;
  readonly signal: AbortSignal;
  /** The rows that pass the filter, in order. */
  rows: JobRow[] = [];

  constructor(
    { store, page, signal }: TableOptions,
    /** Called after each change of the page's state, to show it. */
    readonly changed: () => void,
  ) {
    [this.store, this.page, this.signal] = [store, page, signal];
  }

  /** Of the selected jobs those that a cancel can end. */
  get cancellable(): string[] {
    return [...this.page.selected].filter((id) => this.#canEnd(id));
  }

  #canEnd(id: string): boolean {
    const row = this.store.rows.get(id);
    return row !== undefined && !isTerminal(row.stage) && !this.store.isCancelling(row);
  }

  /** Open a job's card under its row, in the place of another one's; null closes it. */
  open(id: string | null): void {
    this.page.open = id;
    this.changed();
  }

  /** Select a row or not; with `range` all from the one before to it. */
  select(id: string, on: boolean, range: boolean): void {
    const { page, rows } = this;
    const selected = new Set(page.selected);
    const [from = -1, to = -1] = [page.anchor, id].map((one) => rows.findIndex((row) => row.id === one));
    const between = range && from >= 0 && to >= 0;
    const ids = between ? rows.slice(Math.min(from, to), Math.max(from, to) + 1).map((row) => row.id) : [id];
    for (const one of ids) {
      if (on) selected.add(one);
      else selected.delete(one);
    }
    [page.selected, page.anchor] = [selected, id];
    this.changed();
  }

  /** Select all rows that are shown, or none of them; what the filter hides stays as it is. */
  selectShown(on: boolean): void {
    const shown = new Set(this.rows.map((row) => row.id));
    const others = [...this.page.selected].filter((id) => !shown.has(id));
    this.page.selected = new Set(on ? [...others, ...shown] : others);
    this.changed();
  }

  /** Lay the curves of jobs over each other; of none closes it. */
  compare(ids: readonly string[]): void {
    [this.page.compared, this.page.all] = [ids, false];
    this.changed();
  }

  clear(): void {
    this.page.selected = new Set();
    this.changed();
  }

  ask(question: Question): void {
    this.page.asking = question;
    this.changed();
  }

  /** Drop a question of jobs that have ended meanwhile, or that a kernel which is not heard cannot be told of. */
  settle(): void {
    const { asking } = this.page;
    const ids = asking?.what === "cancel-many" ? this.cancellable : asking?.what === "cancel" ? [asking.id] : null;
    if (this.store.connection.lost || ids?.some((id) => this.#canEnd(id)) === false) this.page.asking = null;
  }

  answer(yes: boolean): void {
    this.settle();
    const { page, store } = this;
    const { asking } = page;
    page.asking = null;
    if (yes && asking) {
      if (asking.what === "cancel") store.cancel([asking.id]);
      else if (asking.what === "rerun") store.rerun(asking.id);
      else if (asking.what === "cancel-many") {
        store.cancel(this.cancellable);
        page.selected = new Set();
      } else store.sweep(asking.what === "sweep-cancel" ? "cancel" : "retry");
    }
    this.changed();
  }
}
