/** One small chart: a title with live values, and a canvas whose cursor and zoom go with the others of the card. */
import uPlot from "uplot";
import type { Series } from "../kernel/protocol.ts";
import { h, setText } from "../ui/dom.ts";
import { count, duration, significant } from "../ui/format.ts";
import type { ChartGroup } from "./chart_group.ts";
import { chartData, chartOptions, columns, HEIGHT } from "./chart_options.ts";
import type { ChartSpec } from "./chart_specs.ts";
import { interpolate } from "./interpolate.ts";
import type { Palette } from "./palette.ts";

/** A place on the axis, as the title says it. */
const PLACE: Record<ChartSpec["unit"], (x: number) => string> = {
  time: duration,
  step: (x) => `step ${count(Math.round(x))}`,
  epoch: (x) => `epoch ${significant(x)}`,
};

/** What there is instead of numbers, and since when unless it is looked at. */
function sayOdd({ x, unit }: ChartSpec, { since, text }: { since: number; text: string }, at: number | null): string {
  return at === null ? `${text} since ${PLACE[unit](x[since] ?? 0)}` : text;
}

const newest = (y: Series): number | null => y.findLast((value) => value !== null && value !== undefined) ?? null;

export class Chart {
  readonly node: HTMLElement;
  #title: HTMLElement;
  #values: HTMLElement[];
  #canvas: HTMLElement;
  #plot: uPlot | null = null;
  #spec: ChartSpec;
  /** In the view of the reader: a canvas that nobody sees is not drawn. */
  #seen = false;
  #stale = true;
  #resize: ResizeObserver;
  #sight: IntersectionObserver;

