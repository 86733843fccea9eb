/**
 * What the charts of one card share: the instant under the cursor and the span of time that is zoomed to.
 *
 * Charts may have different axes (a step, an epoch, the time); what they have in common is when. So a cursor and a
 * zoom are times here, and every chart knows where a time lies on its own axis.
 */

/** A chart, as its group sees it. */
interface Member {
  /** The time under its cursor. */
  instant(): number | null;
  /** Put the cursor at a time, or take it away where there is nothing at that time. */
  point(time: number | null): void;
  /** Show what the group is zoomed to. */
  frame(): void;
}

export class ChartGroup {
  readonly charts = new Set<Member>();
  /** Seconds since the start of the job; null for everything. */
  zoomed: [from: number, to: number] | null = null;
  #source: Member | null = null;
  #publishing = false;

  constructor(private readonly onZoom: () => void) {}

  /** The cursor moved in `source`; null time when it left. */
  hover(source: Member, time: number | null): void {
    // Cursors that are moved from here say so, too.
    if (this.#publishing) return;
    this.#source = time === null ? null : source;
    this.#publishing = true;
    for (const chart of this.charts) if (chart !== source) chart.point(time);
    this.#publishing = false;
  }

  /** New points came: the pointer rests, what lies under it has moved. */
  refresh(): void {
    if (this.#source) this.hover(this.#source, this.#source.instant());
  }

  zoom(span: [number, number] | null): void {
    this.zoomed = span;
    for (const chart of this.charts) chart.frame();
    this.onZoom();
  }
}
