/** Synced state of a jobs table: what the kernel last said, shared by all views of its model. Page-only state: page.ts. */

import { isTerminal } from "../kernel/protocol.ts";
import { fields, list, maybeNumber, text } from "../kernel/raw.ts";
import { onAbort } from "../ui/dom.ts";
import { type JobRow, type Prices, readRow, readRows } from "./rows.ts";

export interface Status {
  now: number | null;
  /** When the list was last read, on the kernel's clock; null before. */
  seen_at: number | null;
  error: string;
  notice: string;
  cancelling: ReadonlySet<string>;
  watching: boolean;
  every_s: number;
  /** There are more jobs than the rows shown. */
  more: boolean;
  /** Most rows that are shown. */
  rows: number;
  /** What is said when there are none. */
  empty: string;
}

export interface Place {
  /** Of the table itself, by which a page finds its twin. */
  id: string;
  namespace: string;
  local: boolean;
  prices: Prices;
}

export const TOPICS = ["place", "status", "jobs", "cards"] as const;
export type Topic = (typeof TOPICS)[number];

export class TableStore {
  rows: ReadonlyMap<string, JobRow> = new Map();
  status: Status = readStatus(null);
  place: Place = { id: "", namespace: "", local: false, prices: {} };
  /** Job -> reference of its card's model. */
  cards: Record<string, unknown> = {};
  /** Counts the kernel's changes of the rows; what does not follow on it is asked for again. */
  seq = -1;
  #skew = 0;
  /** Jobs whose end was asked for here; a busy kernel says so only later. */
  #cancelled = new Set<string>();
  #listeners = new Set<() => void>();

  constructor(
    private readonly send: (message: object) => void,
    private readonly pageNow: () => number = () => Date.now() / 1000,
  ) {}

  /** The kernel's clock, carried on by the page's. */
  now(): number {
    return this.pageNow() + this.#skew;
  }

  isCancelling = ({ id, stage }: JobRow): boolean =>
    !isTerminal(stage) && (this.#cancelled.has(id) || this.status.cancelling.has(id));

  set(topic: Topic, raw: unknown, fresh = true): void {
    const f = fields(raw);
    if (topic === "place") {
      this.place = {
        id: text(f.id),
        namespace: text(f.namespace),
        local: f.local === true,
        prices: fields(f.prices) as Prices,
      };
    } else if (topic === "cards") {
      this.cards = f;
    } else if (topic === "jobs") {
      const seq = maybeNumber(f.seq) ?? 0;
      // A trait may be older than the changes that came since.
      if (seq >= this.seq) this.#take(seq, new Map(readRows(f.rows).map((row) => [row.id, row])));
    } else {
      this.#status(readStatus(raw), fresh);
    }
    this.#emit();
  }

  receive(raw: unknown): void {
    const f = fields(raw);
    const seq = maybeNumber(f.seq);
    // After a gap the next "watch" says how far we are, and the kernel sends everything.
    if (f.type !== "rows" || seq !== this.seq + 1) return;
    const rows = new Map(this.rows);
    for (const one of list(f.changed)) {
      const row = readRow(one);
      if (row) rows.set(row.id, row);
    }
    for (const id of list(f.gone)) rows.delete(text(id));
    this.#take(seq, rows);
    this.#emit();
  }

  watch(view: string, visible: boolean): void {
    this.send({ type: "watch", view, visible, seq: this.seq });
  }

  cancel(ids: string[]): void {
    for (const id of ids) this.#cancelled.add(id);
    this.send({ type: "cancel", ids });
    this.#emit();
  }

  rerun(id: string): void {
    this.send({ type: "rerun", id });
  }

  /** Ask for a job's card; it comes as a change of `cards`. */
  card(id: string): void {
    this.send({ type: "card", id });
  }

  /** Call `listener` after every change, until the signal. */
  listen(signal: AbortSignal, listener: () => void): void {
    this.#listeners.add(listener);
    onAbort(signal, () => this.#listeners.delete(listener));
  }

  #take(seq: number, rows: ReadonlyMap<string, JobRow>): void {
    [this.seq, this.rows] = [seq, rows];
  }

  #status(status: Status, fresh: boolean): void {
    // A cancel that the kernel heard of is the kernel's to show; one that failed comes back as a notice.
    for (const id of this.#cancelled) if (status.cancelling.has(id) || status.notice) this.#cancelled.delete(id);
    this.status = status;
    const skew = (status.now ?? this.pageNow()) - this.pageNow();
    // A stored value that lies behind the page's clock is most likely old, not a sign of two clocks that differ.
    this.#skew = fresh ? skew : Math.max(0, skew);
  }

  #emit(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function readStatus(raw: unknown): Status {
  const f = fields(raw);
  return {
    now: maybeNumber(f.now),
    seen_at: maybeNumber(f.seen_at),
    error: text(f.error),
    notice: text(f.notice),
    cancelling: new Set(list(f.cancelling).map(text)),
    watching: f.watching === true,
    every_s: maybeNumber(f.every_s) ?? 5,
    more: f.more === true,
    rows: maybeNumber(f.rows) ?? 0,
    empty: text(f.empty),
  };
}
