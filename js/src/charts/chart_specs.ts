/** From what the kernel sent to the charts that a job has. */

import type { Band, Gpu, Metrics, Training, Usage, X } from "../kernel/protocol.ts";
import { bytes, percent, rate, significant, significantTick, tick } from "../ui/format.ts";

/** One line of a chart. */
export interface Line {
  label: string;
  /** Number of its colour in the style sheet. */
  color: number;
  band: Band;
  /** Drawn with gaps, where there are more lines than colours. */
  dashed?: boolean;
}

export interface ChartSpec {
  key: string;
  title: string;
  series: Line[];
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
  /** What values can reach; a line where they are near it. */
  limit?: number | null;
  /** The axis begins at zero: a share or an amount. A loss does not. */
  zero: boolean;
  /** Bytes: ticks at powers of two, not of ten. */
  binary?: boolean;
  log?: boolean;
  /** Since which point there are no numbers to draw, and what there is instead. */
  odd?: { since: number; text: string } | null;
  /**
   * Lines of several jobs, without bands. Called with the value of each under the cursor, else the newest; null where
   * it has none there. Their legend is not the chart's own.
   */
  tell?: (values: (number | null)[], at: boolean) => void;
}

const ofTotal =
  (total: number | null) =>
  (n: number): string =>
    total ? `${bytes(n)} of ${bytes(total)}` : bytes(n);
const hasValues = ({ y }: Band): boolean => y.some((value) => value !== null);

type Kind = Pick<ChartSpec, "format" | "axis" | "max" | "limit" | "zero" | "binary">;
const PERCENT: Kind = { format: percent, axis: (n) => tick(n, percent), max: 100, zero: true };
const RATE: Kind = { format: rate, axis: (n) => tick(n, rate), max: null, zero: true, binary: true };
const memory = (total: number | null): Kind => ({
  format: ofTotal(total),
  axis: (n) => tick(n, bytes),
  max: null,
  limit: total,
  zero: true,
  binary: true,
});

/** Charts over the time since `start`; one without a single value is left out. */
export function systemSpecs(metrics: Metrics, start: number): ChartSpec[] {
  const time = metrics.t.map((t) => t - start);
  const spec = (
    key: string,
    title: string,
    kind: Kind,
    ...series: [label: string, color: number, band: Band][]
  ): ChartSpec => ({
    key,
    title,
    ...kind,
    x: time,
    time,
    unit: "time",
    span: null,
    series: series.map(([label, color, band]) => ({ label, color, band })),
  });
  const usage = (use: Usage, prefix: string, key: string) => [
    spec(`${key}cpu`, `${prefix}CPU`, PERCENT, ["", 1, use.cpu_pct]),
    spec(`${key}memory`, `${prefix}Memory`, memory(use.memory_total), ["", 1, use.memory]),
    spec(`${key}network`, `${prefix}Network`, RATE, ["in", 1, use.rx], ["out", 2, use.tx]),
  ];
  const gpu = (gpu: Gpu) => {
    const name = [gpu.replica, /^\d+$/.test(gpu.id) ? `GPU ${gpu.id}` : gpu.id].filter(Boolean).join(" · ");
    const key = `gpu/${gpu.replica}/${gpu.id}`;
    return [
      spec(`${key}/util`, name, PERCENT, ["", 3, gpu.util]),
      spec(`${key}/memory`, `${name} memory`, memory(gpu.memory_total), ["", 3, gpu.memory]),
    ];
  };
  return [
    ...usage(metrics, "", ""),
    ...metrics.replicas.flatMap((replica) => usage(replica, `${replica.id} · `, `replica/${replica.id}/`)),
    ...metrics.gpus.flatMap(gpu),
  ].filter(({ series }) => series.some(({ band }) => hasValues(band)));
}

/** Charts of what the job printed, by `x` where a metric has it and by time else. */
export function trainingSpecs(training: Training, x: X, start: number): ChartSpec[] {
  return training.series
    .filter((series) => series.odd || hasValues(series))
    .map((series) => {
      const time = series.time.map((t) => t - start);
      const places = x === "time" ? null : series[x];
      return {
        key: `training/${series.key}`,
        title: series.key,
        series: [{ label: "", color: 4, band: series }],
        x: places ?? time,
        time,
        unit: places ? x : "time",
        span: null,
        format: significant,
        axis: significantTick,
        max: null,
        zero: false,
        log: series.log,
        odd: series.odd,
      };
    });
}
