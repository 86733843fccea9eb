import assert from "node:assert/strict";
import { test } from "node:test";
import { newTablePage } from "../../src/table/page.ts";
import { type JobRow, readRows } from "../../src/table/readers.ts";
import {
  age,
  type Column,
  cost,
  counts,
  filterRows,
  nameOf,
  newestOfRuns,
  ran,
  short,
  sortRows,
} from "../../src/table/rows.ts";
import { TableStore } from "../../src/table/store.ts";
import { asMarkdown, asTable } from "../../src/table/sweep.ts";
import { makeRow } from "../fakes.ts";

const PRICES = { "cpu-basic": 0.01, "t4-small": 0.1 };
const rows = (...changes: Record<string, unknown>[]): JobRow[] =>
  readRows(changes.map((change, i) => makeRow(i, change)));
const names = (found: JobRow[]) => found.map((row) => row.name);

test("what has no id is not a row, and what is odd gets a harmless value", () => {
  const read = readRows([
    null,
    {},
    { id: "../whoami" },
    makeRow(1, { stage: "WHATEVER", labels: ["x"], created_at: "soon", name: 7 }),
  ]);
  assert.equal(read.length, 1);
  assert.equal(read[0]?.stage, "SCHEDULING");
  assert.equal(read[0]?.name, read[0]?.id);
  assert.equal(read[0]?.created_at, null);
  assert.deepEqual(readRows("rows"), []);
});

test("a filter asks for every word, in name, id, stage, flavor, owner and labels", () => {
  const all = rows(
    { name: "Train", labels: { team: "nlp" } },
    { name: "eval", owner: "grace" },
    { name: "train-2", stage: "ERROR" },
  );
  assert.deepEqual(names(filterRows(all, "train")), ["Train", "train-2"]);
  assert.deepEqual(names(filterRows(all, " TRAIN  error ")), ["train-2"]);
  assert.deepEqual(names(filterRows(all, "team=nlp")), ["Train"]);
  assert.deepEqual(names(filterRows(all, "grace")), ["eval"]);
  assert.deepEqual(names(filterRows(all, (all[1] as JobRow).id)), ["eval"]);
  assert.equal(filterRows(all, "").length, 3);
});

test("every column sorts both ways, and what lacks the value stands last", () => {
  const all = rows(
    {
      name: "b2",
      flavor: "t4-small",
      created_at: 100,
      started_at: 110,
      finished_at: 120,
      stage: "COMPLETED",
      owner: "z",
    },
    {
      name: "b10",
      flavor: "cpu-basic",
      created_at: 300,
      started_at: 310,
      finished_at: 350,
      stage: "ERROR",
      owner: "a",
    },
    { name: "a", flavor: "unheard-of", created_at: 200, started_at: null, stage: "SCHEDULING", owner: "m" },
  );
  const by = (column: Column, down = false) => names(sortRows(all, { by: column, down }, PRICES, 1000));
  assert.deepEqual(by("Name"), ["a", "b2", "b10"]);
  assert.deepEqual(by("Name", true), ["b10", "b2", "a"]);
  assert.deepEqual(by("Age", true), ["b10", "a", "b2"]);
  assert.deepEqual(by("Duration"), ["b2", "b10", "a"]);
  assert.deepEqual(by("Duration", true), ["b10", "b2", "a"]);
  assert.deepEqual(by("Cost", true), ["b2", "b10", "a"]);
  assert.deepEqual(by("Stage"), ["a", "b2", "b10"]);
  assert.deepEqual(by("Owner"), ["b10", "a", "b2"]);
  assert.deepEqual(by("Flavor"), ["b10", "b2", "a"]);
});

test("equal rows stand newest first, whichever way the order goes", () => {
  const all = rows({ name: "x", created_at: 1 }, { name: "x", created_at: 3 }, { name: "x", created_at: 2 });
  for (const down of [true, false]) {
    assert.deepEqual(
      sortRows(all, { by: "Name", down }, {}, 0).map((row) => row.created_at),
      [3, 2, 1],
    );
  }
});

test("a job runs until it ends; when that was may be unknown", () => {
  const [running, done, unknown, waiting] = rows(
    { started_at: 100 },
    { started_at: 100, finished_at: 130, stage: "COMPLETED" },
    { started_at: 100, stage: "CANCELED" },
    { started_at: null },
  ) as [JobRow, JobRow, JobRow, JobRow];
  assert.equal(ran(running, 160), 60);
  assert.equal(cost(running, PRICES, 160), 0.01);
  assert.equal(ran(done, 160), 30);
  assert.equal(ran(unknown, 160), null);
  assert.equal(ran(waiting, 160), null);
  assert.equal(cost(running, {}, 160), null);
});

