import assert from "node:assert/strict";
import { test } from "node:test";
import { interpolate } from "../../src/charts/interpolate.ts";

test("a place between two points lies between them, one beyond the ends is the end", () => {
  const [steps, times] = [
    [10, 20, 40],
    [0, 5, 6],
  ];
  assert.deepEqual(
    [0, 10, 15, 30, 40, 99].map((x) => interpolate(steps, times, x)),
    [0, 0, 2.5, 5.5, 6, 6],
  );
});

test("no point, one point and points at one place have a place", () => {
  assert.equal(interpolate([], [], 3), 0);
  assert.equal(interpolate([2], [7], 3), 7);
  assert.equal(interpolate([2, 2], [7, 9], 2), 7);
});
