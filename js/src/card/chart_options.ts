/** How uPlot draws a chart: axes, lines, bands, and what the pointer does. */

import type uPlot from "uplot";
import { compact, duration } from "../ui/format.ts";
import type { ChartSpec } from "./chart_specs.ts";

/** Pixels; the style sheet has it as a custom property. */
export const HEIGHT = 104;
const AXIS_WIDTH = 56;
const FONT = '10.5px system-ui, -apple-system, "Segoe UI", sans-serif';
/** Ticks for bytes: 1, 2, 4 ... of every unit up to some terabytes. */
const BINARY_STEPS = Array.from({ length: 44 }, (_, i) => 2 ** i);

/** Ticks for time that people count in: seconds, minutes, hours, days. */
const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800,
];

/** The columns of a series in uPlot's data: its mean and the edges of its band. */
const COLUMNS = 3;

export interface ChartOptions {
  /** What is drawn now. */
  spec: () => ChartSpec;
  width: number;
  /** The colour that a custom property stands for. */
  color: (name: string) => string;
  /** The part of the axis that is shown. */
  range: () => [number, number];
  onCursor: () => void;
  onSelect: (plot: uPlot) => void;
  /** Called for a double click. */
  onReset: () => void;
}

/** The columns of a chart, as `chartOptions` has uPlot draw them. */
export const chartData = ({ x, series }: ChartSpec): uPlot.AlignedData => [
  x,
  ...series.flatMap(({ band }) => [band.y, band.min, band.max]),
];

export function chartOptions({ spec, width, color, range, onCursor, onSelect, onReset }: ChartOptions): uPlot.Options {
  return {
    width,
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
          onReset();
          return null;
        },
      },
    },
    scales: {
      x: { time: false, range },
      y: spec().log ? { distr: 3, log: 10 } : { range: (_, low, high) => heights(spec(), low, high) },
    },
    axes: axes(spec, color),
    series: [{}, ...spec().series.flatMap((line, i) => lines(spec, i, line.color, color))],
    bands: spec().series.map((line, i) => ({
      series: [COLUMNS * i + 3, COLUMNS * i + 2] as [number, number],
      fill: () => color(`--hfj-band-${line.color}`),
    })),
    hooks: { setCursor: [onCursor], setSelect: [onSelect] },
  };
}

function axes(spec: () => ChartSpec, color: (name: string) => string): uPlot.Axis[] {
  const { unit, binary } = spec();
  const axis = {
    stroke: () => color("--hfj-muted"),
    grid: { width: 1, stroke: () => color("--hfj-grid") },
    ticks: { show: false },
    font: FONT,
  };
  return [
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
      values: (_, ticks, _axis, _space, step) => ticks.map((tick) => (tick === null ? "" : spec().axis(tick, step))),
      ...(binary ? { incrs: BINARY_STEPS } : {}),
    },
  ];
}

/** The line of a mean, and the edges of its band, which have none. */
function lines(spec: () => ChartSpec, i: number, number: number, color: (name: string) => string): uPlot.Series[] {
  const edge = { stroke: "transparent", width: 0, points: { show: false }, spanGaps: false };
  const mean = {
    stroke: () => color(`--hfj-chart-${number}`),
    // An area under a mean that has a base; a loss has none.
    fill: () => (i === 0 && spec().zero ? color(`--hfj-fill-${number}`) : "transparent"),
    width: 1.5,
    // A single point between gaps has no line to be seen by.
    points: { show: (plot: uPlot) => (plot.data[0]?.length ?? 0) === 1, size: 5 },
    spanGaps: false,
  };
  return [mean, edge, edge];
}

function heights({ zero, max }: ChartSpec, low: number | null, high: number | null): [number, number] {
  const [from, to] = [low ?? 0, high ?? 1];
  if (zero) return [0, Math.max(to, max ?? 0) || 1];
  const air = (to - from || Math.abs(to) || 1) * 0.08;
  return [from - air, to + air];
}
