/** The card of a scheduled job: when it starts jobs, the next and the last of them, and what can be done. */
import { STAGE_TEXT } from "../card/header.ts";
import { copyButton } from "../ui/copy.ts";
import { button, h, icon, onAbort, setText } from "../ui/dom.ts";
import { duration, safeUrl } from "../ui/format.ts";
import { question } from "../ui/question.ts";
import { followTheme } from "../ui/theme.ts";
import type { Run, Scheduled, ScheduledStore, Verb } from "./store.ts";

/** Milliseconds between two looks while the card is seen; the kernel asks the Hub no oftener than it wants to. */
const LOOK_MS = 15_000;
/** Seconds after the time of a run when its job is likely to be there. */
const DUE_S = 2;
/** Milliseconds in which a kernel that is free, or has a subshell, says that it heard. */
const HEARD_MS = 1500;

const DOING: Record<Verb, string> = {
  suspend: "suspending…",
  resume: "resuming…",
  trigger: "starting a job…",
  delete: "deleting…",
};

const STATUS = (job: Scheduled) =>
  job.deleted
    ? (["Deleted", "", "DELETED"] as const)
    : job.suspended
      ? (["Suspended", "SCHEDULING", "pause"] as const)
      : (["Scheduled", "RUNNING", "SCHEDULING"] as const);

export interface ScheduledOptions {
  store: ScheduledStore;
  signal: AbortSignal;
}

export function scheduled({ store, signal }: ScheduledOptions): HTMLElement {
  const pill = h("span", { class: "hfj-pill" });
  const name = h("span", { class: "hfj-name" });
  const hardware = h("span", { class: "hfj-hardware hfj-muted" });
  const next = h("span");
  const price = h("span", { class: "hfj-chip" });
  const notice = h("p", { class: "hfj-message hfj-notice", role: "status" }, icon("alert"), h("span"));
  const rows = h("dl", { class: "hfj-details" });
  const upcoming = h("dd");
  let drawn = "";

  const show = () => {
    const { job } = store;
    const [status, color, picture] = STATUS(job);
    if (pill.textContent !== status) {
      pill.dataset.stage = color;
      pill.replaceChildren(icon(picture), status);
    }
    setText(name, job.name);
    name.title = `${job.name} · ${job.id}`;
    setText(hardware, [job.flavor, job.hardware].filter(Boolean).join(" · "));
    setText(
      price,
      job.local
        ? "free · local"
        : job.most_usd === null
          ? ""
          : `at most $${job.most_usd.toFixed(job.most_usd < 0.1 ? 4 : 2)} a run`,
    );
    price.title = job.local ? "Runs on this machine" : "The most that one run can cost: price x timeout x attempts";
    price.hidden = price.textContent === "" || job.deleted;
    notice.hidden = store.notice === "";
    setText(notice.lastElementChild as Element, store.notice);
    // Only what changed is drawn anew: the reader may be about to click there.
    const draw = JSON.stringify([job.words, job.schedule, job.local, store.last]);
    if (draw !== drawn) {
      drawn = draw;
      rows.replaceChildren(
        h("dt", {}, "Schedule"),
        h("dd", {}, h("span", {}, job.words), job.words === job.schedule ? null : h("code", {}, job.schedule)),
        h("dt", {}, "Next run"),
        upcoming,
        h("dt", {}, "Last run"),
        h("dd", {}, ...lastRun(job, store.last, signal)),
      );
    }
    tick();
  };
  let looked = 0;
  const tick = () => {
    const { job } = store;
    const left = job.next_at === null ? null : job.next_at - store.now();
    // Something that is being done takes the place of the time: nothing beside it moves away.
    setText(next, left === null || store.doing.verb ? "" : left > 0 ? `next in ${duration(left)}` : "due now");
    setText(
      upcoming,
      job.deleted
        ? "none: it was deleted"
        : job.suspended
          ? "none while it is suspended"
          : moment(job.next_at) || "not known",
    );
    upcoming.title = job.next_at === null ? "" : `${new Date(job.next_at * 1000).toLocaleString()}, your time`;
    // Only once for each run: the kernel may be busy for long.
    if (left !== null && left < -DUE_S && looked !== job.next_at) {
      looked = job.next_at ?? 0;
      store.refresh();
    }
  };
  const { node, said } = actions(store, signal);
  const card = h(
    "section",
    { class: "hfj hfj-scheduled", "aria-label": "Scheduled job" },
    h("div", { class: "hfj-header" }, pill, name, hardware, h("span", { class: "hfj-facts" }, said, next, price), node),
    notice,
    h("div", { class: "hfj-body" }, rows),
  );
  store.watch(signal, show);
  const timer = setInterval(tick, 1000);
  onAbort(signal, () => clearInterval(timer));
  followTheme(card, signal, () => {});
  whileSeen(card, signal, () => store.refresh());
  return card;
}

