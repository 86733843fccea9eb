/** The card of a scheduled job: when it starts jobs, the next and the last of them, and what can be done. */

import type { PageLinks } from "../kernel/page_links.ts";
import { connectionBar, type Ways } from "../ui/connection_bar.ts";
import { copyButton } from "../ui/copy.ts";
import { h, setText } from "../ui/dom.ts";
import { duration } from "../ui/format.ts";
import { icon } from "../ui/icons.ts";
import { openJobPages, showJobLink } from "../ui/job_link.ts";
import { keepUsedKeys } from "../ui/keys.ts";
import { message } from "../ui/message.ts";
import { presence } from "../ui/presence.ts";
import { pill, showPill, showStage } from "../ui/stage.ts";
import { followTheme } from "../ui/theme.ts";
import { every, onAbort } from "../ui/timing.ts";
import { actions } from "./actions.ts";
import type { Run, Scheduled } from "./readers.ts";
import type { ScheduledStore } from "./store.ts";

/** Milliseconds between two looks while the card is seen; the kernel asks the Hub no oftener than it wants to. */
const LOOK_MS = 15_000;
/** Seconds after the time of a run when its job is likely to be there. */
const DUE_S = 2;

export interface ScheduledOptions {
  store: ScheduledStore;
  signal: AbortSignal;
}

export function scheduled({ store, signal }: ScheduledOptions): HTMLElement {
  const notice = message("notice");
  const { node, said } = actions(store, signal);
  const [head, next] = [header(store, signal), nextRun(store, signal)];
  const facts = h("span", { class: "hfj-facts" }, said, next.soon, head.price);
  const card = h(
    "section",
    { class: "hfj hfj-scheduled", "aria-label": "Scheduled job" },
    h("div", { class: "hfj-header" }, ...head.nodes, facts, node),
    connectionBar(store, signal, () => ways(store)),
    notice.node,
    h("div", { class: "hfj-body" }, details(store, signal, next.at)),
  );
  store.watch(["notice"], signal, () => notice.show(store.notice));
  keepUsedKeys(card, signal);
  followTheme(card, signal, () => {});
  presence(store, signal);
  whileSeen(card, signal, () => store.refresh());
  return card;
}

function ways({ job }: ScheduledStore): Ways | null {
  if (job.deleted) return null;
  const local = job.local ? " --local" : "";
  return {
    what: job.suspended ? "" : "the schedule may still start jobs",
    unconfirmed: "What was asked for last was not confirmed.",
    line: `%hfjobs scheduled attach ${job.id}${local}`,
    cancel: job.local ? `%hfjobs scheduled delete ${job.id}${local}` : `hf jobs scheduled delete ${job.id}`,
  };
}

function header(store: ScheduledStore, signal: AbortSignal): { nodes: HTMLElement[]; price: HTMLElement } {
  const status = pill();
  const name = h("span", { class: "hfj-name" });
  const hardware = h("span", { class: "hfj-hardware hfj-muted" });
  const price = h("span", { class: "hfj-chip" });
  store.watch(["job"], signal, () => {
    const { job } = store;
    if (job.deleted) showPill(status, "Deleted", "DELETED", "");
    else if (job.suspended) showPill(status, "Suspended", "pause", "SCHEDULING");
    else showPill(status, "Scheduled", "SCHEDULING", "RUNNING");
    setText(name, job.name);
    name.title = `${job.name} · ${job.id}`;
    setText(hardware, [job.flavor, job.hardware].filter(Boolean).join(" · "));
    setText(price, priceText(job));
    price.title = job.local ? "Runs on this machine" : "The most that one run can cost: price x timeout x attempts";
    price.hidden = price.textContent === "" || job.deleted;
  });
  return { nodes: [status, name, hardware], price };
}

function priceText({ local, most_usd }: Scheduled): string {
  if (local) return "free · local";
  return most_usd === null ? "" : `at most $${most_usd.toFixed(most_usd < 0.1 ? 4 : 2)} a run`;
}

/** When it starts the next job: how long until then, and the time. */
function nextRun(store: ScheduledStore, signal: AbortSignal): { soon: HTMLElement; at: HTMLElement } {
  const soon = h("span");
  const at = h("dd");
  let looked = 0;
  const tick = () => {
    const { deleted, suspended, next_at } = store.job;
    const left = next_at === null ? null : next_at - store.now();
    // Something that is being done takes the place of the time: nothing beside it moves away.
    const waits = left === null || store.doing.verb !== "";
    setText(soon, waits ? "" : left > 0 ? `next in ${duration(left)}` : "due now");
    setText(
      at,
      deleted ? "none: it was deleted" : suspended ? "none while it is suspended" : moment(next_at) || "not known",
    );
    at.title = next_at === null ? "" : `${new Date(next_at * 1000).toLocaleString()}, your time`;
    // Only once for each run: the kernel may be busy for long.
    if (next_at === null || left === null || left >= -DUE_S || looked === next_at) return;
    looked = next_at;
    store.refresh();
  };
  store.watch(["job", "busy"], signal, tick);
  every(1000, signal, tick);
  return { soon, at };
}

function details(store: ScheduledStore, signal: AbortSignal, next: HTMLElement): HTMLElement {
  const node = h("dl", { class: "hfj-details" });
  let drawn = "";
  store.watch(["job", "last"], signal, () => {
    const { job, last } = store;
    // Only what changed is drawn anew: the reader may be about to click there.
    const draw = JSON.stringify([job.words, job.schedule, job.local, last]);
    if (draw === drawn) return;
    drawn = draw;
    const expression = job.words === job.schedule ? null : h("code", {}, job.schedule);
    node.replaceChildren(
      h("dt", {}, "Schedule"),
      h("dd", {}, h("span", {}, job.words), expression),
      h("dt", {}, "Next run"),
      next,
      h("dt", {}, "Last run"),
      h("dd", {}, ...lastRun(job, last, store.pages, signal)),
    );
  });
  return node;
}

const moment = (seconds: number | null): string =>
  seconds === null ? "" : `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** The job, and the way to its card. */
function lastRun(job: Scheduled, run: Run | null, pages: PageLinks, signal: AbortSignal): (Node | null)[] {
  if (run === null) return [h("span", { class: "hfj-muted" }, "none yet")];
  const command = `%hfjobs attach ${run.id}${job.local ? " --local" : ""}`;
  const stage = pill();
  showStage(stage, run.stage);
  const text = job.local ? "Open" : "Open on the Hub";
  const link = h("a", { target: "_blank", rel: "noopener noreferrer" }, text, icon("external"));
  showJobLink(link, { ...run, local: job.local }, `${text}: ${job.name}, last run`);
  openJobPages(link, pages, signal);
  const title = `Copy \u201c${command}\u201d: in a cell it shows the job's card`;
  return [
    stage,
    h("span", {}, moment(run.at)),
    h("code", {}, run.id),
    h("span", { class: "hfj-link" }, link),
    copyButton(signal, title, async () => command, "Copy command"),
  ];
}

/** Call `look` when the card comes into view, and now and then while it is there. */
function whileSeen(node: HTMLElement, signal: AbortSignal, look: () => void): void {
  let seen = false;
  const again = () => seen && !document.hidden && look();
  const observer = new IntersectionObserver(([entry]) => {
    const now = entry?.isIntersecting ?? false;
    if (now && !seen) queueMicrotask(again);
    seen = now;
  });
  observer.observe(node);
  document.addEventListener("visibilitychange", again, { signal });
  every(LOOK_MS, signal, again);
  onAbort(signal, () => observer.disconnect());
}
