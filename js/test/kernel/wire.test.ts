/**
 * What kernel and page say to each other: tests/wire has examples that pytest writes from the real widgets.
 *
 * Every field of an example has to be read here, and nothing may be read that is not there, so that a name that is
 * changed on one side only fails a test.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { JobStore } from "../../src/card/store.ts";
import type { PageLinkRequest } from "../../src/kernel/page_links.ts";
import { READERS, readMessage } from "../../src/kernel/readers.ts";
import { TOPICS as SCHEDULED_TOPICS, ScheduledStore } from "../../src/scheduled/store.ts";
import { TOPICS as TABLE_TOPICS, TableStore } from "../../src/table/store.ts";

interface Wire {
  /** Trait -> values that it has. */
  traits: Record<string, unknown[]>;
  to_page: Record<string, unknown>[];
  to_kernel: Record<string, unknown>[];
}

const load = (name: string): Wire =>
  JSON.parse(readFileSync(new URL(`../../../tests/wire/${name}.json`, import.meta.url), "utf8"));

/** Fields that the kernel sends and no page shows. */
const UNREAD = [
  // Of a schedule: for its static HTML, which is written from the same trait.
  "scheduled.job.url",
  "scheduled.job.namespace",
  "scheduled.job.concurrency",
];
/** Maps from names that a job or a person chose, which no reader knows. */
const FREE = [/\.labels\./, /\.prices\./, /^table\.cards\./];

/** A value that notes which fields of it are read, and which of those it has not. */
class Recorder {
  readonly read = new Set<string>();
  readonly missing = new Set<string>();
  readonly there = new Set<string>();

  wrap(value: unknown, path: string): unknown {
    if (Array.isArray(value)) return value.map((item) => this.wrap(item, path));
    if (value === null || typeof value !== "object") return value;
    const wrapped = Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.wrap(item, `${path}.${key}`)]),
    );
    // An empty object stands for nothing at all: its fields are no promise.
    const empty = Object.keys(value).length === 0;
    for (const key of Object.keys(value)) this.there.add(`${path}.${key}`);
    return new Proxy(wrapped, {
      get: (target, key) => {
        if (typeof key === "string") {
          this.read.add(`${path}.${key}`);
          if (!(key in target) && !empty) this.missing.add(`${path}.${key}`);
        }
        return Reflect.get(target, key);
      },
    });
  }

  check(): void {
    const known = (path: string) => FREE.some((free) => free.test(path)) || UNREAD.includes(path);
    assert.deepEqual([...this.missing], [], "the page reads fields that the kernel does not send");
    assert.deepEqual(
      [...this.there].filter((path) => !this.read.has(path) && !known(path)),
      [],
      "the kernel sends fields that the page does not read",
    );
  }
}

const names = (wire: Wire) => Object.keys(wire.traits).filter((name) => name !== "view");

test("a page listens to every trait of each widget, and to no other", () => {
  assert.deepEqual(Object.keys(READERS).sort(), names(load("card")));
  assert.deepEqual([...TABLE_TOPICS].sort(), names(load("table")));
  assert.deepEqual([...SCHEDULED_TOPICS].sort(), names(load("scheduled")));
  assert.deepEqual(load("table").traits.view, ["table"]);
  assert.deepEqual(load("scheduled").traits.view, ["scheduled"]);
});

test("a card reads every field of its traits, as it is", () => {
  const { traits } = load("card");
  const recorder = new Recorder();
  for (const [name, read] of Object.entries(READERS)) {
    for (const value of traits[name] ?? []) {
      const got = read(recorder.wrap(value, `card.${name}`));
      // What the page keeps in another form is looked at below.
      if (!["metrics", "training", "progress"].includes(name)) assert.deepEqual(got, value, name);
    }
  }
  recorder.check();
});

test("charts and the bar have the values of the traits", () => {
  const { traits } = load("card");
  const last = <T>(name: string) => (traits[name] as T[]).at(-1) as T;
  const raw = last<{ t: number[]; cpu_pct: number[]; cpu_pct_min: number[]; cpu_pct_max: number[]; gpus: object[] }>(
    "metrics",
  );
  const metrics = READERS.metrics(raw);
  assert.deepEqual(metrics.cpu_pct, { y: raw.cpu_pct, min: raw.cpu_pct_min, max: raw.cpu_pct_max });
  assert.deepEqual(
    metrics.replicas.map(({ id }) => id),
    ["a", "b"],
  );
  assert.equal(metrics.gpus.length, raw.gpus.length);
  assert.ok(metrics.gpus.every(({ util, memory }) => util.y[0] !== null && memory.max[0] !== null));
  const training = last<{ series: object[]; x_choices: string[]; x_label: string }>("training");
  assert.deepEqual(READERS.training(training), training);
  assert.deepEqual(READERS.progress(last("progress")), last("progress"));
  assert.equal(READERS.progress({}), null);
});