const moment = (seconds: number | null): string =>
  seconds === null ? "" : `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** The job, and the way to its card. */
function lastRun(job: Scheduled, run: Run | null, signal: AbortSignal): (Node | null)[] {
  if (run === null) return [h("span", { class: "hfj-muted" }, "none yet")];
  const command = `%hfjobs attach ${run.id}${job.local ? " --local" : ""}`;
  const url = safeUrl(run.url);
  return [
    h("span", { class: "hfj-pill", "data-stage": run.stage }, icon(run.stage), STAGE_TEXT[run.stage]),
    h("span", {}, moment(run.at)),
    h("code", {}, run.id),
    url === null
      ? null
      : h(
          "span",
          { class: "hfj-link" },
          h(
            "a",
            { href: url, target: "_blank", rel: "noopener noreferrer" },
            job.local ? "Open" : "Open on the Hub",
            icon("external"),
          ),
        ),
    copyButton(
      signal,
      `Copy \u201c${command}\u201d: in a cell it shows the job's card`,
      async () => command,
      "Copy command",
    ),
  ];
}

/** What can be done, and a word on what is being done. */
function actions(store: ScheduledStore, signal: AbortSignal): { node: HTMLElement; said: HTMLElement } {
  let asking = false;
  let late = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // The buttons stay while the kernel is at it, so that the keyboard's focus does, too.
  const toggle = button({
    label: "",
    class: "hfj-act",
    signal,
    onClick: () => store.act(store.job.suspended ? "resume" : "suspend"),
  });
  const trigger = button({
    label: "Trigger",
    title: "Start a job now; the schedule stays as it is",
    class: "hfj-act",
    signal,
    onClick: () => store.act("trigger"),
  });
  const remove = button({
    label: "Delete",
    title: "Forget this schedule; jobs that it started go on",
    class: "hfj-cancel",
    signal,
    onClick: () => store.doing.verb || turn(true),
  });
  const buttons = [toggle, trigger, remove];
  const sure = question(signal, (yes) => {
    turn(false);
    if (yes) store.act("delete");
  });
  const said = h("span", { class: "hfj-muted hfj-going", role: "status" });
  const node = h("span", { class: "hfj-actions" });
  const show = () => {
    const { verb, heard } = store.doing;
    if (heard) {
      clearTimeout(timer);
      timer = undefined;
      late = false;
    } else {
      timer ??= setTimeout(() => {
        late = !store.doing.heard;
        show();
      }, HEARD_MS);
    }
    setText(said, late ? "will be sent when the kernel is free" : (DOING[verb as Verb] ?? ""));
    const { deleted, suspended } = store.job;
    setText(toggle.lastElementChild as Element, suspended ? "Resume" : "Suspend");
    toggle.title = suspended ? "Go on with the schedule" : "Start no more jobs until it is resumed";
    for (const one of buttons) one.setAttribute("aria-disabled", String(verb !== ""));
    const shown = deleted ? [] : asking ? [sure.node] : buttons;
    // The same nodes put in again would lose the focus.
    if (node.firstChild !== (shown[0] ?? null)) node.replaceChildren(...shown);
  };
  const turn = (on: boolean) => {
    asking = on;
    show();
    if (on) sure.ask("Delete schedule?", "Keep");
    else remove.focus({ preventScroll: true });
  };
  onAbort(signal, () => clearTimeout(timer));
  store.watch(signal, show);
  return { node, said };
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
  const timer = setInterval(again, LOOK_MS);
  onAbort(signal, () => {
    clearInterval(timer);
    observer.disconnect();
  });
}
