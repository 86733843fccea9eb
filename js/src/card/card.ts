/** The job card: header, a bar for what went wrong, and the tabs. */

import type { Host } from "@anywidget/types";
import { isTerminal } from "../kernel/protocol.ts";
import { announcer } from "../ui/announce.ts";
import { ring } from "../ui/bell.ts";
import { button } from "../ui/button.ts";
import { placeCard } from "../ui/card_place.ts";
import { clock, connectionBar } from "../ui/connection_bar.ts";
import { h, setText } from "../ui/dom.ts";
import { jobName, whyFailed } from "../ui/format.ts";
import { isCommand, keepUsedKeys } from "../ui/keys.ts";
import { message } from "../ui/message.ts";
import { presence } from "../ui/presence.ts";
import { STAGE_TEXT } from "../ui/stage.ts";
import { followTheme } from "../ui/theme.ts";
import { onAbort } from "../ui/timing.ts";
import { detailsPanel } from "./details.ts";
import { earlierJobs } from "./earlier.ts";
import { filesPanel } from "./files.ts";
import { header } from "./header.ts";
import { logsPanel } from "./logs.ts";
import { metricsPanel } from "./metrics.ts";
import { outputsPanel } from "./outputs.ts";
import { type Page, TABS } from "./page.ts";
import { rerunForm } from "./rerun.ts";
import { scriptPanel } from "./script.ts";
import type { JobStore } from "./store.ts";
import { tabs } from "./tabs.ts";
import { attachLine, ways } from "./ways.ts";

export interface CardOptions {
  store: JobStore;
  page: Page;
  signal: AbortSignal;
  host?: Host | undefined;
}

export function card({ store, page, signal, host }: CardOptions): HTMLElement {
  let recolor = () => {};
  let find = () => {};
  let toOutput = (_number: number) => {};
  page.tab ??= store.outputs.items.length > 0 ? "Output" : "Logs";
  const body = tabs({
    names: TABS,
    selected: page.tab,
    build: {
      Output: () => {
        const panel = outputsPanel(store, signal);
        toOutput = panel.reveal;
        return panel;
      },
      Logs: () => {
        const panel = logsPanel(store, page, signal, (number) => {
          body.select("Output", true);
          toOutput(number);
        });
        find = panel.find;
        return panel;
      },
      Metrics: () => {
        const panel = metricsPanel(store, page, signal);
        recolor = panel.recolor;
        return panel;
      },
      Files: () => filesPanel(store, signal),
      Script: () => scriptPanel(store, signal),
      Details: () => detailsPanel(store, signal),
    },
    onSelect: (name) => (page.tab = name),
    signal,
  });
  store.watch(["outputs"], signal, () => {
    const { length } = store.outputs.items;
    body.offer("Output", length > 0);
    body.count("Output", length > 1 ? String(length) : "");
  });
  store.watch(["out_dir"], signal, () => body.offer("Files", store.outDir !== ""));
  const toggle = button({
    label: "",
    icon: "chevron",
    class: "hfj-collapse",
    signal,
    onClick: () => collapse(!page.collapsed),
  });
  const rerun = rerunForm(store, page, signal, () => collapse(true));
  const size = h("p", { class: "hfj-note hfj-size" });
  store.watch(["right_size"], signal, () => setText(size, store.rightSize));
  const node = h(
    "section",
    { class: "hfj" },
    header({ store, signal, toggle, rerun: rerun.opener }),
    rerun.node,
    connectionBar(store, signal, () => ways(store)),
    earlierJobs(store, signal),
    idleNote(store, signal),
    messages(store, signal),
    body.node,
    size,
  );
  node.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "/" || isCommand(event) || page.collapsed) return;
      if (event.target instanceof HTMLInputElement || page.tab !== "Logs") return;
      event.preventDefault();
      event.stopPropagation();
      find();
    },
    { signal },
  );
  store.watch(["job"], signal, () => node.setAttribute("aria-label", `Job ${jobName(store.job)}`));
  const collapse = (on: boolean) => {
    page.collapsed = on;
    node.classList.toggle("hfj-collapsed", on);
    toggle.setAttribute("aria-expanded", String(!on));
    toggle.title = on ? "Show the job" : "Show only this line";
    toggle.setAttribute("aria-label", toggle.title);
    body.node.hidden = on;
    if (!on) body.shown();
  };
  collapse(page.collapsed);
  keepUsedKeys(node, signal);
  followTheme(node, signal, () => recolor());
  presence(store, signal);
  sayEnd(store, signal);
  whenVisible(node, signal, () => !page.collapsed && body.shown());
  return h("div", {}, node, cardsBelow(store, signal, host));
}

/** Cards of jobs that were started from this one. */
function cardsBelow(store: JobStore, signal: AbortSignal, host: Host | undefined): HTMLElement {
  const node = h("div");
  store.watch(["again"], signal, () => {
    for (const [id, reference] of store.again.slice(node.childElementCount)) {
      const holder = h("div", { class: "hfj-below" });
      node.append(holder);
      const line = attachLine({ id, local: store.job.local });
      placeCard({ holder, host, reference, job: id, line, miss: () => store.miss(id) }, signal);
    }
  });
  return node;
}

/** What the job ended with, and what the kernel has to say. */
function messages(store: JobStore, signal: AbortSignal): HTMLElement {
  const [failure, notice] = [message("failure"), message("notice")];
  // The end of a job is announced once, by name.
  failure.node.removeAttribute("role");
  store.watch(["job", "notice"], signal, () => {
    failure.show(whyFailed(store.job));
    notice.show(store.notice);
  });
  return h("div", { class: "hfj-messages" }, failure.node, notice.node);
}

/** That it does nothing and will be cancelled, whether the card is folded or not, and the way to keep it. */
function idleNote(store: JobStore, signal: AbortSignal): HTMLElement {
  const note = message("notice");
  const keep = button({ label: "Keep", title: "Let it run on, however idle", signal, onClick: () => store.keep() });
  note.node.append(keep);
  store.watch(["idle"], signal, () => {
    const [now, { idle }] = [store.now(), store];
    keep.disabled = store.connection.lost;
    note.show(idle ? `Idle since ${clock(idle.since, now)}: will be cancelled at ${clock(idle.until, now)}` : "");
  });
  return note.node;
}

/** Say the end of a job, to a screen reader and to who is away: once, and not of a job that had ended before. */
function sayEnd(store: JobStore, signal: AbortSignal): void {
  const say = announcer();
  let said = store.hasEnded;
  store.watch(["job", "stream"], signal, () => {
    const { job, stream } = store;
    // Why a job failed comes a moment after its end.
    const known = job.stage !== "ERROR" || job.failure !== null || stream === "complete" || stream === "stopped";
    if (said || !isTerminal(job.stage) || !known) return;
    said = true;
    const end = `Job ${jobName(job)}: ${STAGE_TEXT[job.stage]}`;
    say(store.twin, [end, whyFailed(job)].filter(Boolean).join(". "));
    ring(store.twin, end, whyFailed(job));
  });
}

/** Views draw only what has a size; a host may put the card into the page, or show it, at any later time. */
function whenVisible(node: HTMLElement, signal: AbortSignal, shown: () => void): void {
  let visible = false;
  const observer = new ResizeObserver(([entry]) => {
    const now = (entry?.contentRect.width ?? 0) > 0;
    if (now && !visible) shown();
    visible = now;
  });
  observer.observe(node);
  onAbort(signal, () => observer.disconnect());
}
