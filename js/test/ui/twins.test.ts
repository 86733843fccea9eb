import assert from "node:assert/strict";
import test from "node:test";
import { JSDOM } from "jsdom";
import { enliven, lend, lostOf, type Mount, type Player, reviveLost, settle } from "../../src/ui/twins.ts";

const { window } = new JSDOM("<body></body>");
Object.assign(globalThis, { document: window.document, MutationObserver: window.MutationObserver });
Object.assign(globalThis, { HTMLElement: window.HTMLElement });

const twin = (job: string): HTMLElement => {
  const output = window.document.createElement("div");
  output.className = "jp-RenderedHTML jp-RenderedHTMLCommon";
  output.innerHTML = `<div data-hfjob="${job}" style="padding: 8px">as it was saved</div>`;
  return output;
};
const turn = () => new Promise((resolve) => setTimeout(resolve));
const card = (host: HTMLElement, signal: AbortSignal) => {
  host.append("live");
  signal.addEventListener("abort", () => host.replaceChildren("gone"));
  return { tab: "of the card" };
};
const says =
  (text: string): Mount =>
  (host) => {
    host.append(text);
    return {};
  };

const player = (mount: Mount, isLost = () => false, id = "a", manager: unknown = "a notebook"): Player => ({
  mount,
  isLost,
  manager,
  revival: () => ({ view: "card", id, local: true, namespace: "", line: "" }),
});

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
  assert.equal(there.className, "jp-RenderedHTML");
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

test("a twin written anew gets the view of the one whose place it takes, and what the reader had in hand", async () => {
  const life = new AbortController();
  const [old, elsewhere, anew] = [twin("j"), twin("j"), twin("j")];
  document.body.append(old, elsewhere);
  let views = 0;
  const mount: Mount = (host, signal) => {
    views += 1;
    host.innerHTML = "<p>a line</p><input>";
    signal.addEventListener("abort", () => host.replaceChildren("gone"));
    return {};
  };
  enliven("j", player(mount), life.signal);
  const [line, box] = old.querySelectorAll<HTMLElement>("p, input");
  assert.ok(line && box);
  Object.assign(line, { scrollTop: 40 });
  line.dispatchEvent(new window.Event("scroll"));
  box.focus();
  old.replaceWith(anew);
  // As of a browser, of what is taken out of the page.
  Object.assign(line, { scrollTop: 0 });
  await turn();
  assert.deepEqual([...anew.querySelectorAll("p, input")], [line, box]);
  assert.deepEqual([views, old.textContent], [2, "as it was saved"]);
  assert.equal(document.activeElement, box);
  assert.equal(line.scrollTop, 40);
  // Whoever has left the card by then is not called back.
  box.blur();
  await turn();
  anew.replaceWith(old);
  await turn();
  assert.equal(old.querySelector("input"), box);
  assert.equal(document.activeElement, document.body);
  life.abort();
  assert.equal(old.textContent, "as it was saved");
});

test("a twin whose model ends is as it was saved, or another model's", async () => {
  const [older, newer] = [new AbortController(), new AbortController()];
  const output = twin("e");
  const saved = output.outerHTML;
  document.body.append(output);
  enliven("e", player(card), older.signal);
  enliven("e", player(says("newer")), newer.signal);
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
  lend(view, "f", first, { tab: "of the view" }, older.signal);
  const before: (object | undefined)[] = [];
  const mount: Mount = (host, _, page) => {
    before.push(page);
    return says("newer")(host, newer.signal);
  };
  enliven("f", player(mount), newer.signal);
  assert.deepEqual([output.textContent, view.textContent], ["live", "a view"], "the older one is heard");
  lost = true;
  settle("f");
  assert.deepEqual([output.textContent, view.textContent], ["newer", "newer"]);
  assert.deepEqual(before, [{ tab: "of the card" }, { tab: "of the view" }], "as the reader left them");
  newer.abort();
  assert.deepEqual([output.textContent, view.textContent], ["as it was saved", "a view"]);
  const third = new AbortController();
  enliven("f", player(says("third")), third.signal);
  assert.deepEqual([output.textContent, view.textContent], ["third", "third"], "at once, where it is lost before");
  for (const life of [older, third]) life.abort();
});

