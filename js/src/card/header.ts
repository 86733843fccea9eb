/** The one line that says how the job is: stage, name, hardware, time, cost, and what can be done. */

import { isTerminal, type Job, type Stream, type StreamNote } from "../kernel/protocol.ts";
import { bell } from "../ui/bell.ts";
import { LINK_TEXT } from "../ui/connection_bar.ts";
import { h, setText } from "../ui/dom.ts";
import { cost, count, duration, jobName, plural, progressText, times, whyFailed } from "../ui/format.ts";
import { icon } from "../ui/icons.ts";
import { openJobPages, showJobLink } from "../ui/job_link.ts";
import { pill, showStage } from "../ui/stage.ts";
import { every } from "../ui/timing.ts";
import { cancelControl } from "./cancel.ts";
import type { JobStore } from "./store.ts";

const STREAM_TEXT: Record<Stream, [text: string, title: string]> = {
  connecting: ["connecting", "Opening the job's log"],
  live: ["live", "Log lines arrive as the job prints them"],
  reconnecting: ["reconnecting", "The log was cut off and is opened again; no line is lost"],
  complete: ["complete", "Every line of the job is here"],
  stopped: ["log stopped", "The log is not followed; the job does not depend on it"],
};

export interface HeaderOptions {
  store: JobStore;
  signal: AbortSignal;
  toggle: HTMLElement;
  /** Runs the job again. */
  rerun: HTMLElement;
}

export function header({ store, signal, toggle, rerun }: HeaderOptions): HTMLElement {
  const stage = pill();
  const name = h("span", { class: "hfj-name" });
  const hardware = h("span", { class: "hfj-hardware hfj-muted" });
  const why = h("span", { class: "hfj-why" });
  const time = h("span", { class: "hfj-time" });
  const price = h("span", { class: "hfj-cost" });
  const stream = h("span", { class: "hfj-stream hfj-muted" });
  const linked = h("span", { class: "hfj-label" });
  const ringer = bell(signal);
  const link = h("a", { target: "_blank", rel: "noopener noreferrer" }, linked, icon("external"));

  const progressed = h("span", { class: "hfj-progressed" });
  const fill = h("span");
  const bar = h(
    "span",
    { class: "hfj-progress", role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 },
    fill,
  );
  let shown: Stream = "connecting";
  let streamText = () => "";

  const tick = () => {
    setText(time, times(store.job, store.now()));
    setText(stream, streamText());
    if (!bar.hidden && store.progress) setText(progressed, progressText(store.progress, store.now()));
    setText(price, store.job.local ? "free · local" : (cost(store.job, store.now()) ?? ""));
  };
  const showJob = () => {
    const { job } = store;
    showStage(stage, job.stage);
    const title = jobName(job);
    setText(name, title);
    name.title = job.id ? `${title} · ${job.id}` : title;
    setText(hardware, hardwareText(job));
    hardware.title = hardwareText(job);
    why.title = job.stage === "SCHEDULING" ? (job.message ?? "") : whyFailed(job);
    why.dataset.stage = job.stage;
    setText(why, job.failure?.headline && job.stage === "ERROR" ? job.failure.headline : why.title);
    price.classList.toggle("hfj-chip", job.local);
    price.title = job.local ? "Runs on this machine" : costTitle(job);
    const open = job.local ? "Open" : "Open on the Hub";
    setText(linked, open);
    showJobLink(link, job, `${open}: ${title}`);
    ringer.hidden = isTerminal(job.stage);
    tick();
  };
  const showStream = () => {
    // Before the job runs there is no log to be connected to, and saying so would only worry.
    const quiet = store.job.stage === "SCHEDULING" && store.stream === "connecting";
    const done = store.hasEnded && store.stream === "live";
    shown = done ? "complete" : store.stream;
    const { missing, unreachable } = store.note;
    const { link } = store.connection;
    if (link !== "live" && !(store.isOver && store.hasEnded)) {
      stream.dataset.stream = link === "busy" ? "reconnecting" : "stopped";
      stream.classList.remove("hfj-warn");
      stream.title = LINK_TEXT[link][1];
      streamText = () => LINK_TEXT[link][0];
      setText(stream, streamText());
      return;
    }
    stream.dataset.stream = quiet ? "" : shown;
    stream.classList.toggle("hfj-warn", missing);
    stream.title = quiet ? "" : missing ? "The Hub did not send some lines; the log says where" : STREAM_TEXT[shown][1];
    if (unreachable && !store.hasEnded) {
      stream.dataset.stream = "reconnecting";
      stream.title = "It is asked again and again; no line is lost";
      streamText = () => (store.job.local ? "service unreachable" : "Hub unreachable");
    } else streamText = () => (quiet ? "" : withNote(shown, store.note, store.now()));
    setText(stream, streamText());
  };
  const showProgress = () => {
    const { progress } = store;
    // An ended job's bar that stands at 58 % says nothing any more.
    const on = progress !== null && !store.hasEnded;
    bar.hidden = !on;
    setText(progressed, on ? progressText(progress, store.now()) : "");
    if (!on) return;
    const { label, n, total, unit, fraction } = progress;
    progressed.title = [label, total === null ? `${count(n)} ${unit}` : `${count(n)} of ${count(total)} ${unit}`]
      .filter(Boolean)
      .join(" · ");
    bar.setAttribute("aria-valuetext", `${progressed.title}, ${progressText({ ...progress, label: "" }, store.now())}`);
    if (fraction === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(Math.floor(fraction * 100)));
    fill.style.transform = `scaleX(${fraction ?? 0})`;
  };
  store.watch(["job"], signal, showJob);
  store.watch(["stream", "stream_note", "job"], signal, showStream);
  store.watch(["progress", "job"], signal, showProgress);
  every(1000, signal, tick);
  openJobPages(link, store.pages, signal);
  return h(
    "div",
    { class: "hfj-header" },
    toggle,
    stage,
    name,
    hardware,
    why,
    h("span", { class: "hfj-facts" }, progressed, stream, time, price),
    h(
      "span",
      { class: "hfj-actions" },
      h("span", { class: "hfj-link" }, link),
      rerun,
      ringer,
      cancelControl(store, signal),
    ),
    bar,
  );
}

/** "reconnecting (3 s)", "complete, some lines missing". */
function withNote(stream: Stream, { retry_at, missing }: StreamNote, now: number): string {
  const [text] = STREAM_TEXT[stream];
  const wait = retry_at === null ? 0 : Math.ceil(retry_at - now);
  const when = stream === "reconnecting" && wait > 0 ? ` (${duration(wait)})` : "";
  return `${text}${when}${missing ? ", some lines missing" : ""}`;
}

/** A local job runs on this machine, whatever its flavor has. */
const hardwareText = (job: Job): string =>
  [job.local && job.hardware ? "" : job.flavor, job.hardware].filter(Boolean).join(" · ");

function costTitle(job: Job): string {
  if (job.usd_per_minute === null) return "";
  const rate = `$${(job.usd_per_minute * 60).toFixed(2)} per hour on ${job.flavor}`;
  return job.attempts > 1 ? `${rate}, ${plural(job.attempts, "attempt")}` : rate;
}
