import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../../src/kernel/connection.ts";

/** A connection that has been heard, and the page's clock. */
function make() {
  const page = { now: 1000 };
  const connection = new Connection(() => page.now);
  const links: string[] = [];
  connection.watch(() => links.push(connection.link));
  /** Let time pass as a page's timers do. */
  const pass = (seconds: number) => {
    const until = page.now + seconds;
    for (;;) {
      const wait = connection.next();
      if (page.now + wait > until) break;
      page.now += wait;
      connection.check();
    }
    page.now = until;
  };
  const beat = (times: number) => {
    for (let i = 0; i < times; i += 1) {
      connection.hear(0.8);
      pass(0.8);
    }
  };
  return { connection, page, pass, beat, links };
}

test("signs of life in time are a live connection", () => {
  const { connection, beat, links } = make();
  connection.observe("idle", true);
  beat(100);
  assert.equal(connection.link, "live");
  assert.equal(connection.since, null);
  assert.deepEqual(links, []);
});

test("silence of an idle kernel is noticed within two seconds, and says since when", () => {
  const { connection, page, pass, beat, links } = make();
  connection.observe("idle", true);
  beat(10);
  connection.hear(0.8);
  const heard = page.now;
  pass(1.7);
  assert.equal(connection.link, "live");
  pass(0.3);
  assert.equal(connection.link, "silent");
  assert.equal(connection.since, heard);
  assert.ok(connection.lost);
  connection.hear(0.8);
  assert.equal(connection.link, "live");
  assert.deepEqual(links, ["silent", "live"]);
});

test("a kernel that the front end calls busy may hold the interpreter lock: it is busy, not lost", () => {
  const { connection, pass, beat } = make();
  connection.observe("busy", true);
  beat(10);
  pass(30);
  assert.equal(connection.link, "busy");
  assert.ok(!connection.lost);
  assert.notEqual(connection.since, null, "its clock stops all the same");
  connection.lose();
  assert.equal(connection.link, "gone");
});

test("where nobody says what the kernel does, ten seconds of silence are borne", () => {
  const { connection, pass, beat } = make();
  beat(10);
  pass(8.5);
  assert.equal(connection.link, "live");
  pass(1);
  assert.equal(connection.link, "silent");
});

test("a slow rate that was promised is kept to", () => {
  const { connection, pass } = make();
  connection.observe("idle", true);
  connection.hear(60);
  pass(60.5);
  assert.equal(connection.link, "live");
  pass(1);
  assert.equal(connection.link, "silent");
});

test("other messages count as signs of life and promise nothing", () => {
  const { connection, pass, beat } = make();
  connection.observe("idle", true);
  beat(3);
  for (let i = 0; i < 20; i += 1) {
    pass(0.5);
    connection.hear();
  }
  assert.equal(connection.link, "live");
  pass(2);
  assert.equal(connection.link, "silent");
});

test("a page that slept gives the kernel time to be heard again", () => {
  const { connection, page, pass, beat, links } = make();
  connection.observe("idle", true);
  beat(10);
  connection.next();
  page.now += 8 * 3600;
  connection.check();
  assert.equal(connection.link, "live");
  connection.hear(0.8);
  assert.deepEqual(links, [], "nothing flashed");
  // The kernel of a laptop that slept may be gone all the same.
  connection.next();
  page.now += 8 * 3600;
  connection.check();
  pass(2.5);
  assert.equal(connection.link, "silent");
});

test("timers of a hidden tab that come once a minute say nothing false", () => {
  const { connection, page, links } = make();
  for (let minute = 0; minute < 10; minute += 1) {
    for (let i = 0; i < 75; i += 1) {
      page.now += 0.8;
      connection.hear(0.8);
    }
    connection.check();
    connection.next();
  }
  assert.deepEqual(links, []);
});

test("a page that does not reach its kernel says so, and is live again with the next sign of life", () => {
  const { connection, pass, beat, links } = make();
  connection.observe("idle", true);
  beat(10);
  connection.observe("unknown", false);
  // At once: that it is not reached is known.
  pass(2);
  assert.equal(connection.link, "offline");
  connection.observe("idle", true);
  pass(1);
  connection.hear(0.8);
  assert.deepEqual(links, ["offline", "live"]);
});

test("a kernel on this machine is heard without a network", () => {
  const { connection, beat } = make();
  connection.observe("unknown", false);
  beat(100);
  assert.equal(connection.link, "live");
});

test("a kernel that is gone stays gone, whatever the front end says of the one after it", () => {
  const { connection, beat, pass } = make();
  connection.observe("idle", true);
  beat(3);
  connection.lose();
  connection.observe("idle", true);
  pass(60);
  assert.equal(connection.link, "gone");
});