test("a kernel is told once of each saved table that no model has, there or later", async () => {
  const [kernel, life] = [new AbortController(), new AbortController()];
  const table = (id: string) => {
    const output = twin(id);
    Object.assign((output.firstElementChild as HTMLElement).dataset, { line: "%hfjobs ls -a", local: "true" });
    return output;
  };
  const [there, held] = [table("table-1"), table("table-2")];
  document.body.append(there, held, twin("of a card"));
  enliven(
    "table-2",
    player(card, () => false, "table-2"),
    life.signal,
  );
  const told: object[] = [];
  reviveLost((wanted) => told.push(wanted), kernel.signal);
  const later = table("table-3");
  document.body.append(later);
  await turn();
  there.remove();
  document.body.append(there);
  await turn();
  const wanted = { view: "table", local: true, namespace: "", line: "%hfjobs ls -a" };
  assert.deepEqual(told, [
    { ...wanted, id: "table-1" },
    { ...wanted, id: "table-3" },
  ]);
  for (const output of [there, held, later]) output.remove();
  kernel.abort();
  life.abort();
});

test("of twins that are written anew together each gets its own view", async () => {
  const life = new AbortController();
  const outputs = ["cell", "tab", "second tab"].map((name) => {
    const output = window.document.createElement("section");
    output.title = name;
    output.append(twin("k"));
    document.body.append(output);
    return output;
  });
  const mount: Mount = (host) => {
    host.append(`view of the ${host.closest("section")?.title}`);
    return {};
  };
  enliven("k", player(mount), life.signal);
  const expected = ["view of the cell", "view of the tab", "view of the second tab"];
  const shown = () => outputs.map((output) => output.textContent);
  assert.deepEqual(shown(), expected);
  for (const output of outputs) output.title = "place of another";
  for (const output of [...outputs].reverse()) output.replaceChildren(twin("k"));
  await turn();
  assert.deepEqual(shown(), expected);
  // A newer model of the job, as of a cell that attaches it, takes none of them.
  enliven(
    "k",
    player(says("another view"), () => false, "k"),
    life.signal,
  );
  // With what held it, which was emptied before.
  for (const output of [...outputs].reverse()) {
    const [holder] = output.children;
    holder?.replaceChildren();
    holder?.remove();
    output.append(twin("k"));
  }
  await turn();
  assert.deepEqual(shown(), expected);
  life.abort();
  for (const output of outputs) output.remove();
});

test("a card in a twin that is written anew keeps its width; looks of saved text come back with it", async () => {
  const life = new AbortController();
  const output = twin("l");
  document.body.append(output);
  enliven("l", player(card), life.signal);
  assert.equal(output.className, "jp-RenderedHTML");
  output.replaceChildren(...twin("l").children);
  await turn();
  assert.deepEqual([output.textContent, output.className], ["live", "jp-RenderedHTML"]);
  life.abort();
  assert.deepEqual(
    [output.textContent, output.className],
    ["as it was saved", "jp-RenderedHTML jp-RenderedHTMLCommon"],
  );
  output.remove();
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

test("a kernel is told of what is lost in the page, then or later, and of nothing else", () => {
  const [life, first, second] = [new AbortController(), new AbortController(), new AbortController()];
  const lost = new Set(["g"]);
  const view = window.document.createElement("div");
  for (const id of ["g", "h", "i"]) {
    const one = player(card, () => lost.has(id), id);
    enliven(id, one, life.signal);
    if (id !== "i") lend(view.appendChild(window.document.createElement("div")), id, one, {}, life.signal);
  }
  const told: string[] = [];
  reviveLost(({ id }) => told.push(`first ${id}`), first.signal);
  assert.deepEqual(told, ["first g"]);
  lost.add("h").add("i");
  for (const id of ["h", "i"]) settle(id);
  assert.deepEqual(told, ["first g", "first h"], "no place in the page has the third");
  reviveLost(({ id }) => told.push(`second ${id}`), second.signal);
  assert.deepEqual(told.slice(2), ["second g", "second h"]);
  second.abort();
  settle("g");
  assert.equal(told.length, 4);
  for (const one of [life, first]) one.abort();
});

test("what a notebook has lost is what it shows of lost models, and of no other notebook's", () => {
  const life = new AbortController();
  for (const [id, isLost, manager] of [
    ["lost-1", true, "one"],
    ["lost-2", true, "one"],
    ["lives", false, "one"],
    ["unseen", true, "one"],
    ["elsewhere", true, "other"],
  ] as const) {
    if (id !== "unseen") document.body.append(twin(id));
    enliven(
      id,
      player(says(id), () => isLost, id, manager),
      life.signal,
    );
  }
  assert.deepEqual(
    lostOf("one").map(({ id }) => id),
    ["lost-1", "lost-2"],
  );
  life.abort();
});
