import assert from "node:assert/strict";
import { before, test } from "node:test";
import { JSDOM } from "jsdom";
import { FakeModel, makeJob } from "../fakes.ts";

// Imported once there is a document: the chart library looks at the window when it is loaded.
let modules: {
  factory: typeof import("../../src/kernel/index.ts").default;
  logRow: typeof import("../../src/card/log_row.ts").logRow;
};

before(async () => {
  const { window } = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true });
  class ResizeObserver {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  }
  const matchMedia = () => Object.assign(new window.EventTarget(), { matches: false });
  Object.assign(window, { matchMedia, ResizeObserver });
  // The window's own, as far as the card needs it; AbortSignal too, since jsdom accepts no other.
  const names = [
    "document",
    "MutationObserver",
    "requestAnimationFrame",
    "cancelAnimationFrame",
    "getComputedStyle",
    "AbortController",
    "AbortSignal",
    "Node",
    "navigator",
    "devicePixelRatio",
    "Event",
    "CustomEvent",
    "EventTarget",
  ] as const;
  for (const name of names) Object.defineProperty(globalThis, name, { value: window[name], configurable: true });
  Object.assign(globalThis, { window, matchMedia, ResizeObserver });
  modules = {
    factory: (await import("../../src/kernel/index.ts")).default,
    logRow: (await import("../../src/card/log_row.ts")).logRow,
  };
});

function open(traits: Record<string, unknown>) {
  const model = new FakeModel({ job: makeJob(), ...traits });
  const el = document.createElement("div");
  document.body.append(el);
  const life = new AbortController();
  const widget = modules.factory();
  widget.initialize({ model: model as never, signal: life.signal });
  const view = new AbortController();
  widget.render({ model: model as never, el, signal: view.signal });
  return { model, el, view, life };
}

const press = (el: Element, name: string) => {
  const button = [...el.querySelectorAll("button")].find((candidate) => candidate.textContent === name);
  assert.ok(button, `a button ${name}`);
  button.click();
};

test("a view shows the job and goes with its signal", () => {
  const { el, view, life, model } = open({});
  assert.match(el.textContent ?? "", /Running.*train.*cpu-basic · 2 vCPU · 16 GB/);
  model.set("job", makeJob({ stage: "COMPLETED", finished_at: 1128 }));
  assert.match(el.textContent ?? "", /Completed.*ran 2:05 · queued 3 s/);
  view.abort();
  assert.equal(el.childElementCount, 0);
  life.abort();
  assert.equal(model.listeners, 0);
});

test("the price says by the hour, and how many attempts a job has where it has more than one", () => {
  const { el, view, life, model } = open({});
  const title = () => el.querySelector<HTMLElement>(".hfj-cost")?.title;
  assert.equal(title(), "$0.60 per hour on cpu-basic");
  model.set("job", makeJob({ attempts: 3 }));
  assert.equal(title(), "$0.60 per hour on cpu-basic, 3 attempts");
  view.abort();
  life.abort();
});

test("cancelling takes two clicks and one message", () => {
  const { el, view, life, model } = open({});
  press(el, "Cancel");
  press(el, "Keep");
  press(el, "Cancel");
  const asked = () => model.sent.filter((message) => (message as { type: string }).type !== "here");
  assert.deepEqual(asked(), []);
  press(el, "Yes");
  assert.deepEqual(asked(), [{ type: "cancel" }]);
  assert.match(el.textContent ?? "", /cancelling…/);
  view.abort();
  life.abort();
});

test("an address that is no web address gets no link", () => {
  const { el, view, life, model } = open({ job: makeJob({ url: "javascript:alert(1)" }) });
  const link = el.querySelector("a");
  assert.deepEqual([link?.hidden, link?.hasAttribute("href")], [true, false]);
  model.set("job", makeJob());
  assert.deepEqual([link?.hidden, link?.rel, link?.href], [false, "noopener noreferrer", makeJob().url]);
  view.abort();
  life.abort();
});

test("a row holds text, whatever the line says", () => {
  const { node } = modules.logRow(41, "\x1b[31m<img src=x onerror=alert(1)>\x1b[0m & <b>", null);
  assert.equal(node.textContent, "<img src=x onerror=alert(1)> & <b>");
  assert.equal(node.querySelector("img, b"), null);
  assert.equal(node.querySelector(".hfj-number")?.getAttribute("data-n"), "42");
});