test("what a kernel sent before it ended does not call it live again, what comes later does", () => {
  const { connection, beat, pass } = make();
  connection.observe("idle", true);
  beat(3);
  connection.lose();
  pass(1.5);
  connection.hear(0.8);
  assert.equal(connection.link, "gone");
  pass(1);
  connection.hear(0.8);
  assert.equal(connection.link, "live");
});

test("of what has ended no sign of life is expected", () => {
  const { connection, pass, beat } = make();
  beat(3);
  connection.expect(false);
  pass(3600);
  assert.equal(connection.link, "live");
  connection.expect(true);
  pass(20);
  assert.equal(connection.link, "silent");
});

test("what was found in a page claims nothing of the time since", () => {
  const { connection, page, pass } = make();
  connection.begin(page.now - 3 * 86_400);
  assert.equal(connection.since, page.now - 3 * 86_400);
  assert.equal(connection.link, "live", "it has a moment to be heard");
  pass(10);
  assert.equal(connection.link, "silent");
  assert.equal(connection.since, 1000 - 3 * 86_400);
});

/** A page that polls, at a kernel of which nothing arrives but answers where `deaf`. */
function makePolling() {
  const page = { now: 1000, deaf: false, there: true, pushed: 0, polls: [] as [at: number, seen: number][] };
  const connection = new Connection(
    () => page.now,
    (seen) => {
      page.polls.push([page.now - 1000, seen]);
      if (page.there) connection.answer(seen, page.pushed);
    },
  );
  let beatAt = page.now;
  const pass = (seconds: number) => {
    const until = page.now + seconds;
    for (;;) {
      const checkAt = page.now + connection.next();
      page.now = Math.min(checkAt, Math.max(beatAt, page.now), until);
      if (page.now >= until) return;
      if (beatAt <= page.now) {
        page.pushed += 1;
        if (page.there && !page.deaf) connection.beat(0.8);
        beatAt = page.now + 0.8;
      } else connection.check();
    }
  };
  const since = (at: number) => page.polls.filter(([when]) => when >= at - 1000).length;
  return { connection, page, pass, since };
}

for (const word of ["idle", "unknown"] as const) {
  test(`a page that hears the kernel never polls (${word})`, () => {
    const { connection, page, pass } = makePolling();
    connection.observe(word, true);
    for (let i = 0; i < 100; i += 1) {
      pass(7);
      connection.ask();
    }
    connection.expect(false);
    pass(600);
    assert.deepEqual(page.polls, []);
  });
}

test("where nothing arrives that was not asked for, a page asks every two seconds and stays live", () => {
  const { connection, page, pass, since } = makePolling();
  page.deaf = true;
  connection.observe("unknown", true);
  pass(60);
  assert.equal(connection.link, "live");
  assert.equal(page.polls[0]?.[1], -1);
  assert.ok((page.polls[1]?.[1] ?? 0) > 2, "what came with the answer before is not asked for again");
  const begin = page.now;
  pass(20);
  assert.ok(Math.abs(since(begin) - 10) <= 1, String(page.polls));
  // Until it hears the kernel again.
  page.deaf = false;
  pass(2);
  const heard = page.now;
  pass(60);
  assert.equal(since(heard), 0);
});

test("a click is answered soon where nothing else arrives", () => {
  const { connection, page, pass, since } = makePolling();
  page.deaf = true;
  connection.observe("unknown", true);
  pass(10);
  const clicked = page.now;
  connection.ask();
  pass(0.5);
  assert.equal(since(clicked), 1);
  // Of a job that has ended no sign of life comes, and the line that was asked for has to.
  connection.expect(false);
  pass(30);
  const ended = page.now;
  pass(60);
  assert.equal(since(ended), 0);
  connection.ask();
  pass(0.5);
  assert.equal(since(ended), 1);
});

test("a kernel that is known to be busy or gone, or is not reached, is not asked", () => {
  for (const make of [
    (connection: Connection) => connection.observe("busy", true),
    (connection: Connection) => connection.observe("unknown", false),
    (connection: Connection) => connection.lose(),
  ]) {
    const { connection, page, pass } = makePolling();
    page.there = false;
    make(connection);
    pass(120);
    assert.deepEqual(page.polls, []);
  }
});

test("questions that nobody answers come ever more rarely", () => {
  const { connection, page, pass } = makePolling();
  page.there = false;
  connection.observe("unknown", true);
  pass(600);
  assert.ok(page.polls.length < 16, String(page.polls));
  assert.equal(connection.link, "silent");
});

test("an answer to another page leaves what is missing between the two", () => {
  const { connection, page, pass } = makePolling();
  page.deaf = true;
  connection.observe("unknown", true);
  connection.answer(7, 9);
  pass(5);
  assert.equal(page.polls[0]?.[1], -1);
});
