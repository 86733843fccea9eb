/** How uPlot draws a chart: axes, lines, bands, and what the pointer does. */

import type uPlot from "uplot";
import type { Series } from "../kernel/protocol.ts";
import { compact } from "../ui/format.ts";
import type { ChartSpec, Line } from "./chart_specs.ts";
import { linearTicks, logTicks, timeName } from "./ticks.ts";

/** Pixels; the style sheet has it as a custom property. */
export const HEIGHT = 104;
const AXIS_WIDTH = 56;
/** Whole pixels: uPlot takes the digits before "px" for the size, and 10.5px for five. */
const FONT = '11px system-ui, -apple-system, "Segoe UI", sans-serif';
/** Pixels of a character of it, at most, on average over what stands at an axis. */
const CHARACTER = 6.6;
/** Pixels to the right of a plot: half the name of the last step, which lies at the very edge. */
const RIGHT = 18;
/** Share of a limit from which on it is in the picture: a job that uses a tenth of the memory shows what it uses. */
const NEAR_LIMIT = 0.6;

/** Pixels that are drawn, and that are not, of a broken line. */
const DASH = [4, 4];

/** Ticks for time that people count in, up to weeks. Where none is large enough, uPlot names none. */
const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800, 1209600,
  2419200, 4838400, 9676800,
];

/** Epochs from which on whole ones are named; steps always are. */
const WHOLE_EPOCHS = 2;
/** Pixels to a name on the axis along the bottom, at most. */
const NAME_WIDTH = 100;

/** Lines up to which each has a point under the cursor; of more, one would see points only. */
const MOST_POINTS = 20;

/** Opacity of the lines that are not the one looked at. */
const FADED = 0.2;

/** The columns of a line in uPlot's data: its mean and the edges of its band; of lines that have none, one. */
export const columns = ({ tell }: ChartSpec): number => (tell ? 1 : 3);

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
export const chartData = (spec: ChartSpec): uPlot.AlignedData => [
  spec.x,
  ...spec.series.flatMap(({ band }) => [band.y, band.min, band.max].slice(0, columns(spec))),
];

export function chartOptions({ spec, width, color, range, onCursor, onSelect, onReset }: ChartOptions): uPlot.Options {
  const each = columns(spec());
  return {
    width,
    height: HEIGHT,
    padding: [6, RIGHT, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      // The edges of a band have no point of their own.
      points: spec().series.length > MOST_POINTS ? { show: false } : { size: (_, i) => ((i - 1) % each === 0 ? 6 : 0) },
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
    focus: { alpha: FADED },
    series: [{}, ...spec().series.flatMap((line, i) => lines(spec, i, line, color).slice(0, each))],
    bands:
      each === 1
        ? []
        : spec().series.map((line, i) => ({
            series: [each * i + 3, each * i + 2] as [number, number],
            fill: () => color(`--hfj-band-${line.color}`),
          })),
    hooks: { setCursor: [onCursor], setSelect: [onSelect], draw: [(plot) => drawMarks(plot, spec(), color)] },
  };
}

function axes(spec: () => ChartSpec, color: (name: string) => string): uPlot.Axis[] {
  const { unit, binary, log } = spec();
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
      space: 72,
      grid: { show: false },
      ...(unit === "time"
        ? { incrs: TIME_STEPS }
        : { splits: (plot: uPlot, _: number, low: number, high: number) => places(unit, plot.width, low, high) }),
      values: (plot, ticks) => {
        const step = (ticks[1] ?? 1) - (ticks[0] ?? 0);
        const names = ticks.map((tick) => (unit === "time" ? timeName(tick, step) : compact(tick, step)));
        const each = unit === "time" ? 1 : namesApart(plot, ticks, names);
        return names.map((name, i) => (i % each === 0 ? within(plot, ticks[i] ?? 0, name) : ""));
      },
    },
    {
      ...axis,
      size: AXIS_WIDTH,
      gap: 6,
      space: 26,
      splits: (_, _axis, low, high) => (log ? logTicks(low, high) : linearTicks(low, high, binary ? "binary" : "any")),
      // All of them: uPlot would leave names out of a logarithmic axis.
      filter: (_, ticks) => ticks,
      values: (_, ticks) => ticks.map((tick) => spec().axis(tick, (ticks[1] ?? 1) - (ticks[0] ?? 0))),
    },
  ];
}

