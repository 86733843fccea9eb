import assert from "node:assert/strict";
import { test } from "node:test";
import { ScheduledStore, TOPICS } from "../../src/scheduled/store.ts";

function make(pageNow: () => number = () => 0) {
  const sent: object[] = [];
  return { sent, store: new ScheduledStore((message) => sent.push(message), pageNow) };
}

test("one click is one message, until the kernel says that it is done", () => {
  const { store, sent } = make();
  store.act("suspend");
  store.act("suspend");
  store.act("delete");
  assert.deepEqual(sent, [{ type: "suspend" }]);
  assert.deepEqual(store.doing, { verb: "suspend", heard: false });
  store.set("busy", "suspend");
  assert.deepEqual(store.doing, { verb: "suspend", heard: true });
  store.act("trigger");
  store.set("busy", "");
  assert.deepEqual(store.doing, { verb: "", heard: true });
  store.act("trigger");
  assert.deepEqual(sent, [{ type: "suspend" }, { type: "trigger" }]);
});

test("what an earlier kernel was at is not waited for", () => {
  const { store, sent } = make();
  store.set("busy", "trigger", false);
  store.act("resume");
  assert.deepEqual(sent, [{ type: "resume" }]);
});

test("the kernel's clock is carried on, and an old value is not taken for a slow clock", () => {
  let page = 1000;
  const { store } = make(() => page);
  store.set("job", { now: 400 }, false);
  assert.equal(store.now(), 400, "nothing is claimed of the time since, until the kernel is heard");
  store.set("job", { now: 400 });
  page = 1010;
  assert.equal(store.now(), 410);
});

test("a deleted schedule is asked for no more", () => {
  const { store, sent } = make();
  store.set("job", { id: "a", deleted: true });
  store.refresh();
  assert.deepEqual(sent, []);
});

test("what is missing or of the wrong type gets a harmless value", () => {
  const { store } = make();
  store.set("job", { name: 1, schedule: null, next_at: "soon", most_usd: Number.NaN, suspended: "yes" });
  store.set("last", { id: "x", stage: "EXPLODED", url: 3 });
  store.set("notice", ["x"]);
  assert.equal(store.job.next_at, null);
  assert.equal(store.job.most_usd, null);
  assert.equal(store.job.suspended, false);
  assert.deepEqual(store.last, { id: "x", stage: "SCHEDULING", url: null, at: null });
  assert.equal(store.notice, "");
  store.set("last", {});
  assert.equal(store.last, null);
});

test("watchers hear of changes while they live", () => {
  const { store } = make();
  const life = new AbortController();
  let heard = 0;
  store.watch(TOPICS, life.signal, () => (heard += 1));
  store.set("notice", "x");
  store.act("trigger");
  life.abort();
  store.set("notice", "y");
  assert.equal(heard, 3);
});
