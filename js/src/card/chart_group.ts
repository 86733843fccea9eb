/**
 * What the charts of one card share: the instant under the cursor and the span of time that is zoomed to.
 *
 * Charts may have different axes (a step, an epoch, the time); what they have in common is when. So a cursor and a
 * zoom are times here, and every chart knows where a time lies on its own axis.
 */
import type { Chart } from "./chart.ts";

export class ChartGroup {
  readonly charts = new Set<Chart>();
  /** Seconds since the start of the job; null for everything. */
  zoomed: [from: number, to: number] | null = null;
  #source: Chart | null = null;
  #publishing = false;

  constructor(private readonly onZoom: () => void) {}

  /** The cursor moved in `source`; null time when it left. */
  hover(source: Chart, time: number | null): void {
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

/** The y at `x` on the line through (xs[i], ys[i]); xs ascend. Beyond the ends: the end. */
export function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  let [low, high] = [0, xs.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((xs[middle] as number) <= x) low = middle;
    else high = middle;
  }
  const [x0, x1, y0, y1] = [xs[low] ?? 0, xs[high] ?? 0, ys[low] ?? 0, ys[high] ?? 0];
  if (x1 === x0) return y0;
  return y0 + (y1 - y0) * Math.min(1, Math.max(0, (x - x0) / (x1 - x0)));
}
