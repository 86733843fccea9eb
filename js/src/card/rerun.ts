/** Running a job again: a form with flavor, timeout and packages, which the kernel prices before anything is sent. */

import type { Change, Offer } from "../kernel/offers.ts";
import { button } from "../ui/button.ts";
import { focusOn, h, hasFocus, setText } from "../ui/dom.ts";
import { BUSY_TEXT, patience } from "../ui/patience.ts";
import { question } from "../ui/question.ts";
import type { Page } from "./page.ts";
import type { JobStore } from "./store.ts";

export interface RerunForm {
  /** The button that opens it. */
  opener: HTMLElement;
  node: HTMLElement;
}

/** `onSent` is called when the new job is there. */
export function rerunForm(store: JobStore, page: Page, signal: AbortSignal, onSent: () => void): RerunForm {
  /** What is awaited of the kernel; null where nothing is. */
  let awaited: "price" | "job" | null = null;
  let offer: Offer | null = null;
  const flavor = h("select");
  const timeout = h("input", { size: 5, spellcheck: "false" });
  const dependencies = h("input", { size: 14, spellcheck: "false", placeholder: "none" });
  const inputs = { flavor, timeout, dependencies };
  const flavors = h("label", {}, "Flavor", flavor);
  const times = h("label", {}, "Timeout", timeout);
  const packages = h("label", {}, "Add packages", dependencies);
  const cost = h("span", { role: "status" });
  const send = button({
    label: "Run again",
    icon: "rerun",
    class: "hfj-send",
    signal,
    onClick: () => isReady() && ask(true),
  });
  const close = button({ label: "Close", signal, onClick: () => turn(false) });
  const sure = question(signal, (yes) => {
    if (yes) ask(true, true);
    else ask();
  });
  const tools = h("span", { class: "hfj-question" }, send, close);
  const node = h(
    "div",
    { class: "hfj-rerun", role: "group", "aria-label": "Run again" },
    flavors,
    times,
    packages,
    cost,
    tools,
  );
  node.hidden = true;
  const opener = button({ label: "Rerun", icon: "rerun", signal, onClick: () => turn(Boolean(node.hidden)) });
  opener.title = "Run this job again, as it was or on other hardware";

  const read = (): Change =>
    Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]));
  const isReady = () => awaited === null && !offer?.wrong;
  const ask = (sends = false, anyway = false, change: Change | null = read()): void => {
    awaited = store.rerun({ change, send: sends, anyway }, take) ? (sends ? "job" : "price") : null;
    // A view that is built again while the job is on its way must not offer it once more.
    page.again = sends ? null : (change ?? {});
    show();
  };
  const take = (answer: Offer) => {
    if (signal.aborted) return;
    const [first, here] = [offer === null, hasFocus(node)];
    [awaited, offer] = [null, answer];
    if (answer.sent !== null) {
      turn(false);
      onSent();
      return;
    }
    if (first) {
      flavor.replaceChildren(...answer.flavors.map(([name, has]) => h("option", { value: name }, `${name} · ${has}`)));
      for (const [name, input] of Object.entries(inputs)) input.value = answer.change[name] ?? "";
    }
    page.again = read();
    show();
    // It may come late: whoever writes in a cell by then goes on writing.
    if (answer.question) sure.ask(answer.question, "Keep", here);
  };
  const turn = (on: boolean, typed: Change | null = null) => {
    const here = hasFocus(node);
    node.hidden = !on;
    page.again = null;
    opener.setAttribute("aria-expanded", String(on));
    [awaited, offer] = [null, null];
    if (on) ask(false, false, typed);
    else if (here) focusOn(opener);
  };
  const show = () => {
    const { lost } = store.connection;
    if (lost) node.hidden = true;
    opener.disabled = lost;
    opener.hidden = !store.hasEnded || store.job.stage === "DELETED" || store.job.id === null;
    waited.wait(awaited !== null);
    flavors.hidden = !offer?.flavors.length;
    times.hidden = offer === null;
    packages.hidden = offer?.change.dependencies === undefined;
    const { wrong = "", question: asked = "" } = offer ?? {};
    const waits = waited.over ? BUSY_TEXT : awaited === "job" ? "Submitting…" : "Asking what it costs…";
    setText(cost, awaited ? waits : wrong || (offer?.cost ?? ""));
    cost.className = awaited || !wrong ? "hfj-muted" : "hfj-wrong";
    // Not `disabled`: what has the focus, or is about to get it, would lose it.
    send.setAttribute("aria-disabled", String(!isReady()));
    for (const input of Object.values(inputs)) input.disabled = awaited === "job";
    const shown = asked && !awaited ? sure.node : tools;
    if (node.lastChild === shown) return;
    const here = hasFocus(node);
    node.lastChild?.replaceWith(shown);
    if (here && shown === tools) focusOn(send);
  };
  const waited = patience(signal, show);
  node.addEventListener("change", () => ask(), { signal });
  node.addEventListener("input", () => (page.again = read()), { signal });
  const leave = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || node.hidden) return;
    event.preventDefault();
    turn(false);
  };
  // A click opens it and leaves the focus on what was clicked.
  node.addEventListener("keydown", leave, { signal });
  opener.addEventListener("keydown", leave, { signal });
  store.watch(["job"], signal, show);
  // The notebook builds the card again when its log is whole.
  if (page.again) turn(true, Object.keys(page.again).length ? page.again : null);
  return { opener, node };
}
