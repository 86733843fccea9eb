import assert from "node:assert/strict";
import { test } from "node:test";
import { TableStore, TOPICS } from "../../src/table/store.ts";
import { makeRow } from "../fakes.ts";

function make(count = 3, pageNow: () => number = () => 0) {
  const sent: unknown[] = [];
  const store = new TableStore((message) => sent.push(message), pageNow);
  store.set("jobs", { seq: 0, rows: Array.from({ length: count }, (_, i) => makeRow(i)) }, false);
  return { store, sent, ids: [...store.rows.keys()] as [string, string, string] };
}

test("changes that follow are taken; after a gap the page says how far it is", () => {
  const { store, sent, ids } = make();
  store.receive({ type: "rows", seq: 1, changed: [makeRow(0, { stage: "ERROR" }), makeRow(9)], gone: [ids[1]] });
  assert.equal(store.rows.get(ids[0])?.stage, "ERROR");
  assert.equal(store.rows.size, 3);
  store.receive({ type: "rows", seq: 3, changed: [makeRow(0, { stage: "COMPLETED" })], gone: [] });
  assert.equal(store.rows.get(ids[0])?.stage, "ERROR");
  store.look("view", true);
  assert.deepEqual(sent, [{ type: "watch", view: "view", visible: true, seq: 1 }]);
  store.set("jobs", { seq: 3, rows: [makeRow(0, { stage: "COMPLETED" })] });
  assert.equal(store.rows.get(ids[0])?.stage, "COMPLETED");
});

test("a trait that is older than what is known changes nothing, and neither does nonsense", () => {
  const { store, ids } = make();
  store.receive({ type: "rows", seq: 1, changed: [makeRow(0, { stage: "ERROR" })], gone: [] });
  store.set("jobs", { seq: 0, rows: [] });
  for (const nonsense of [null, 7, {}, { type: "rows" }, { type: "rows", seq: 2 }]) store.receive(nonsense);
  assert.equal(store.rows.get(ids[0])?.stage, "ERROR");
  assert.equal(store.rows.size, 3);
});

test("a cancel shows at once, and until the kernel says otherwise", () => {
  const { store, sent, ids } = make();
  const row = () => store.rows.get(ids[0]) as never;
  store.cancel([ids[0]]);
  assert.equal(store.isCancelling(row()), true);
  store.set("status", { cancelling: [ids[0]] });
  assert.equal(store.isCancelling(row()), true);
  store.set("status", { cancelling: [], notice: "Cancel did not work." });
  assert.equal(store.isCancelling(row()), false);
  store.cancel([ids[0]]);
  store.receive({ type: "rows", seq: 1, changed: [makeRow(0, { stage: "CANCELED" })], gone: [] });
  assert.equal(store.isCancelling(row()), false);
  assert.deepEqual(sent, [
    { type: "cancel", ids: [ids[0]] },
    { type: "cancel", ids: [ids[0]] },
  ]);
});

test("times are the kernel's, carried on by the page's clock", () => {
  let now = 1000;
  const { store } = make(0, () => now);
  store.set("status", { now: 5000 });
  now = 1007;
  assert.equal(store.now(), 5007);
  store.set("status", { now: 900 }, false);
  assert.equal(store.now(), 1007);
});

test("watchers hear at once and of every change until they end", () => {
  const { store } = make();
  const life = new AbortController();
  let heard = 0;
  store.watch(TOPICS, life.signal, () => (heard += 1));
  store.set("status", {});
  store.receive({ type: "rows", seq: 1, changed: [], gone: [] });
  life.abort();
  store.set("status", {});
  assert.equal(heard, 3);
});

test("curves are asked for all views together, and again when the table is seen again", () => {
  const { store, sent, ids } = make();
  const [one, two] = [{}, {}];
  store.compare(one, [ids[0], ids[1]]);
  store.compare(two, [ids[1], ids[2]]);
  store.receive({ type: "curves", id: ids[0], error: "", curves: [{ key: "loss", y: [1, "x"], step: [1, 2] }] });
  assert.deepEqual(store.curves.get(ids[0])?.curves, [
    { key: "loss", step: [1, 2], epoch: null, y: [1, null], log: false, odd: "", best: null, last: null },
  ]);
  store.look("view", true);
  store.look("view", true);
  store.compare(one, []);
  assert.equal(store.curves.size, 0);
  store.compare(two, []);
  store.compare(two, []);
  const asked = sent.filter((message) => (message as { type: string }).type === "compare");
  const all = [ids[0], ids[1], ids[2]];
  assert.deepEqual(
    asked.map((message) => (message as { ids: string[] }).ids),
    [[ids[0], ids[1]], all, all, [ids[1], ids[2]], []],
  );
});
