import assert from "node:assert/strict";
import test from "node:test";
import { JSDOM } from "jsdom";
import { enliven, lend, type Mount, type Player, settle } from "../../src/ui/twins.ts";

const { window } = new JSDOM("<body></body>");
Object.assign(globalThis, { document: window.document, MutationObserver: window.MutationObserver });

const twin = (job: string): HTMLElement => {
  const output = window.document.createElement("div");
  output.className = "jp-RenderedHTMLCommon";
  output.innerHTML = `<div data-hfjob="${job}" style="padding: 8px">as it was saved</div>`;
  return output;
};
const turn = () => new Promise((resolve) => setTimeout(resolve));
const card = (host: HTMLElement, signal: AbortSignal) => {
  host.append("live");
  signal.addEventListener("abort", () => host.replaceChildren("gone"));
};

const player = (mount: Mount, isLost = () => false): Player => ({ mount, isLost });

test("twins of a job come alive, those there and those that come, and others stay as they are", async () => {
  const life = new AbortController();
  const [there, later, other] = [twin("a"), twin("a"), twin("b")];
  document.body.append(there, other);
  enliven("a", player(card), life.signal);
  document.body.append(later);
  await turn();
  assert.deepEqual(
    [there, later, other].map((output) => output.textContent),
    ["live", "live", "as it was saved"],
  );
  assert.equal(there.className, "");
  assert.equal(there.firstElementChild?.getAttribute("style"), null);
  life.abort();
});

test("a twin that leaves the page closes its card and gets a new one when it is back", async () => {
  const life = new AbortController();
  const output = twin("c");
  document.body.append(output);
  enliven("c", player(card), life.signal);
  assert.equal(output.textContent, "live");
  output.remove();
  await turn();
  assert.equal(output.textContent, "as it was saved");
  document.body.append(output);
  await turn();
  assert.equal(output.textContent, "live");
  life.abort();
});

test("a twin whose model ends is as it was saved, or another model's", async () => {
  const [older, newer] = [new AbortController(), new AbortController()];
  const output = twin("e");
  const saved = output.outerHTML;
  document.body.append(output);
  enliven("e", player(card), older.signal);
  enliven(
    "e",
    player((host) => host.append("newer")),
    newer.signal,
  );
  assert.equal(output.textContent, "live");
  older.abort();
  assert.equal(output.textContent, "newer");
  newer.abort();
  assert.equal(output.outerHTML, saved);
  const again = new AbortController();
  enliven("e", player(card), again.signal);
  assert.equal(output.textContent, "live");
  again.abort();
});

test("a lost model gives its places, of twins and of views, to a newer one of the job, then or later", () => {
  const [older, newer] = [new AbortController(), new AbortController()];
  let lost = false;
  const [output, view] = [twin("f"), window.document.createElement("div")];
  document.body.append(output, view);
  const first = player(card, () => lost);
  enliven("f", first, older.signal);
  view.append("a view");
  lend(view, "f", first, older.signal);
  enliven(
    "f",
    player((host) => host.append("newer")),
    newer.signal,
  );
  assert.deepEqual([output.textContent, view.textContent], ["live", "a view"], "the older one is heard");
  lost = true;
  settle("f");
  assert.deepEqual([output.textContent, view.textContent], ["newer", "newer"]);
  newer.abort();
  assert.deepEqual([output.textContent, view.textContent], ["as it was saved", "a view"]);
  const third = new AbortController();
  enliven(
    "f",
    player((host) => host.append("third")),
    third.signal,
  );
  assert.deepEqual([output.textContent, view.textContent], ["third", "third"], "at once, where it is lost before");
  for (const life of [older, third]) life.abort();
});

test("without a model nothing is made live any more", async () => {
  const life = new AbortController();
  enliven("d", player(card), life.signal);
  life.abort();
  const output = twin("d");
  document.body.append(output);
  await turn();
  assert.equal(output.textContent, "as it was saved");
});
