import assert from "node:assert/strict";
import { test } from "node:test";
import type { ToKernel } from "../../src/kernel/protocol.ts";
import { type Clock, LineRequests, RETRY_MS } from "../../src/log/line_requests.ts";
import { LogLines } from "../../src/log/log_lines.ts";
import { makeLines, makeTail } from "../fakes.ts";

class FakeClock implements Clock {
  time = 0;
  #timers: { at: number; callback: () => void }[] = [];
  now = () => this.time;
  setTimeout = (callback: () => void, ms: number) => this.#timers.push({ at: this.time + ms, callback });
  advance(ms: number): void {
    this.time += ms;
    const due = this.#timers.filter(({ at }) => at <= this.time);
    this.#timers = this.#timers.filter(({ at }) => at > this.time);
    for (const { callback } of due) callback();
  }
}

function make(total: number) {
  const lines = new LogLines();
  lines.push(makeTail(total));
  const sent: ToKernel[] = [];
  const clock = new FakeClock();
  let retries = 0;
  const requests = new LineRequests(
    lines,
    (message) => sent.push(message),
    () => (retries += 1),
    clock,
  );
  const answer = (first: number, count: number) => {
    lines.fill(first, makeLines(first, count));
    requests.receive(first, count);
  };
  return { lines, sent, clock, requests, answer, retries: () => retries };
}

test("a block is asked for once, whole", () => {
  const { requests, sent } = make(10_000);
  requests.want(1203, 1240);
  requests.want(1210, 1250);
  assert.deepEqual(sent, [{ type: "lines", first: 1000, count: 500 }]);
});

test("lines that are here are not asked for", () => {
  const { requests, sent, answer } = make(10_000);
  requests.want(9600, 9640);
  answer(1000, 500);
  requests.want(1203, 1240);
  assert.deepEqual(sent, []);
});

test("what was not answered is asked for again, but only while it is wanted", () => {
  const { requests, sent, clock, retries } = make(10_000);
  requests.want(0, 40);
  clock.advance(RETRY_MS - 1);
  requests.want(0, 40);
  assert.equal(sent.length, 1);
  clock.advance(1);
  assert.equal(retries(), 1);
  requests.want(0, 40);
  assert.equal(sent.length, 2);
  clock.advance(RETRY_MS);
  clock.advance(RETRY_MS);
  assert.equal(sent.length, 2);
});

test("an answer cut short brings the rest at once", () => {
  const { requests, sent, answer } = make(10_000);
  requests.want(0, 40);
  answer(0, 20);
  requests.want(0, 40);
  assert.deepEqual(sent.at(-1), { type: "lines", first: 20, count: 480 });
});

test("a copy reads the whole log, in requests the kernel accepts", async () => {
  const { requests, sent, answer } = make(5321);
  const shares: number[] = [];
  const reading = requests.all(new AbortController().signal, (share) => shares.push(share));
  for (let turn = 0; turn < 20; turn += 1) {
    const message = sent.shift();
    if (message?.type === "lines") answer(message.first, Math.min(message.count, 700));
    await new Promise(setImmediate);
  }
  const all = await reading;
  assert.deepEqual(all, makeLines(0, 5321));
  assert.ok(shares.every((share, i) => i === 0 || share >= (shares[i - 1] ?? 0)));
});

/** How many requests a copy makes when each is answered in turn, the first only after what happens `before`. */
async function copied({ lines, requests, sent, answer }: ReturnType<typeof make>, before: () => void): Promise<number> {
  const reading = requests.all(new AbortController().signal, () => {});
  for (let turn = 0; turn < 7; turn += 1) {
    before();
    await new Promise(setImmediate);
  }
  for (let done = 0; done < sent.length; done += 1) {
    const message = sent[done];
    if (message?.type === "lines") answer(message.first, message.count);
    await new Promise(setImmediate);
  }
  assert.deepEqual(await reading, makeLines(0, lines.total));
  return sent.length;
}

test("answers to others do not make a copy ask again, nor give up", async () => {
  const made = make(20_500);
  assert.equal(
    await copied(made, () => {
      for (let n = 0; n < 9; n += 1) made.answer(20_100, 10);
    }),
    20,
  );
});

test("a copy asks a slow kernel once for each wait; answers that come late are no reason to ask", async () => {
  const made = make(20_500);
  assert.equal(await copied(made, () => made.clock.advance(RETRY_MS)), 27);
});

test("a copy reads lines again that may have been rewritten since the page got them", async () => {
  const { lines, requests, sent } = make(1000);
  lines.push(makeTail(1000, 30));
  lines.fill(0, makeLines(0, 970, "old"));
  lines.push(makeTail(1000, 30));
  const reading = requests.all(new AbortController().signal, () => {});
  assert.deepEqual(sent, [{ type: "lines", first: 872, count: 98 }]);
  lines.fill(872, makeLines(872, 98, "new"));
  requests.receive(872, 98);
  assert.deepEqual(await reading, [...makeLines(0, 872, "old"), ...makeLines(872, 98, "new"), ...makeLines(970, 30)]);
});

test("a copy gives up when the kernel stays silent, and stops with its view", async () => {
  const { requests, clock } = make(5321);
  const failed = assert.rejects(
    requests.all(new AbortController().signal, () => {}),
    /kernel does not answer/,
  );
  for (let turn = 0; turn < 10; turn += 1) {
    clock.advance(RETRY_MS);
    await new Promise(setImmediate);
  }
  await failed;
  const life = new AbortController();
  const stopped = assert.rejects(
    requests.all(life.signal, () => {}),
    { name: "AbortError" },
  );
  life.abort();
  clock.advance(RETRY_MS);
  await stopped;
});
