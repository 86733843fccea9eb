import assert from "node:assert/strict";
import { test } from "node:test";
import type { Matches, Query } from "../../src/kernel/protocol.ts";
import { REPEAT_MS, RESEND_MS, Search } from "../../src/log/search.ts";

/** A kernel whose log has these matching lines, and that answers when told. */
function make(matching: number[], topLine = 0, auto = true) {
  const timers: { callback: () => void; ms: number }[] = [];
  const asked: number[] = [];
  const waiting: (() => void)[] = [];
  const landed: (number | null)[] = [];
  const log = { matching, total: 1_000_000 };
  const answerOf = (from: number): Matches => {
    const later = log.matching.filter((line) => line >= from);
    return {
      type: "matches",
      id: 0,
      total: log.matching.length,
      lines: later.slice(0, 1000),
      complete: later.length <= 1000,
      searched: log.total,
      error: null,
    };
  };
  const search = new Search({
    ask: (_, from, answer) => {
      asked.push(from);
      waiting.push(() => answer(answerOf(from)));
      if (auto) (waiting.pop() as () => void)();
    },
    topLine: () => topLine,
    onFound: (go) => go && landed.push(search.found.line),
    now: () => 0,
    setTimeout: (callback, ms) => timers.push({ callback, ms }),
  });
  const fire = (ms: number) => {
    for (const timer of timers.splice(0)) {
      if (timer.ms === ms) timer.callback();
      else timers.push(timer);
    }
  };
  return { search, asked, landed, waiting, log, fire };
}

const query = (text: string): Query => ({ query: text, case: false, regex: false });

test("a search begins at the line in view and goes round both ends", () => {
  const { search, landed } = make([3, 50, 700], 40);
  search.set(query("x"));
  search.go(1);
  search.go(1);
  search.go(-1);
  assert.deepEqual(landed, [50, 700, 3, 700]);
  assert.deepEqual([search.found.rank, search.found.total], [3, 3]);
});

test("below the last match the reader is taken to it", () => {
  const { search } = make([3, 50], 90);
  search.set(query("x"));
  assert.deepEqual([search.found.line, search.found.rank], [50, 2]);
});

test("in a log of many matches every step lands on the neighbour, however far from the start", () => {
  const { search, landed } = make(
    Array.from({ length: 50_000 }, (_, i) => i * 20),
    600_001,
  );
  search.set(query("x"));
  assert.equal(search.found.total, 50_000);
  for (let i = 0; i < 1500; i += 1) search.go(1);
  assert.deepEqual(
    landed,
    Array.from({ length: 1501 }, (_, i) => 600_020 + i * 20),
  );
  for (let i = 0; i < 1600; i += 1) search.go(-1);
  assert.equal(search.found.line, 600_020 - 100 * 20);
});

test("the match before is found across a long stretch without any", () => {
  const { search } = make([5, 8, ...Array.from({ length: 3000 }, (_, i) => 500_000 + i)], 500_000);
  search.set(query("x"));
  assert.equal(search.found.line, 500_000);
  search.go(-1);
  assert.equal(search.found.line, 8);
});

test("the place among all is said only where it is known", () => {
  const { search } = make(
    Array.from({ length: 5000 }, (_, i) => i),
    2000,
  );
  search.set(query("x"));
  assert.equal(search.found.rank, null);
  const end = make(
    Array.from({ length: 5000 }, (_, i) => i),
    4500,
  );
  end.search.set(query("x"));
  assert.equal(end.search.found.rank, 4501);
});

test("an answer to an older question changes nothing", () => {
  const { search, waiting } = make([1, 2], 0, false);
  search.set(query("a"));
  search.set(query("ab"));
  waiting[0]?.();
  assert.equal(search.found.waiting, true);
  waiting[1]?.();
  assert.deepEqual([search.found.waiting, search.found.line], [false, 1]);
});

test("a question that nobody answered is asked again, one that is answered or gone is not", () => {
  const { search, asked, waiting, fire } = make([1], 0, false);
  search.set(query("a"));
  fire(RESEND_MS);
  assert.deepEqual(asked, [0, 0]);
  waiting[1]?.();
  fire(RESEND_MS);
  search.set(query("b"));
  search.set(query(""));
  fire(RESEND_MS);
  assert.deepEqual(asked, [0, 0, 0]);
});

test("a log that grows is looked through again, and the reader stays where they are", () => {
  const { search, landed, log, fire } = make([1]);
  search.set(query("a"));
  log.matching = [1, 9];
  log.total += 1;
  search.grow(log.total);
  search.grow(log.total);
  fire(REPEAT_MS);
  assert.deepEqual([search.found.total, search.found.line, search.found.rank], [2, 1, 1]);
  assert.deepEqual(landed, [1]);
  fire(REPEAT_MS);
});