test("a card reads every field of the kernel's messages", () => {
  const recorder = new Recorder();
  const store = new JobStore(() => {});
  for (const message of load("card").to_page) {
    if (store.hear(recorder.wrap(message, `card.${String(message.type)}`))) continue;
    assert.deepEqual(readMessage(recorder.wrap(message, `card.${String(message.type)}`)), message);
  }
  recorder.check();
});

test("a table reads every field of its traits and of the kernel's messages", () => {
  const wire = load("table");
  const recorder = new Recorder();
  const store = new TableStore(() => {});
  for (const topic of TABLE_TOPICS) {
    for (const value of wire.traits[topic] ?? []) store.set(topic, recorder.wrap(value, `table.${topic}`));
  }
  for (const message of wire.to_page) {
    const wrapped = recorder.wrap(message, `table.${message.type}`);
    if (!store.hear(wrapped)) store.receive(wrapped);
  }
  recorder.check();
  const [message] = wire.to_page as [{ changed: { id: string; stage: string; message: string }[]; gone: string[] }];
  for (const { id, stage, message: text } of message.changed) {
    assert.deepEqual([store.rows.get(id)?.stage, store.rows.get(id)?.message], [stage, text]);
  }
  assert.ok(message.gone.length > 0 && message.gone.every((id) => !store.rows.has(id)));
  assert.equal(store.status.cancelling.size, 1);
  assert.deepEqual(store.cards, wire.traits.cards?.at(-1));
  const { type: _, ...curves } = wire.to_page.at(-1) as Record<string, unknown>;
  assert.deepEqual(store.curves.get(String(curves.id)), curves);
  // A table of no sweep.
  assert.deepEqual({ ...store.place, sweep: {} }, wire.traits.place?.at(-1));
});

test("the card of a schedule reads every field of its traits", () => {
  const { traits } = load("scheduled");
  const recorder = new Recorder();
  const store = new ScheduledStore(() => {});
  for (const topic of SCHEDULED_TOPICS) {
    for (const value of traits[topic] ?? []) store.set(topic, recorder.wrap(value, `scheduled.${topic}`));
  }
  recorder.check();
  const [raw, last] = [traits.job?.at(-1), traits.last?.at(-1)] as [object, object];
  for (const [key, value] of Object.entries(store.job)) assert.deepEqual(value, (raw as Record<string, unknown>)[key]);
  assert.deepEqual(store.last, last);
});

/** Asked while a window is opened, which no test here has; see tests/browser/test_open_page.py. */
const PAGE_LINK: PageLinkRequest = { type: "page-link", id: 9, job: "687fb701029421ae5549d998" };

/** The fields of messages and the kinds of their values, each form once. */
const forms = (messages: object[]) => {
  const form = (message: object) =>
    Object.entries(message)
      .map(([key, value]) =>
        key === "type" ? `type=${value}` : `${key}: ${Array.isArray(value) ? "list" : typeof value}`,
      )
      .sort()
      .join(", ");
  return [...new Set(messages.map(form))].sort();
};

test("what a card says has the form that the kernel understands", () => {
  const sent: object[] = [];
  const clock = { now: 0 };
  const store = new JobStore(
    (message) => sent.push(message),
    () => clock.now,
  );
  // Nothing was heard.
  clock.now = 5;
  store.connection.check();
  store.here();
  store.miss("687fb701029421ae5549d998");
  store.set("log", { first: 900, lines: ["x"], total: 901 });
  store.requests.want(0, 20);
  store.set("outputs", [{ number: 1, line: 2, revision: 1, label: "table" }]);
  store.outputs.want();
  store.askFiles();
  store.pull("model.bin");
  store.search({ query: "x", case: false, regex: false }, 0, () => {});
  store.rerun({ change: null, send: false, anyway: false }, () => {});
  store.cancel();
  store.showEarlier("e");
  store.cancelEarlier("e");
  store.keep();
  sent.push(PAGE_LINK);
  assert.deepEqual(forms(sent), forms(load("card").to_kernel));
});

test("what a table says has the form that the kernel understands", () => {
  const sent: object[] = [];
  const store = new TableStore((message) => sent.push(message));
  store.here();
  store.look("a1b2c3", true);
  store.cancel(["a"]);
  store.rerun("a");
  store.keep("a");
  store.card("a");
  store.compare({}, ["a", "b"]);
  store.sweep("cancel");
  sent.push(PAGE_LINK);
  assert.deepEqual(forms(sent), forms(load("table").to_kernel));
});

test("what the card of a schedule says is what the kernel understands", () => {
  const sent: object[] = [];
  const store = new ScheduledStore((message) => sent.push(message));
  store.here();
  store.refresh();
  sent.push(PAGE_LINK);
  for (const verb of ["suspend", "resume", "trigger", "delete"] as const) {
    store.act(verb);
    store.set("busy", "");
  }
  assert.deepEqual(sent, load("scheduled").to_kernel);
});