/** Steps and epochs that are named. */
function places(unit: "step" | "epoch", width: number, low: number, high: number): number[] {
  const kind = unit === "step" || high - low >= WHOLE_EPOCHS ? "whole" : "any";
  return linearTicks(low, high, kind, Math.max(3, Math.floor((width - AXIS_WIDTH) / NAME_WIDTH)));
}

/** How many ticks a name takes with some air beside it: those of long counts, such as 12,345,670, are wide. */
function namesApart(plot: uPlot, [first = 0, second = 0]: number[], names: string[]): number {
  const room = plot.valToPos(second, "x") - plot.valToPos(first, "x");
  const needed = Math.max(0, ...names.map((name) => name.length)) * CHARACTER + 6;
  // The first time a plot is laid out it has no scale yet.
  return room > 0 ? Math.ceil(needed / room) : 1;
}

/** A name, or nothing where half of it would be cut off at the right edge. */
function within(plot: uPlot, tick: number, name: string): string {
  // The first time a plot is laid out it has no scale yet.
  const room = plot.width - AXIS_WIDTH - plot.valToPos(tick, "x");
  return room >= 0 && room < (name.length * CHARACTER) / 2 ? "" : name;
}

/** The line of a mean, and the edges of its band, which have none. */
function lines(
  spec: () => ChartSpec,
  i: number,
  { color: number, dashed }: Line,
  color: (name: string) => string,
): uPlot.Series[] {
  const edge = { stroke: "transparent", width: 0, points: { show: false }, spanGaps: false };
  const mean = {
    stroke: () => color(`--hfj-chart-${number}`),
    // An area under a mean that has a base; a loss has none.
    fill: () => (i === 0 && spec().zero ? color(`--hfj-fill-${number}`) : "transparent"),
    width: 1.5,
    // A single point between gaps has no line to be seen by.
    points: {
      show: (plot: uPlot, column: number) =>
        (plot.data[column] as Series | undefined)?.filter((value) => value != null).length === 1,
      size: 5,
    },
    spanGaps: false,
    ...(dashed ? { dash: DASH } : {}),
  };
  return [mean, edge, edge];
}

function heights({ zero, max, limit, binary }: ChartSpec, low: number | null, high: number | null): [number, number] {
  const [from, to] = [low ?? 0, high ?? 1];
  const air = 0.08 * (zero ? to : to - from || Math.abs(to) || 1);
  if (!zero) return [from - air, to + air];
  // A line at the very top would be half a line.
  if (limit && to >= NEAR_LIMIT * limit) return [0, Math.max(to, limit) * 1.04];
  return [0, Math.max(max ?? to + air, to, binary ? 4 : 0) || 1];
}

/** A broken line at what values can reach, where that is in the picture, and one where they are no numbers any more. */
function drawMarks(plot: uPlot, { limit, odd, x }: ChartSpec, color: (name: string) => string): void {
  const { left, top, width, height } = plot.bbox;
  if (limit && limit <= (plot.scales.y?.max ?? 0)) {
    const y = Math.round(plot.valToPos(limit, "y", true));
    drawBroken(plot.ctx, color("--hfj-bad"), [left, y, left + width, y]);
  }
  const since = odd ? x[odd.since] : undefined;
  if (since === undefined) return;
  const at = Math.round(plot.valToPos(since, "x", true));
  if (at >= left && at <= left + width) drawBroken(plot.ctx, color("--hfj-bad"), [at, top, at, top + height]);
}

type Ends = [fromX: number, fromY: number, toX: number, toY: number];

function drawBroken(ctx: CanvasRenderingContext2D, color: string, [fromX, fromY, toX, toY]: Ends): void {
  ctx.save();
  ctx.beginPath();
  ctx.setLineDash(DASH.map((length) => length * devicePixelRatio));
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeStyle = color;
  ctx.moveTo(fromX, fromY);
  ctx.lineTo(toX, toY);
  ctx.stroke();
  ctx.restore();
}
