/** One small chart: a title with live values, and a uPlot canvas whose cursor and zoom go with the others of the card. */
import uPlot from "uplot";
import type { Band } from "../kernel/protocol.ts";
import { h, setText } from "../ui/dom.ts";
import { compact, count, duration, significant } from "../ui/format.ts";
import { type ChartGroup, interpolate } from "./chart_group.ts";

export interface ChartSpec {
  key: string;
  title: string;
  series: { label: string; color: number; band: Band }[];
  /** Where the points lie on the axis, and when they were: seconds since the start of the job. */
  x: number[];
  time: number[];
  /** How the axis counts. */
  unit: "step" | "epoch" | "time";
  /** The axis as a whole, where it is more than from the first point to the last. */
  span: [number, number] | null;
  /** A value in the title. */
  format: (value: number) => string;
  /** A value at the axis. */
  axis: (value: number, step: number) => string;
  /** The top of the axis where it is known; values beyond it push it up. */
  max: number | null;
  /** The axis begins at zero: a share or an amount. A loss does not. */
  zero: boolean;
  /** Bytes: ticks at powers of two, not of ten. */
  binary?: boolean;
  log?: boolean;
}

/** Pixels. */
const HEIGHT = 104;
const AXIS_WIDTH = 56;
const FONT = '10.5px system-ui, -apple-system, "Segoe UI", sans-serif';
/** Ticks for bytes: 1, 2, 4 ... of every unit up to some terabytes. */
const BINARY_STEPS = Array.from({ length: 44 }, (_, i) => 2 ** i);

/** Ticks for time that people count in: seconds, minutes, hours, days. */
const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800,
];

/** A place on the axis, as the title says it. */
const PLACE: Record<ChartSpec["unit"], (x: number) => string> = {
  time: duration,
  step: (x) => `step ${count(Math.round(x))}`,
  epoch: (x) => `epoch ${significant(x)}`,
};

/** The columns of a series in uPlot's data: its mean and the edges of its band. */
const COLUMNS = 3;

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
  ) {
    this.#spec = spec;
    this.#title = h("span", { class: "hfj-chart-title" }, spec.title);
    this.#values = spec.series.map(() => h("span", { class: "hfj-value" }));
    this.#canvas = h("div", { class: "hfj-canvas", "aria-hidden": "true" });
    this.node = h(
      "figure",
      { class: "hfj-chart" },
      h(
        "figcaption",
        {},
        this.#title,
        ...spec.series.map(({ label, color }, i) =>
          h(
            "span",
            { class: "hfj-legend" },
            label ? h("i", { class: "hfj-swatch", "data-color": color }) : null,
            label,
            this.#values[i] ?? null,
          ),
        ),
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
    // An axis cannot change its kind.
    if (this.#plot && (spec.log !== this.#spec.log || spec.unit !== this.#spec.unit)) {
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
    const { x, series } = this.#spec;
    const data: uPlot.AlignedData = [x, ...series.flatMap(({ band }) => [band.y, band.min, band.max])];
    if (this.#plot) this.#plot.setData(data);
    else this.#plot = new uPlot(this.#options(), data, this.#canvas);
    this.#legend();
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
    const { title, series, unit, format } = this.#spec;
    const at = this.#plot?.cursor.idx ?? null;
    const x = at === null ? undefined : this.#plot?.data[0][at];
    setText(this.#title, x === undefined ? title : `${title} · ${PLACE[unit](x)}`);
    for (const [i, { band }] of series.entries()) {
      const value = at === null ? band.y.findLast((v) => v !== null) : band.y[at];
      const node = this.#values[i];
      if (node) setText(node, value === null || value === undefined ? "–" : format(value));
    }
  }

  #color(name: string): string {
    return getComputedStyle(this.node).getPropertyValue(name).trim() || "gray";
  }

  #selected(plot: uPlot): void {
    const { left, width } = plot.select;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (width <= 0) return;
    const { x, time } = this.#spec;
    const at = (px: number) => interpolate(x, time, plot.posToVal(px, "x"));
    const [from, to] = [at(left), at(left + width)];
    if (to > from) this.group.zoom([from, to]);
  }

  #options(): uPlot.Options {
    const { unit, log = false, binary, series } = this.#spec;
    const muted = () => this.#color("--hfj-muted");
    const line = () => this.#color("--hfj-grid");
    const axis = { stroke: muted, grid: { width: 1, stroke: line }, ticks: { show: false }, font: FONT };
    return {
      width: this.#canvas.clientWidth || 300,
      height: HEIGHT,
      padding: [6, 10, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        // The edges of a band have no point of their own.
        points: { size: (_, i) => (i % COLUMNS === 1 ? 6 : 0) },
        bind: {
          dblclick: () => () => {
            this.group.zoom(null);
            return null;
          },
        },
      },
      scales: {
        x: { time: false, range: () => this.#range() },
        y: log ? { distr: 3, log: 10 } : { range: (_, low, high) => this.#heights(low, high) },
      },
      axes: [
        {
          ...axis,
          size: 20,
          gap: 4,
          space: 48,
          grid: { show: false },
          ...(unit === "time" ? { incrs: TIME_STEPS } : {}),
          values: (_, ticks) => ticks.map(unit === "time" ? duration : compact),
        },
        {
          ...axis,
          size: AXIS_WIDTH,
          gap: 6,
          space: 26,
          values: (_, ticks, _axis, _space, step) =>
            ticks.map((tick) => (tick === null ? "" : this.#spec.axis(tick, step))),
          ...(binary ? { incrs: BINARY_STEPS } : {}),
        },
      ],
      series: [
        {},
        ...series.flatMap(({ color }, i) => [
          {
            stroke: () => this.#color(`--hfj-chart-${color}`),
            // An area under a mean that has a base; a loss has none.
            fill: () => (i === 0 && this.#spec.zero ? this.#color(`--hfj-fill-${color}`) : "transparent"),
            width: 1.5,
            // A single point between gaps has no line to be seen by.
            points: { show: (plot: uPlot) => (plot.data[0]?.length ?? 0) === 1, size: 5 },
            spanGaps: false,
          },
          ...[0, 1].map(() => ({ stroke: "transparent", width: 0, points: { show: false }, spanGaps: false })),
        ]),
      ],
      bands: series.map(({ color }, i) => ({
        series: [COLUMNS * i + 3, COLUMNS * i + 2] as [number, number],
        fill: () => this.#color(`--hfj-band-${color}`),
      })),
      hooks: {
        setCursor: [
          () => {
            this.#legend();
            this.group.hover(this, this.instant());
          },
        ],
        setSelect: [(plot) => this.#selected(plot)],
      },
    };
  }

  #heights(low: number | null, high: number | null): [number, number] {
    const { zero, max } = this.#spec;
    const [from, to] = [low ?? 0, high ?? 1];
    if (zero) return [0, Math.max(to, max ?? 0) || 1];
    const air = (to - from || Math.abs(to) || 1) * 0.08;
    return [from - air, to + air];
  }
}
