import assert from "node:assert/strict";
import { test } from "node:test";
import type { Progress } from "../../src/kernel/protocol.ts";
import { READERS } from "../../src/kernel/readers.ts";
import * as format from "../../src/ui/format.ts";
import { makeJob } from "../fakes.ts";

const job = (changes: Record<string, unknown> = {}) => READERS.job(makeJob(changes));

test("durations read like a clock once they are longer than a minute", () => {
  const cases: [number, string][] = [
    [-1, "0 s"],
    [3.9, "3 s"],
    [59.99, "59 s"],
    [60, "1:00"],
    [83, "1:23"],
    [3723, "1:02:03"],
    [183845, "2 d 03:04:05"],
  ];
  for (const [seconds, text] of cases) assert.equal(format.duration(seconds), text);
});

test("money keeps the digits that matter", () => {
  assert.deepEqual([0, 0.00008, 0.0006, 0.0123, 0.9, 1.239, 12.5, 123.4].map(format.money), [
    "~$0.000",
    "<$0.001",
    "~$0.001",
    "~$0.012",
    "~$0.900",
    "~$1.24",
    "~$12.50",
    "~$123",
  ]);
});

test("files have decimal units", () => {
  assert.deepEqual([999, 1000, 1_500_000].map(format.fileSize), ["999 B", "1.00 kB", "1.50 MB"]);
});

test("bytes never need four figures", () => {
  assert.deepEqual([0, 512, 999, 1000, 1023 * 1024, 18.2 * 2 ** 30, 2 ** 50].map(format.bytes), [
    "0 B",
    "512 B",
    "999 B",
    "0.98 kB",
    "1.00 MB",
    "18.2 GB",
    "1024 TB",
  ]);
});

test("ticks drop the zeros that say nothing", () => {
  assert.deepEqual(
    [0, 2 ** 30, 16 * 2 ** 30, 100].map((n) => format.tick(n, format.bytes)),
    ["0 B", "1 GB", "16 GB", "100 B"],
  );
  assert.deepEqual(
    [0, 2.5, 50, 100].map((n) => format.tick(n, format.percent)),
    ["0 %", "2.5 %", "50 %", "100 %"],
  );
});

test("a queued job says how long it waits, a running one how long it runs, an ended one both", () => {
  assert.equal(format.times(job({ stage: "SCHEDULING", started_at: null }), 1003), "queued 3 s");
  assert.equal(format.times(job(), 1086), "running 1:23");
  assert.equal(format.times(job({ stage: "COMPLETED", finished_at: 1128 }), 9999), "ran 2:05 · queued 3 s");
  assert.equal(format.times(job({ stage: "CANCELED", started_at: null, finished_at: 1005 }), 9999), "queued 5 s");
});

test("an ended job whose end is not known does not tick on", () => {
  const ended = job({ stage: "ERROR" });
  assert.equal(format.times(ended, 5000), format.times(ended, 6000));
  assert.equal(format.cost(ended, 5000), null);
});

test("the cost counts from the start of the job and needs a price", () => {
  assert.equal(format.cost(job(), 1063), "~$0.010");
  assert.equal(format.cost(job({ usd_per_minute: null }), 1063), null);
  assert.equal(format.cost(job({ stage: "SCHEDULING", started_at: null }), 1063), null);
});

test("only http and https addresses become links", () => {
  assert.equal(format.safeUrl("https://huggingface.co/jobs/a/b"), "https://huggingface.co/jobs/a/b");
  assert.equal(format.safeUrl("http://127.0.0.1:8000/x"), "http://127.0.0.1:8000/x");
  for (const bad of [
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "//x",
    "",
    "file:///etc/passwd",
  ])
    assert.equal(format.safeUrl(bad), null);
  assert.equal(format.safeUrl(null), null);
});

test("file names are made of harmless characters", () => {
  assert.equal(format.fileName(job({ name: "../../a b/c" }), "log"), "a-b-c.log");
  assert.equal(format.fileName(job({ name: "漢字", id: null }), "log"), "job.log");
});

test("a progress bar says how far, how fast and how long still", () => {
  const bar = { label: "", n: 910, total: 1563, fraction: 0.5822, rate: 13.1, unit: "it", eta_s: 49, at: 100 };
  const shown = (change: Partial<Progress>, now = 100) => format.progressText({ ...bar, ...change }, now);
  assert.equal(shown({}), "58 % · 49 s left · 13.1 it/s");
  assert.equal(shown({ rate: 0.25 }), "58 % · 49 s left · 4.0 s/it");
  assert.equal(shown({ fraction: null, rate: null, eta_s: null }), "910 it");
  assert.equal(shown({ fraction: 1, rate: 12345 }), "100 % · 12,345 it/s");
  // What is left is what was left when the bar was drawn, less the time since; nothing once that is over.
  assert.equal(shown({}, 130), "58 % · 19 s left · 13.1 it/s");
  assert.equal(shown({}, 150), "58 % · 13.1 it/s");
  assert.equal(shown({ at: null }, 150), "58 % · 49 s left · 13.1 it/s");
  assert.equal(shown({ label: "epochs", n: 3, total: 30, fraction: 0.1, rate: null }), "epochs · 3/30 · 49 s left");
  assert.equal(
    shown({ label: "Downloading model-00001-of-00004.safetensors" }),
    "Downloading mod… · 58 % · 49 s left · 13.1 it/s",
  );
});

test("metrics of any size fit beside their name", () => {
  assert.deepEqual(
    [0, 0.43121, 12.5, -4.56789, 3.2e-5, 123456, 1.5e9].map((n) => format.significant(n)),
    ["0", "0.4312", "12.5", "-4.568", "3.2e-5", "123500", "1.5e9"],
  );
});

test("ticks that are close to one another have the digits that tell them apart", () => {
  assert.deepEqual(
    [4.995e-5, 5e-5].map((n) => format.significantTick(n, 5e-8)),
    ["4.995e-5", "5e-5"],
  );
  assert.deepEqual(
    [12.34561, 12.34562].map((n) => format.significantTick(n, 1e-5)),
    ["12.34561", "12.34562"],
  );
  assert.deepEqual(
    [0, 0.5].map((n) => format.significantTick(n, 0.5)),
    ["0", "0.5"],
  );
});

test("counts at an axis have the digits that tell them apart", () => {
  const names = (from: number, step: number) => [0, 1, 2].map((i) => format.compact(from + i * step, step));
  assert.deepEqual(names(0, 500), ["0", "500", "1K"]);
  assert.deepEqual(names(370_000, 10), ["370,000", "370,010", "370,020"]);
  assert.deepEqual(names(370_000, 1000), ["370K", "371K", "372K"]);
  assert.deepEqual(names(12_000_000, 500_000), ["12M", "12.5M", "13M"]);
  assert.deepEqual(names(1.5, 0.25), ["1.5", "1.75", "2"]);
});