test("a number that is too long for its column is rounded, and any other text stays", () => {
  assert.deepEqual(
    ["0.30000000000000004", "3.72759372031e-05", "0.001", "1e-05", "adam-with-decay"].map((text) => short(text)),
    ["0.3", "3.728e-5", "0.001", "1e-05", "adam-with-decay"],
  );
  assert.equal(short(undefined), "");
});

test("ages are short, and stages are counted", () => {
  assert.deepEqual([0, 59, 60, 3599, 3600, 172_799, 172_800].map(age), [
    "0 s",
    "59 s",
    "1 min",
    "59 min",
    "1 h",
    "47 h",
    "2 d",
  ]);
  const found = counts(rows({}, { stage: "ERROR" }, { stage: "ERROR" }));
  assert.deepEqual([found.get("RUNNING"), found.get("ERROR"), found.get("DELETED")], [1, 2, 0]);
});

test("jobs of this notebook are found and sorted by the number of their cell; others come last", () => {
  const all = rows({ name: "b", cell: "[10]" }, { name: "none" }, { name: "a", cell: "[9]" });
  assert.deepEqual(names(sortRows(all, { by: "Cell", down: false }, {}, 0)), ["a", "b", "none"]);
  assert.deepEqual(names(filterRows(all, "[10]")), ["b"]);
});

test("runs of a sweep are sorted by number and by parameter, whether that is a number or not", () => {
  const values = [
    ["1e-4", "adam"],
    ["0.001", "SGD"],
    ["2", "none"],
    ["1e-05", "adam"],
  ];
  const all = rows(...values.map((value, i) => ({ run: i + 1, values: value })));
  const by = (column: Column) => sortRows(all, { by: column, down: false }, PRICES, 0).map((row) => row.run);
  assert.deepEqual(by("Run"), [1, 2, 3, 4]);
  assert.deepEqual(by(0), [4, 1, 2, 3]);
  assert.deepEqual(by(1).slice(-2), [3, 2]);
  assert.equal(nameOf(all[0] as JobRow, ["lr", "opt"]), "lr=1e-4 opt=adam");
  assert.deepEqual(
    filterRows(all, "adam 1e-05").map((row) => row.run),
    [4],
  );
  const [job] = rows({ name: "alone" });
  assert.equal(nameOf(job as JobRow, ["lr"]), "alone");
});

test("of the jobs of one run the newest is shown, and jobs of no run all are", () => {
  const all = rows(
    { run: 1, created_at: 10 },
    { run: 1, created_at: 20 },
    { run: 2, created_at: 5 },
    { created_at: 1 },
    { created_at: 2 },
  );
  assert.deepEqual(
    newestOfRuns(all).map((row) => [row.run, row.created_at]),
    [
      [1, 20],
      [2, 5],
      [0, 1],
      [0, 2],
    ],
  );
});

test("a copied table has a line a run, and no cell breaks it", () => {
  const store = new TableStore(() => undefined);
  store.set("place", { prices: PRICES, sweep: { id: "1f2e3d4c", runs: 1, parameters: ["lr", "text"] } });
  const [row] = rows({ run: 1, values: ["1e-4", "a\tb\nc"], stage: "COMPLETED", flavor: "t4-small" });
  const done = { ...(row as JobRow), started_at: 0, finished_at: 60 };
  assert.equal(
    asTable({ page: newTablePage(), store, rows: [done] }),
    `run\tlr\ttext\tstage\tseconds\tusd\tjob\n1\t1e-4\ta b c\tCOMPLETED\t60\t0.1000\t${done.id}`,
  );
  const best = { key: "loss", best: 0.1, last: 0.2 };
  store.curves = new Map([[done.id, { curves: [best] }]]) as unknown as typeof store.curves;
  const piped = { ...done, values: ["a|b", "c\nd"] };
  assert.equal(
    asMarkdown({ page: { ...newTablePage(), metric: "loss" }, store, rows: [piped] }),
    `| run | lr | text | best loss | last loss | stage | seconds | usd | job |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
| 1 | a\\|b | c d | 0.1 | 0.2 | COMPLETED | 60 | 0.1000 | ${done.id} |`,
  );
});
