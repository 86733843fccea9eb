import assert from "node:assert/strict";
import { test } from "node:test";
import { linearTicks, logTicks, timeName } from "../../src/charts/ticks.ts";

const GB = 2 ** 30;

test("lines lie at round numbers", () => {
  assert.deepEqual(linearTicks(0, 100), [0, 50, 100]);
  assert.deepEqual(linearTicks(0.05, 0.75), [0.25, 0.5, 0.75]);
  assert.deepEqual(linearTicks(-1, 1), [-1, 0, 1]);
  assert.deepEqual(linearTicks(0.1, 0.3), [0.1, 0.2, 0.3]);
  assert.deepEqual(linearTicks(4.995e-5, 5.005e-5), [4.995e-5, 5e-5, 5.005e-5]);
});

test("bytes have lines at powers of two", () => {
  assert.deepEqual(
    linearTicks(0, 9.1 * GB, "binary").map((n) => n / GB),
    [0, 4, 8],
  );
  assert.deepEqual(linearTicks(0, 4, "binary"), [0, 2, 4]);
  assert.deepEqual(linearTicks(0, 1, "binary"), [0, 1]);
});

test("steps and epochs are counted in whole numbers", () => {
  assert.deepEqual(linearTicks(0, 7, "whole"), [0, 2, 4, 6]);
  assert.deepEqual(linearTicks(10, 2000, "whole"), [500, 1000, 1500, 2000]);
  assert.deepEqual(linearTicks(0.3, 2.4, "whole"), [1, 2]);
  assert.deepEqual(linearTicks(0, 100, "whole", 8), [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
});

test("logarithmic axes have decades, or what lies between them", () => {
  assert.deepEqual(logTicks(1e-6, 1e-4), [1e-6, 1e-5, 1e-4]);
  assert.deepEqual(logTicks(1e-5, 1e-4), [1e-5, 2e-5, 5e-5, 1e-4]);
  assert.deepEqual(logTicks(1e-12, 1), [1e-12, 1e-9, 1e-6, 1e-3, 1]);
  assert.deepEqual(logTicks(3, 3.1), [3, 3.05, 3.1]);
});

test("there are at least three lines and never a crowd, in any range", () => {
  for (let i = 1; i < 3000; i += 1) {
    // Ranges of every size and place, the same in each run.
    const span = (1 + ((i * 104729) % 997)) * 10 ** ((i % 17) - 9);
    const low = (((i * 7919) % 2000) - 1000) * span * 10 ** ((i % 5) - 3);
    const high = low + span;
    for (const ticks of [linearTicks(low, high), linearTicks(0, span + 4, "binary")]) {
      assert.ok(ticks.length >= 3 && ticks.length <= 6, `${low} to ${high}: ${ticks}`);
      assert.equal(new Set(ticks).size, ticks.length);
    }
    const [bottom, top] = [10 ** ((i % 17) - 8), 10 ** ((i % 17) - 8) * (1.01 + (i % 400))];
    const log = logTicks(bottom, top);
    assert.ok(log.length >= 3 && log.length <= 9, `${bottom} to ${top}: ${log}`);
  }
});

test("a range of nothing has one line", () => {
  assert.deepEqual(linearTicks(2, 2), [2]);
  assert.deepEqual(logTicks(0, 1), [0]);
  assert.deepEqual(linearTicks(0, Number.POSITIVE_INFINITY), [0]);
});

test("times are as long as the step between them needs", () => {
  assert.equal(timeName(40, 10), "40 s");
  assert.equal(timeName(150, 30), "2:30");
  assert.equal(timeName(3900, 300), "1:05:00");
  assert.equal(timeName(172800, 86400), "2 d");
  assert.equal(timeName(172800, 43200), "2 d 0:00");
  assert.equal(timeName(195300, 300), "2 d 6:15");
  assert.equal(timeName(195305, 5), "2 d 6:15:05");
});
