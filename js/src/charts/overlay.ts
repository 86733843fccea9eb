/** Curves of several jobs laid over each other: one chart a metric, one line a job. */

import type { Series, X } from "../kernel/protocol.ts";
import { significant, significantTick } from "../ui/format.ts";
import type { ChartSpec } from "./chart_specs.ts";

/** What one job printed of one metric; without a place where that is a value and no curve. */
export interface Curve {
  key: string;
  step: number[] | null;
  epoch: number[] | null;
  y: Series;
  /** Its values are best seen on a logarithmic axis. */
  log: boolean;
  /** What came last where that was not a finite number: "nan", "inf" or "-inf". */
  odd: string;
  /** As they were printed, however many are joined to a point; null where there is no number. */
  best: number | null;
  last: number | null;
}

/** What the axis can count: when a line was read says nothing of when another job printed the same. */
export const PLACES = ["step", "epoch"] as const satisfies readonly X[];
export type Place = (typeof PLACES)[number];

/** Colours of lines in the style sheet; with more lines they come again, broken. */
const COLORS = 8;

/** How the line of job number `i` is drawn. */
export const lineLook = (i: number) => ({ color: (i % COLORS) + 1, dashed: i % (2 * COLORS) >= COLORS });

/** What the axis can count for some of the curves. */
export const choices = (jobs: readonly (readonly Curve[])[]): Place[] =>
  PLACES.filter((x) => jobs.flat().some((curve) => curve[x] !== null));

/** Metrics of any of the jobs, in the order in which they are first named. */
export const metrics = (jobs: readonly (readonly Curve[])[]): string[] => [
  ...new Set(jobs.flat().map(({ key }) => key)),
];

type Points = Map<number, number | null>;

/** Each curve by its places: of two hundred runs few change between two drawings. */
const PLACED: Record<Place, WeakMap<Curve, { every: number; points: Points }>> = {
  step: new WeakMap(),
  epoch: new WeakMap(),
};

/** Points of a chart beyond which every line has fewer: of two hundred lines nobody sees the single points. */
const MOST_DRAWN = 10_000;

/** Every so manyth point of a curve, and its last. */
function placed(curve: Curve | undefined, place: Place, every: number): Points {
  if (!curve) return new Map();
  const known = PLACED[place].get(curve);
  if (known?.every === every) return known.points;
  const all = curve[place]?.map((at, i) => [at, curve.y[i] ?? null] as const) ?? [];
  const points: Points = new Map(all.filter((_, i) => i % every === 0 || i === all.length - 1));
  PLACED[place].set(curve, { every, points });
  return points;
}

/** All places on one axis, and each curve's value there: undefined where it has no point. */
function align(curves: readonly (Curve | undefined)[], place: Place): { x: number[]; columns: Series[] } {
  const every = Math.ceil(curves.reduce((sum, curve) => sum + (curve?.y.length ?? 0), 1) / MOST_DRAWN);
  const points = curves.map((curve) => placed(curve, place, every));
  const x = [...new Set(points.flatMap((some) => [...some.keys()]))].sort((a, b) => a - b);
  return { x, columns: points.map((some) => x.map((at) => some.get(at))) };
}

/**
 * One chart a metric; of one that nobody counts by `x`, by what it is counted. `tell` as in a `ChartSpec`, and `look`
 * says how the line of a job is drawn.
 */
export function overlaySpecs(
  jobs: readonly (readonly Curve[])[],
  x: Place,
  tell: (metric: string, values: (number | null)[], at: boolean) => void,
  look: typeof lineLook = lineLook,
): ChartSpec[] {
  return metrics(jobs.map((some) => some.filter(({ step, epoch }) => step ?? epoch))).map((key) => {
    const curves = jobs.map((some) => some.find((curve) => curve.key === key));
    const unit = curves.some((curve) => curve?.[x]) ? x : x === "step" ? "epoch" : "step";
    const { x: places, columns } = align(curves, unit);
    return {
      key,
      title: key,
      series: columns.map((y, i) => ({ label: "", ...look(i), band: { y, min: y, max: y } })),
      x: places,
      // Jobs have no time in common: what their charts share is the place.
      time: places,
      unit,
      span: null,
      format: significant,
      axis: significantTick,
      max: null,
      zero: false,
      log: curves.some((curve) => curve?.log) && columns.flat().every((value) => value == null || value > 0),
      tell: (values, at) => tell(key, values, at),
    };
  });
}