  constructor(
    spec: ChartSpec,
    private readonly group: ChartGroup,
    private readonly palette: Palette,
  ) {
    this.#spec = spec;
    this.#title = h("span", { class: "hfj-chart-title" }, spec.title);
    this.#values = (spec.tell ? [] : spec.series).map(() => h("span", { class: "hfj-value" }));
    this.#canvas = h("div", { class: "hfj-canvas", "aria-hidden": "true" });
    this.#canvas.style.setProperty("--hfj-chart-height", `${HEIGHT}px`);
    this.node = h(
      "figure",
      { class: "hfj-chart" },
      h(
        "figcaption",
        {},
        this.#title,
        ...this.#values.map((value, i) => {
          const { label = "", color = 1 } = spec.series[i] ?? {};
          const swatch = label ? h("i", { class: "hfj-swatch", "data-color": color }) : null;
          return h("span", { class: "hfj-legend" }, swatch, label, value);
        }),
      ),
      this.#canvas,
    );
    this.#resize = new ResizeObserver(() => this.#fit());
    this.#resize.observe(this.#canvas);
    this.#sight = new IntersectionObserver((entries) => {
      this.#seen = entries.at(-1)?.isIntersecting ?? false;
      if (this.#seen && this.#stale) this.#draw();
    });
    this.#sight.observe(this.#canvas);
    group.charts.add(this);
  }

  update(spec: ChartSpec): void {
    // An axis cannot change its kind, and a plot not how many lines it has.
    const { log, unit, series } = this.#spec;
    if (this.#plot && (spec.log !== log || spec.unit !== unit || spec.series.length !== series.length)) {
      this.#plot.destroy();
      this.#plot = null;
    }
    this.#spec = spec;
    this.#stale = true;
    if (this.#seen) this.#draw();
    else this.#legend();
  }

  recolor(): void {
    this.#plot?.redraw(false, true);
  }

  /** Let one line stand out; null for none. */
  emphasize(line: number | null): void {
    // uPlot takes null, too, whatever its types say.
    this.#plot?.setSeries((line === null ? null : line * columns(this.#spec) + 1) as number, { focus: true });
  }

  /** Show what the group is zoomed to. */
  frame(): void {
    const [min, max] = this.#range();
    this.#plot?.setScale("x", { min, max });
  }

  /** The time under the cursor. */
  instant(): number | null {
    const { left = -1 } = this.#plot?.cursor ?? {};
    return this.#plot && left >= 0 ? interpolate(this.#spec.x, this.#spec.time, this.#plot.posToVal(left, "x")) : null;
  }

  /** Put the cursor at a time, or take it away where there is nothing at that time. */
  point(time: number | null): void {
    const { x, time: times } = this.#spec;
    const [first, last] = [times[0] ?? 0, times.at(-1) ?? 0];
    // A point stands for the time to the next: half of one beyond the ends is still the end.
    const slack = (last - first) / Math.max(1, times.length - 1) / 2;
    const inside = time !== null && time >= first - slack && time <= last + slack;
    this.#plot?.setCursor({ left: inside ? this.#plot.valToPos(interpolate(times, x, time), "x") : -10, top: 0 });
  }

  destroy(): void {
    this.group.charts.delete(this);
    this.#resize.disconnect();
    this.#sight.disconnect();
    this.#plot?.destroy();
    this.node.remove();
  }

  #draw(): void {
    this.#stale = false;
    const data = chartData(this.#spec);
    if (this.#plot) this.#plot.setData(data);
    else this.#plot = this.#make(data);
    this.#legend();
  }

  #make(data: uPlot.AlignedData): uPlot {
    const options = chartOptions({
      spec: () => this.#spec,
      width: this.#canvas.clientWidth || 300,
      color: (name) => this.palette.get(name),
      range: () => this.#range(),
      onCursor: () => {
        this.#legend();
        this.group.hover(this, this.instant());
      },
      onSelect: (plot) => this.#onSelect(plot),
      onReset: () => this.group.zoom(null),
    });
    return new uPlot(options, data, this.#canvas);
  }

  #fit(): void {
    const width = this.#canvas.clientWidth;
    if (this.#plot && width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
  }

  #range(): [number, number] {
    const { x, time, span, unit } = this.#spec;
    const { zoomed } = this.group;
    if (zoomed) {
      const [from, to] = unit === "time" ? zoomed : [interpolate(time, x, zoomed[0]), interpolate(time, x, zoomed[1])];
      if (to > from) return [from, to];
    }
    const [from, to] = span ?? [x[0] ?? 0, x.at(-1) ?? 0];
    return [from, to > from ? to : from + 1];
  }

  /** Values under the cursor, else the newest. */
  #legend(): void {
    const { title, series, unit, format, odd = null, tell } = this.#spec;
    const at = this.#plot?.cursor.idx ?? null;
    const x = at === null ? undefined : this.#plot?.data[0][at];
    setText(this.#title, x === undefined ? title : `${title} · ${PLACE[unit](x)}`);
    tell?.(
      series.map(({ band }, i) => (at === null ? newest(band.y) : this.#near(band.y, i, at))),
      at !== null,
    );
    if (tell) return;
    for (const [i, { band }] of series.entries()) {
      const value = at === null ? (odd ? null : newest(band.y)) : band.y[at];
      const node = this.#values[i];
      const other = odd && (at === null || at >= odd.since) ? sayOdd(this.#spec, odd, at) : "–";
      if (node) setText(node, value === null || value === undefined ? other : format(value));
      node?.classList.toggle("hfj-odd", odd !== null && (value === null || value === undefined));
    }
  }

  /** The value of a line that has none of its own at every point of the axis: that of its nearest point. */
  #near(y: Series, line: number, at: number): number | null {
    const value = y[this.#plot?.cursor.idxs?.[line + 1] ?? at] ?? null;
    const has = (one: number | null | undefined) => one !== undefined;
    return at < y.findIndex(has) || at > y.findLastIndex(has) ? null : value;
  }

  #onSelect(plot: uPlot): void {
    const { left, width } = plot.select;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (width <= 0) return;
    const { x, time } = this.#spec;
    const at = (px: number) => interpolate(x, time, plot.posToVal(px, "x"));
    const [from, to] = [at(left), at(left + width)];
    if (to > from) this.group.zoom([from, to]);
  }
}
