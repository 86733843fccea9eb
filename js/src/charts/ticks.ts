/** Where the lines of an axis of values lie: at round numbers, and at least three, or nothing can be read off. */

import { duration } from "../ui/format.ts";

const LEAST = 3;
/** Sizes of a step within a power of ten, the largest first; each is at most twice the next, so there are few lines. */
const DECIMAL = [5, 2.5, 2, 1];

/** Multiples of `step` from `low` to `high`. */
function multiples(low: number, high: number, step: number): number[] {
  // A hair more, for 0.3 / 0.1 that floats make 2.999… of.
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** What the lines are multiples of: any round number, a whole one, or a power of two. */
export type Steps = "any" | "whole" | "binary";

/** Steps from the largest that a range can have to the smallest that makes sense. */
function* stepsOf(kind: Steps, span: number): Generator<number> {
  if (kind === "binary") {
    for (let power = Math.floor(Math.log2(span)); power > 0; power -= 1) yield 2 ** power;
    yield 1;
    return;
  }
  for (let power = Math.floor(Math.log10(span)); kind === "any" || power >= 0; power -= 1) {
    for (const size of DECIMAL) {
      const step = size * 10 ** power;
      if (kind === "any" || Number.isInteger(step)) yield step;
    }
  }
}

/** Lines between two values, at least so many where the kind of step allows it. */
export function linearTicks(low: number, high: number, kind: Steps = "any", least = LEAST): number[] {
  if (!(high > low) || !Number.isFinite(high - low)) return [low];
  let ticks: number[] = [];
  for (const step of stepsOf(kind, high - low)) {
    ticks = multiples(low, high, step);
    if (ticks.length >= least) break;
  }
  return ticks;
}

/** Lines between two positive values on a logarithmic axis. */
export function logTicks(low: number, high: number): number[] {
  if (!(high > low && low > 0)) return [low];
  const powers = multiples(Math.log10(low), Math.log10(high), 1);
  const decades = powers.map((power) => Number(`1e${power}`));
  if (decades.length >= LEAST) {
    // Every second decade, or every third …, so that their names have room.
    const every = Math.ceil(decades.length / (2 * LEAST));
    return decades.filter((_, i) => i % every === 0);
  }
  const from = Math.floor(Math.log10(low));
  const fine = Array.from({ length: Math.ceil(Math.log10(high)) - from + 1 }, (_, i) =>
    [1, 2, 5].map((digit) => Number(`${digit}e${from + i}`)),
  ).flat();
  const within = fine.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  return within.length >= LEAST ? within : linearTicks(low, high);
}

/** The name of a time on an axis of `step` seconds: 40 s, 2:30, 1:05:00, 2 d, 2 d 6:30. */
export function timeName(seconds: number, step: number): string {
  const days = Math.floor(seconds / 86400);
  if (days === 0) return duration(seconds);
  if (step % 86400 === 0) return `${days} d`;
  const [hours, minutes] = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const clock = `${days} d ${hours}:${String(minutes).padStart(2, "0")}`;
  return step % 60 === 0 ? clock : `${clock}:${String(Math.floor(seconds) % 60).padStart(2, "0")}`;
}
