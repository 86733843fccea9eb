import assert from "node:assert/strict";
import { test } from "node:test";
import { READERS, readMessage } from "../../src/kernel/readers.ts";
import { makeJob } from "../fakes.ts";

test("a job is read as it was sent", () => {
  assert.deepEqual(READERS.job(makeJob()), makeJob());
});

test("nothing at all is an empty job, log and chart", () => {
  for (const nothing of [undefined, null, {}, [], 3, "x"]) {
    assert.equal(READERS.job(nothing).stage, "SCHEDULING");
    assert.deepEqual(READERS.log(nothing), { first: 0, lines: [], total: 0, times: [] });
    assert.deepEqual(READERS.metrics(nothing).t, []);
    assert.deepEqual(READERS.details(nothing), []);
  }
});

test("values of the wrong type do no harm", () => {
  const job = READERS.job(makeJob({ name: 3, stage: "EXPLODED", started_at: "soon", now: Number.NaN, local: "yes" }));
  assert.deepEqual([job.name, job.stage, job.started_at, job.now, job.local], ["", "SCHEDULING", null, null, false]);
  assert.deepEqual(READERS.log({ first: -3, lines: ["a", 7], total: 0, times: [[1], "x"] }), {
    first: 0,
    lines: ["a", ""],
    total: 2,
    times: [
      [1, 0],
      [0, 0],
    ],
  });
  assert.equal(READERS.stream("odd"), "connecting");
});

test("every series is as long as the time axis", () => {
  const metrics = READERS.metrics({
    t: [1, 2, 3],
    cpu_pct: [5],
    memory: "x",
    gpus: [{ id: "0", util: [1, 2, 3, 4] }, null],
  });
  assert.deepEqual(metrics.cpu_pct.y, [5, null, null]);
  assert.deepEqual(metrics.memory.y, [null, null, null]);
  assert.deepEqual(
    metrics.gpus.map((gpu) => [gpu.id, gpu.util.y]),
    [
      ["0", [1, 2, 3]],
      ["1", [null, null, null]],
    ],
  );
});

test("unknown messages are left alone", () => {
  assert.deepEqual(readMessage({ type: "lines", first: 3, lines: ["a"] }), {
    type: "lines",
    first: 3,
    lines: ["a"],
    times: [],
  });
  for (const other of [
    null,
    "lines",
    {},
    { type: "lines" },
    { type: "lines", first: "0", lines: [] },
    { type: "rerun" },
  ])
    assert.equal(readMessage(other), null);
});

test("a mean without its lowest and highest stands for itself", () => {
  const metrics = READERS.metrics({ t: [1, 2], cpu_pct: [5, 6], rx: [1, 2], rx_min: [0, 1], rx_max: [2] });
  assert.deepEqual(metrics.cpu_pct, { y: [5, 6], min: [5, 6], max: [5, 6] });
  assert.deepEqual(metrics.rx, { y: [1, 2], min: [0, 1], max: [2, null] });
});

test("training metrics that have no place in time are left out, an axis that is cut is not used", () => {
  const training = READERS.training({
    x_choices: ["step", "time", "odd"],
    x_label: "odd",
    series: [{ key: "loss", y: [1, 2], time: [5, 6], step: [1], epoch: null }, { key: "x", y: [1] }, null],
  });
  assert.deepEqual(training.x_choices, ["step", "time"]);
  assert.equal(training.x_label, "time");
  assert.deepEqual(
    training.series.map(({ key, step, min, log }) => [key, step, min, log]),
    [["loss", null, [1, 2], false]],
  );
  assert.deepEqual(READERS.training({}), { x_choices: [], x_label: "time", series: [] });
});

test("a bar without a count is none, a fraction is held between 0 and 1", () => {
  assert.deepEqual(READERS.progress({ n: 3, fraction: 7 }), {
    label: "",
    n: 3,
    total: null,
    fraction: 1,
    rate: null,
    unit: "it",
    eta_s: null,
    at: null,
  });
  assert.equal(READERS.progress({ label: "train" }), null);
});

test("nothing is missing unless the kernel says so", () => {
  assert.deepEqual(READERS.stream_note({}), { retry_at: null, missing: false, unreachable: false });
  const note = { retry_at: 12, missing: true, unreachable: true };
  assert.deepEqual(READERS.stream_note(note), note);
});
