/**
 * Synced state of a jobs table: what the kernel last said, shared by all views of its model. Page-only state: page.ts.
 */

import { readPageLink } from "../kernel/page_links.ts";
import { isTerminal } from "../kernel/protocol.ts";
import { fields } from "../kernel/raw.ts";
import type { Revival } from "../kernel/revival.ts";
import { Synced } from "../kernel/synced.ts";
import {
  type Curves,
  type JobRow,
  type Place,
  readChanges,
  readCurves,
  readJobs,
  readPlace,
  readStatus,
  type Status,
  type ToKernel,
} from "./readers.ts";

export const TOPICS = ["place", "status", "jobs", "cards"] as const;
export type Topic = (typeof TOPICS)[number];

export class TableStore extends Synced<Topic, ToKernel> {
  rows: ReadonlyMap<string, JobRow> = new Map();
  status: Status = readStatus(null);
  place: Place = readPlace(null);
  /** Job -> reference of its card's model. */
  cards: Record<string, unknown> = {};
  /** Counts the kernel's changes of the rows; what does not follow on it is asked for again. */
  seq = -1;
  /** Jobs whose end was asked for here; a busy kernel says so only later. */
  #cancelled = new Set<string>();

  /** Job -> what its log says of its training, of those that are compared; replaced when one changes. */
  curves: ReadonlyMap<string, Curves> = new Map();
  /** What each view compares. */
  #compared = new Map<object, readonly string[]>();
  /** Views of it that are on the screen; the kernel looks only for them. */
  #shown = new Set<string>();

  constructor(post: (message: ToKernel) => void, pageNow?: () => number) {
    super(TOPICS, post, pageNow);
    this.connection.expect(false);
  }

  get twin() {
    return this.place.id;
  }

  get revival(): Revival | null {
    const { id, local, line } = this.place;
    return line === "" ? null : { view: "table", id, local, namespace: "", line };
  }

  /** Whether a job of it has not ended. */
  get runs(): boolean {
    return [...this.rows.values()].some(({ stage }) => !isTerminal(stage));
  }

  isCancelling = ({ id, stage }: JobRow): boolean =>
    !isTerminal(stage) && (this.#cancelled.has(id) || this.status.cancelling.has(id));

  override set(topic: Topic, raw: unknown, fresh = true): void {
    if (topic === "place") this.place = readPlace(raw);
    else if (topic === "cards") this.cards = fields(raw);
    else if (topic === "status") this.#setStatus(readStatus(raw), fresh);
    else {
      const { seq, rows } = readJobs(raw);
      // A trait may be older than the changes that came since.
      if (seq >= this.seq) [this.seq, this.rows] = [seq, rows];
    }
    this.emit(topic);
  }

  override receive(raw: unknown): void {
    const link = readPageLink(raw);
    if (link) {
      this.pages.answer(link);
      return;
    }
    const curves = readCurves(raw);
    if (curves) {
      this.curves = new Map(this.curves).set(curves.id, curves);
      this.emit("jobs");
      return;
    }
    const changes = readChanges(raw);
    // After a gap the next "watch" says how far we are, and the kernel sends everything.
    if (changes?.seq !== this.seq + 1) return;
    const rows = new Map(this.rows);
    for (const row of changes.changed) rows.set(row.id, row);
    for (const id of changes.gone) rows.delete(id);
    [this.seq, this.rows] = [changes.seq, rows];
    this.emit("jobs");
  }

  /** Let a job run on, however idle it is. */
  keep(id: string): void {
    this.send({ type: "keep", id });
  }

  /** Say that a view of the table is on the screen, or no longer. */
  look(view: string, visible: boolean): void {
    // While nobody looked the kernel read on for nobody.
    if (visible && !this.#shown.has(view)) this.#askCurves();
    if (visible) this.#shown.add(view);
    else this.#shown.delete(view);
    this.connection.expect(this.#shown.size > 0);
    this.send({ type: "watch", view, visible, seq: this.seq }, false);
  }

  cancel(ids: string[]): void {
    if (this.send({ type: "cancel", ids })) for (const id of ids) this.#cancelled.add(id);
    else this.unconfirmed = true;
    this.emit("status");
  }

  rerun(id: string): void {
    this.send({ type: "rerun", id });
  }

  /** Do something to all runs of a sweep. */
  sweep(what: "cancel" | "retry"): void {
    if (!this.send({ type: "sweep", do: what })) this.unconfirmed = true;
    this.emit("status");
  }

  /** Ask for a job's card; it comes as a change of `cards`. */
  card(id: string): void {
    this.send({ type: "card", id });
  }

  /** Ask for the curves of jobs, for one view; none where it compares no more. */
  compare(view: object, ids: readonly string[]): void {
    const before = this.#compared.get(view) ?? [];
    this.#compared.set(view, ids);
    if (before.length + ids.length > 0) this.#askCurves(true);
  }

  #askCurves(changed = false): void {
    const ids = [...new Set([...this.#compared.values()].flat())];
    this.curves = new Map([...this.curves].filter(([id]) => ids.includes(id)));
    if (changed || ids.length > 0) this.send({ type: "compare", ids });
  }

  protected override forget(): boolean {
    const waits = [...this.#cancelled].some((id) => !isTerminal(this.rows.get(id)?.stage ?? "DELETED"));
    this.#cancelled.clear();
    return waits;
  }

  #setStatus(status: Status, fresh: boolean): void {
    // A cancel that the kernel heard of is the kernel's to show; one that failed comes back as a notice.
    for (const id of this.#cancelled) if (status.cancelling.has(id) || status.notice) this.#cancelled.delete(id);
    this.status = status;
    this.stoodAt = status.error ? status.seen_at : null;
    this.setClock(status.now, fresh);
  }
}
