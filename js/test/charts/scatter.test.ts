import assert from "node:assert/strict";
import { test } from "node:test";
import { scaleOf } from "../../src/charts/scatter.ts";

test("values lie between the ends of their axis, by their logarithm where they span a lot", () => {
  const near = scaleOf([1, 2, 3]);
  assert.equal(near.log, false);
  assert.deepEqual(
    [near.at(1), near.at(2), near.at(3)].map((at) => at.toFixed(2)),
    ["0.05", "0.50", "0.95"],
  );
  const far = scaleOf([1e-5, 1e-3]);
  assert.equal(far.log, true);
  assert.equal(far.at(1e-4).toFixed(2), "0.50");
  assert.ok(far.ticks.every((tick) => tick >= 1e-5 * 0.999 && tick <= 1e-3 * 1.001));
});

test("values that are all the same stand in the middle", () => {
  assert.equal(scaleOf([7, 7]).at(7), 0.5);
  assert.deepEqual(scaleOf([7, 7]).ticks, [7]);
  assert.equal(scaleOf([0, 100]).log, false);
});
