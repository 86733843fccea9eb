/** Earlier jobs of the card's cell that still ran when it was started: what each costs by now, Cancel it, Show it. */

import { type EarlierJob, isTerminal } from "../kernel/protocol.ts";
import { announcer } from "../ui/announce.ts";
import { button, setLabel } from "../ui/button.ts";
import { placeById } from "../ui/card_place.ts";
import { focusOn, h, hasFocus, setText } from "../ui/dom.ts";
import { duration, money } from "../ui/format.ts";
import { icon } from "../ui/icons.ts";
import { question } from "../ui/question.ts";
import { STAGE_TEXT } from "../ui/stage.ts";
import { every } from "../ui/timing.ts";
import type { JobStore } from "./store.ts";
import { attachLine } from "./ways.ts";

interface Line {
  node: HTMLElement;
  show(job: EarlierJob): void;
}

export function earlierJobs(store: JobStore, signal: AbortSignal): HTMLElement {
  const node = h("div", { class: "hfj-earlier" });
  const lines = new Map<string, Line>();
  const show = () => {
    node.hidden = store.earlier.length === 0;
    for (const job of store.earlier) {
      let line = lines.get(job.id);
      if (line === undefined) {
        line = earlierLine(store, job, signal);
        lines.set(job.id, line);
        node.append(line.node);
      }
      line.show(job);
    }
  };
  store.watch(["earlier", "job", "notice", "stream_note"], signal, show);
  every(1000, signal, show);
  return node;
}

function earlierLine(store: JobStore, first: EarlierJob, signal: AbortSignal): Line {
  let job = first;
  let [asking, asked] = [false, false];
  const text = h("span");
  const cancel = button({
    label: "Cancel it",
    class: "hfj-cancel",
    title: `Cancel ${job.name}`,
    signal,
    onClick: () => ask(true),
  });
  const sure = question(signal, (yes) => {
    ask(false);
    asked ||= yes;
    if (yes) store.cancelEarlier(job.id);
  });
  const place = h("div", { class: "hfj-earlier-card" });
  place.hidden = true;
  const toggle = button({
    label: "Show it",
    title: `Show the card of ${job.name}`,
    signal,
    onClick: () => turn(place.hidden !== false),
  });
  const actions = h("span", { class: "hfj-ways" }, cancel, toggle);
  const line = h("div", { class: "hfj-message hfj-notice hfj-lost" }, icon("alert"), text, actions);
  const say = announcer();
  const node = h("div", {}, line, place);

  const ask = (on: boolean) => {
    asking = on;
    draw();
    if (on) sure.ask("Cancel it?", "Keep");
  };
  const turn = (on: boolean) => {
    place.hidden = !on;
    setLabel(toggle, on ? "Hide it" : "Show it");
    toggle.setAttribute("aria-expanded", String(on));
    if (!on || place.firstChild) return;
    placeById(place, job.id, attachLine(job), signal);
    store.showEarlier(job.id);
  };
  const draw = () => {
    const { lost } = store.connection;
    const going = store.isCancellingEarlier(job);
    const ended = isTerminal(job.stage);
    // Of one that ended by itself there is nothing to be said any more.
    node.hidden = ended && !asked && place.hidden !== false;
    // Of several each is named.
    const id = store.earlier.length > 1 ? `${job.id} ` : "";
    const words = sentence(job, going, store.now(), store.isHeard).replace("job of", `job ${id}of`);
    setText(text, words);
    // Time and cost change every second: nobody wants to hear that.
    const news = words.replace(/ \(.*?\)/, "");
    if (!node.hidden) say(job.id + news, news);
    asking &&= !lost && !going && !ended;
    cancel.hidden = ended || going || asking;
    cancel.disabled = lost;
    toggle.disabled = lost && place.firstChild === null;
    if (asking && !sure.node.isConnected) cancel.after(sure.node);
    else if (!asking) {
      const focused = hasFocus(sure.node);
      sure.node.remove();
      if (focused) focusOn(toggle);
    }
  };
  return {
    node,
    show(now) {
      job = now;
      draw();
    },
  };
}

/** "The earlier job of this cell still runs (1:06, ~$0.02)."; it "may", as of then, while nobody is heard of it. */
export function sentence(job: EarlierJob, going: boolean, now: number, isHeard = true): string {
  if (isTerminal(job.stage)) return `The earlier job of this cell has ended: ${STAGE_TEXT[job.stage]}.`;
  if (going) return "The earlier job of this cell: cancelling…";
  const seconds = job.started_at === null ? null : Math.max(0, now - job.started_at);
  const price = job.local ? "free" : job.usd_per_minute === null ? "cost unknown" : null;
  const cost = price ?? money(((job.usd_per_minute ?? 0) * (seconds ?? 0)) / 60);
  const [does, facts] =
    seconds === null ? ["has not started yet", ""] : ["still runs", ` (${duration(seconds)}, ${cost})`];
  const error = job.error === "" ? "" : ` It could not be cancelled: ${job.error}`;
  return `The earlier job of this cell ${isHeard ? does : "may still run"}${facts}.${error}`;
}
