/** One small chart: a title with live values, and a uPlot canvas whose cursor and zoom go with the others of the card. */
import uPlot from "uplot";
import { h, setText } from "../dom.ts";
import { duration } from "../format.ts";
import type { Series } from "../protocol.ts";

export interface ChartSpec {
  key: string;
  title: string;
  series: { label: string; color: number; values: Series }[];
  /** A value in the title. */
  format: (value: number) => string;
  /** A value at the axis. */
  axis: (value: number) => string;
  /** The top of the axis where it is known; values beyond it push it up. */
  max: number | null;
  /** Bytes: ticks at powers of two, not of ten. */
  binary?: boolean;
}

/** Pixels. */
const HEIGHT = 104;
const AXIS_WIDTH = 56;
const FONT = '10.5px system-ui, -apple-system, "Segoe UI", sans-serif';
/** Ticks for bytes: 1, 2, 4 ... of every unit up to some terabytes. */
const BINARY_STEPS = Array.from({ length: 44 }, (_, i) => 2 ** i);

/** Ticks for time that people count in: seconds, minutes, hours, days. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];

export class Chart {
  readonly node: HTMLElement;
  #title: HTMLElement;
  #values: HTMLElement[];
  #canvas = h("div", { class: "hfj-canvas" });
  #plot: uPlot | null = null;
  #spec: ChartSpec;
  #resize: ResizeObserver;
  /** The reader dragged a range: new points must not throw it away. */
  #zoomed = false;

  constructor(spec: ChartSpec, private readonly group: string, signal: AbortSignal) {
    this.#spec = spec;
    this.#title = h("span", { class: "hfj-chart-title" }, spec.title);
    this.#values = spec.series.map(() => h("span", { class: "hfj-value" }));
    this.node = h(
      "figure",
      { class: "hfj-chart" },
      h(
        "figcaption",
        {},
        this.#title,
        ...spec.series.map(({ label, color }, i) =>
          h("span", { class: "hfj-legend" }, label ? h("i", { class: "hfj-swatch", "data-color": color }) : null, label, this.#values[i] ?? null),
        ),
      ),
      this.#canvas,
    );
    this.#resize = new ResizeObserver(() => this.#fit());
    this.#resize.observe(this.#canvas);
    this.#canvas.addEventListener("dblclick", () => (this.#zoomed = false), { signal });
  }

  /** @param t seconds since the start of the job */
  update(spec: ChartSpec, t: number[]): void {
    this.#spec = spec;
    const data: uPlot.AlignedData = [t, ...spec.series.map(({ values }) => values)];
    if (this.#plot) this.#plot.setData(data, !this.#zoomed);
    else this.#plot = new uPlot(this.#options(), data, this.#canvas);
    if (this.#zoomed) this.#plot.redraw();
    this.#legend();
  }

  recolor(): void {
    this.#plot?.redraw(false, true);
  }

  destroy(): void {
    this.#resize.disconnect();
    this.#plot?.destroy();
    this.node.remove();
  }

  #fit(): void {
    const width = this.#canvas.clientWidth;
    if (this.#plot && width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
  }

  /** Values under the cursor, else the newest. */
  #legend(): void {
    const at = this.#plot?.cursor.idx ?? null;
    const t = at === null ? undefined : this.#plot?.data[0][at];
    setText(this.#title, t === undefined ? this.#spec.title : `${this.#spec.title} · ${duration(t)}`);
    for (const [i, { values }] of this.#spec.series.entries()) {
      const value = at === null ? values.findLast((v) => v !== null) : values[at];
      const node = this.#values[i];
      if (node) setText(node, value === null || value === undefined ? "–" : this.#spec.format(value));
    }
  }

  #color(name: string): string {
    return getComputedStyle(this.node).getPropertyValue(name).trim() || "gray";
  }

  #options(): uPlot.Options {
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
        sync: { key: this.group },
        drag: { x: true, y: false },
        points: { size: 6 },
      },
      scales: { x: { time: false }, y: { range: (_, __, max) => [0, Math.max(max, this.#spec.max ?? 0) || 1] } },
      axes: [
        { ...axis, size: 20, gap: 4, space: 48, grid: { show: false }, incrs: TIME_STEPS, values: (_, ticks) => ticks.map(duration) },
        {
          ...axis,
          size: AXIS_WIDTH,
          gap: 6,
          space: 26,
          values: (_, ticks) => ticks.map((tick) => this.#spec.axis(tick)),
          ...(this.#spec.binary ? { incrs: BINARY_STEPS } : {}),
        },
      ],
      series: [
        {},
        ...this.#spec.series.map(({ color }, i) => ({
          stroke: () => this.#color(`--hfj-chart-${color}`),
          fill: () => (i === 0 ? this.#color(`--hfj-fill-${color}`) : "transparent"),
          width: 1.5,
          points: { show: false },
          spanGaps: false,
        })),
      ],
      hooks: {
        setCursor: [() => this.#legend()],
        setSelect: [(plot) => plot.select.width > 0 && (this.#zoomed = true)],
      },
    };
  }
}
