import assert from "node:assert/strict";
import { test } from "node:test";
import { type Curve, choices, lineLook, metrics, overlaySpecs } from "../../src/charts/overlay.ts";

const curve = (key: string, more: Partial<Curve>): Curve => ({
  key,
  step: null,
  epoch: null,
  y: [],
  log: false,
  odd: "",
  best: null,
  last: null,
  ...more,
});
const ONE = [curve("loss", { step: [10, 20, 30], y: [3, null, 1] }), curve("acc", { epoch: [1, 2], y: [0.1, 0.2] })];
const TWO = [curve("loss", { step: [15, 30], epoch: [0.5, 1], y: [2, 0.5], log: true })];
const spec = (jobs: Curve[][], x: "step" | "epoch", key: string) => {
  const found = overlaySpecs(jobs, x, () => {}).find((one) => one.key === key);
  assert.ok(found);
  return found;
};

test("curves share an axis: what another has there is no gap, and what was not a number is one", () => {
  const { x, series, unit } = spec([ONE, TWO, []], "step", "loss");
  assert.deepEqual([unit, x], ["step", [10, 15, 20, 30]]);
  assert.deepEqual(
    series.map(({ band }) => band.y),
    [
      [3, undefined, null, 1],
      [undefined, 2, undefined, 0.5],
      [undefined, undefined, undefined, undefined],
    ],
  );
});

test("a value that was printed once is not a curve, and no chart", () => {
  const jobs = [[curve("acc", { y: [0.5], best: 0.5, last: 0.5 })], [curve("acc", { y: [0.6], best: 0.6, last: 0.6 })]];
  assert.deepEqual(metrics(jobs), ["acc"]);
  assert.deepEqual(choices(jobs), []);
  assert.deepEqual(
    overlaySpecs(jobs, "step", () => {}),
    [],
  );
  // Where another job has a curve of it, it has no line.
  assert.deepEqual(spec([ONE, jobs[0] ?? []], "step", "acc").series[1]?.band.y, [undefined, undefined]);
});

test("a metric that nobody counts by the chosen place is drawn by the other", () => {
  assert.equal(spec([ONE, TWO], "step", "acc").unit, "epoch");
  const byEpoch = spec([ONE, TWO], "epoch", "loss");
  assert.deepEqual([byEpoch.unit, byEpoch.x], ["epoch", [0.5, 1]]);
  // One that is counted by the other place alone has no line here.
  assert.deepEqual(byEpoch.series[0]?.band.y, [undefined, undefined]);
});

test("an axis is logarithmic where a curve asks for it and all values allow it", () => {
  assert.equal(spec([ONE, TWO], "step", "loss").log, true);
  assert.equal(spec([TWO, [curve("loss", { step: [1], y: [0] })]], "step", "loss").log, false);
});

test("metrics come in the order in which they are first named, and places that are there", () => {
  assert.deepEqual(metrics([TWO, ONE]), ["loss", "acc"]);
  assert.deepEqual(choices([ONE]), ["step", "epoch"]);
  assert.deepEqual(choices([[curve("a", { step: [1], y: [1] })], []]), ["step"]);
  assert.deepEqual(choices([[]]), []);
});

test("no two of sixteen lines look alike", () => {
  const looks = Array.from({ length: 16 }, (_, i) => JSON.stringify(lineLook(i)));
  assert.equal(new Set(looks).size, 16);
});

test("the legend is told which metric its values are of", () => {
  const told: unknown[] = [];
  const [loss] = overlaySpecs([TWO], "step", (...what) => told.push(what));
  loss?.tell?.([0.5], true);
  assert.deepEqual(told, [["loss", [0.5], true]]);
});

test("of very many points every line keeps some, and its last", () => {
  const step = Array.from({ length: 300 }, (_, i) => i + 1);
  const many = Array.from({ length: 100 }, () => [curve("loss", { step, y: step })]);
  const { x, series } = spec(many, "step", "loss");
  assert.equal(series.length, 100);
  assert.deepEqual([x.length, x[0], x[1], x.at(-1)], [76, 1, 5, 300]);
  assert.equal(series[99]?.band.y.at(-1), 300);
});
