import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence } from "../../src/card/earlier.ts";
import { JobStore, type Topic } from "../../src/card/store.ts";
import type { ToKernel } from "../../src/kernel/protocol.ts";
import { makeJob, makeLines, makeTail } from "../fakes.ts";

function make(pageNow: () => number = () => 0) {
  const sent: ToKernel[] = [];
  return { sent, store: new JobStore((message) => sent.push(message), pageNow) };
}

test("watchers hear of their topics only, and only while they live", () => {
  const { store } = make();
  const life = new AbortController();
  const heard: Topic[] = [];
  store.watch(["notice"], life.signal, () => heard.push("notice"));
  store.watch(["log"], life.signal, () => heard.push("log"));
  assert.deepEqual(heard, ["notice", "log"]);
  store.set("log", makeTail(3));
  store.set("script", "x");
  assert.deepEqual(heard, ["notice", "log", "log"]);
  life.abort();
  store.set("log", makeTail(4));
  assert.equal(heard.length, 3);
});

test("one click on cancel sends one message and shows at once", () => {
  const { store, sent } = make();
  store.set("job", makeJob());
  store.cancel();
  store.cancel();
  assert.equal(store.cancelling, true);
  assert.deepEqual(sent, [{ type: "cancel" }]);
});

test("a cancel that failed may be tried again", () => {
  const { store, sent } = make();
  store.set("job", makeJob());
  store.cancel();
  store.set("cancelling", true);
  store.set("notice", "The Hub is not reachable.");
  assert.equal(store.cancelling, true);
  store.set("cancelling", false);
  assert.equal(store.cancelling, false);
  store.cancel();
  assert.equal(sent.length, 2);
});

test("an ended job is not being cancelled", () => {
  const { store } = make();
  store.set("job", makeJob());
  store.cancel();
  store.set("job", makeJob({ stage: "CANCELED" }));
  assert.equal(store.cancelling, false);
});

test("the page counts on from the kernel's clock", () => {
  let page = 50;
  const { store } = make(() => page);
  store.set("job", makeJob({ now: 1086 }));
  page += 5;
  assert.equal(store.now(), 1091);
});

test("a job found in the model may be old: the page's own clock is nearer then", () => {
  const { store } = make(() => 2000);
  store.set("job", makeJob({ now: 1086 }), false);
  assert.equal(store.now(), 1086, "nothing is claimed of the time since, until the kernel is heard");
  store.set("job", makeJob({ now: 1999 }));
  assert.equal(store.now(), 1999);
});

test("an answer of the kernel lands among the lines", () => {
  const { store } = make();
  store.set("log", makeTail(2000));
  store.receive({ type: "lines", first: 500, lines: makeLines(500, 500) });
  store.receive({ type: "something", else: 1 });
  assert.equal(store.lines.get(777), "line 777");
});

test("an answer to a search reaches who asked, another page's reaches nobody", () => {
  const { store, sent } = make();
  const found: number[] = [];
  store.search({ query: "x", case: false, regex: false }, 0, ({ total }) => found.push(total));
  const [message] = sent;
  assert.ok(message?.type === "search");
  const answer = { type: "matches", lines: [], complete: true, searched: 9, error: null };
  store.receive({ ...answer, id: message.id + 1, total: 1 });
  store.receive({ ...answer, id: message.id, total: 2 });
  store.receive({ ...answer, id: message.id, total: 3 });
  assert.deepEqual(found, [2]);
});

test("nothing is said to run now while kernel, page or Hub are away", () => {
  const page = { now: 1000 };
  const { store } = make(() => page.now);
  const { connection } = store;
  const silence = () => {
    page.now += 60;
    connection.check();
  };
  const away: [link: string, leave: () => void][] = [
    ["busy", () => connection.observe("busy", true)],
    ["silent", () => connection.observe("idle", true)],
    ["offline", () => connection.observe("idle", false)],
    ["gone", () => connection.lose()],
  ];
  for (const [link, leave] of away) {
    connection.hear(0.8);
    connection.observe("idle", true);
    assert.equal(connection.link, "live");
    assert.ok(store.isHeard);
    leave();
    silence();
    // The first check after a long sleep of the page gives messages time to come.
    silence();
    assert.equal(connection.link, link);
    assert.ok(!store.isHeard, link);
  }
  page.now += 60;
  connection.hear(0.8);
  store.set("stream_note", { unreachable: true });
  assert.equal(connection.link, "live");
  assert.ok(!store.isHeard, "the Hub is unreachable");
  const stoodAt = store.now();
  page.now += 60;
  connection.hear(0.8);
  store.set("stream_note", { unreachable: true });
  assert.equal(store.now(), stoodAt, "clocks stand");
  store.set("stream_note", { unreachable: false });
  assert.equal(store.now(), stoodAt + 60);
});

test("what comes late from a kernel that is lost does not set the clock back", () => {
  const page = { now: 1000 };
  const { store } = make(() => page.now);
  store.set("job", makeJob({ now: 1000 }));
  page.now = 1005;
  store.connection.lose();
  const stands = store.now();
  page.now = 1005.5;
  store.set("job", makeJob({ now: 1002 }));
  assert.equal(store.now(), stands);
});

test("of an earlier job it is said what it costs by now, and a cancel shows before the kernel hears of it", () => {
  const earlier = { id: "e".repeat(24), name: "train-0", stage: "RUNNING", started_at: 934, usd_per_minute: 0.0167 };
  const store = new JobStore(
    () => {},
    () => 1000,
  );
  store.set("earlier", [earlier, { name: "without an id" }]);
  const [job] = store.earlier;
  assert.ok(job && store.earlier.length === 1);
  assert.equal(sentence(job, false, 1000), "The earlier job of this cell still runs (1:06, ~$0.018).");
  assert.equal(sentence({ ...job, local: true }, false, 1000), "The earlier job of this cell still runs (1:06, free).");
  assert.equal(sentence(job, false, 1000, false), "The earlier job of this cell may still run (1:06, ~$0.018).");
  assert.match(sentence({ ...job, started_at: null }, false, 1000), /has not started yet\./);
  assert.match(
    sentence({ ...job, usd_per_minute: null, error: "No." }, false, 1000),
    /cost unknown\).*cancelled: No\./,
  );
  assert.match(sentence({ ...job, stage: "CANCELED" }, false, 1000), /has ended: Canceled\./);
  store.cancelEarlier(job.id);
  assert.ok(store.isCancellingEarlier(job));
  store.set("earlier", [{ ...earlier, error: "The Hub does not answer." }]);
  assert.ok(!store.isCancellingEarlier(job));
});
