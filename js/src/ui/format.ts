/** Numbers as people read them; every function is pure and its output has a stable width where it ticks. */
import { isTerminal, type Job, type Progress } from "../kernel/protocol.ts";

const COUNT = new Intl.NumberFormat("en-US");

export const count = (n: number): string => COUNT.format(n);

export const plural = (n: number, noun: string): string => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;

/** 3 s, 1:23, 1:02:03, 2 d 03:04:05. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  const two = (n: number) => String(n).padStart(2, "0");
  const [days, hours, minutes] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
  if (days > 0) return `${days} d ${two(hours)}:${two(minutes)}:${two(s % 60)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** Dollars with the digits that matter at that size: ~$0.012, ~$1.24, ~$124; what is not nothing is never ~$0.000. */
export function money(usd: number): string {
  if (usd > 0 && usd < 0.0005) return "<$0.001";
  const digits = usd < 1 ? 3 : usd < 100 ? 2 : 0;
  return `~$${usd.toFixed(digits)}`;
}

/** Binary units, three figures: 512 B, 1.95 GB. The Hub sells "16 GB" of 2^30 bytes, so do we. */
export const bytes = (n: number): string => scaled(n, 1024);

/** The size of a file, in decimal units. */
export const fileSize = (n: number): string => scaled(n, 1000);

function scaled(n: number, base: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let power = 0;
  let value = n;
  // 999.5 and not 1024, so that no unit ever needs four figures.
  while (Math.abs(value) >= 999.5 && power < units.length - 1) {
    value /= base;
    power += 1;
  }
  const digits = power === 0 || Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[power]}`;
}

/** The same at an axis, where ticks are round: 16 GB, not 16.0 GB. */
export const tick = (n: number, unit: (n: number) => string): string =>
  unit(n).replace(/(\.\d*?)0+(?= )/, (_, decimals: string) => (decimals === "." ? "" : decimals));

export const rate = (bytesPerSecond: number): string => `${bytes(bytesPerSecond)}/s`;

const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 4 });

const WHOLE = new Intl.NumberFormat("en-US");

/** A count at an axis of ticks that are `step` from one another: 250, 1.5K, 12.5M, and 370,010 beside 370,020. */
export const compact = (n: number, step = 0): string => (digitsAt(n, step) > 4 ? WHOLE.format(n) : COMPACT.format(n));

/** Digits that tell ticks apart that are `step` from one another. */
const digitsAt = (n: number, step: number): number =>
  n === 0 || step === 0 ? 1 : Math.floor(Math.log10(Math.abs(n))) - Math.floor(Math.log10(Math.abs(step))) + 1;

/** A metric of any size: 0.4312, 12.5, 3.2e-5. */
export function significant(n: number, digits = 4): string {
  const size = Math.abs(n);
  if (n !== 0 && (size < 1e-3 || size >= 1e6))
    return n
      .toExponential(digits - 1)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  return String(Number(n.toPrecision(digits)));
}

/** The same at an axis, with as many digits as tell ticks apart that are `step` from one another. */
export function significantTick(n: number, step: number): string {
  return significant(n, Math.min(Math.max(digitsAt(n, step), 4), 12));
}

export const percent = (n: number): string => `${n < 9.95 ? n.toFixed(1) : n.toFixed(0)} %`;

/** Seconds the job has run at `now`, or null before it started. */
export function ranFor(job: Job, now: number): number | null {
  if (job.started_at === null) return null;
  return Math.max(0, (job.finished_at ?? now) - job.started_at);
}

export const jobName = ({ name, id }: Job): string => name || id || "job";

/** Why a job failed, as far as the kernel knows; empty for a job that did not. */
export const whyFailed = ({ stage, failure, message }: Job): string =>
  stage === "ERROR" ? failure?.words || (message ?? "") : "";

/** The times of the header: "queued 3 s", "running 1:23", "ran 2:05 · queued 3 s". */
export function times(job: Job, now: number): string {
  const ran = ranFor(job, now);
  const until = job.started_at ?? job.finished_at ?? now;
  const queued = job.created_at === null ? null : `queued ${duration(until - job.created_at)}`;
  if (ran === null) return queued ?? "";
  // An end that the kernel does not know yet must not tick on.
  if (isTerminal(job.stage) && job.finished_at === null) return queued ?? "";
  if (job.stage === "RUNNING") return `running ${duration(ran)}`;
  return [`ran ${duration(ran)}`, queued].filter(Boolean).join(" · ");
}

/** Characters of a bar's label beside how far it is. */
const LABEL_CHARS = 16;

/** Of so few that are counted one sees more in "3/30" than in "10 %". */
const FEW = 100;

/** How far a progress bar is, and what is left of it since: "epochs · 3/30 · 0:49 left · 1.1 s/it"; the end may go. */
export function progressText({ label, n, total, fraction, rate, unit, eta_s, at }: Progress, now: number): string {
  const pace =
    rate === null || rate <= 0
      ? null
      : rate < 1
        ? `${(1 / rate).toFixed(1)} s/${unit}`
        : `${rate < 99.95 ? rate.toFixed(1) : count(Math.round(rate))} ${unit}/s`;
  const rest = eta_s === null || fraction === 1 ? 0 : eta_s - Math.max(0, now - (at ?? now));
  const left = rest > 0 ? `${duration(rest)} left` : null;
  const isFew = total !== null && total <= FEW && Number.isInteger(n) && unit !== "%";
  const done = fraction === null ? `${count(n)} ${unit}` : isFew ? `${n}/${total}` : `${Math.floor(fraction * 100)} %`;
  const name = label.length > LABEL_CHARS ? `${label.slice(0, LABEL_CHARS - 1).trimEnd()}…` : label;
  return [name, done, left, pace].filter(Boolean).join(" · ");
}

/** Cost so far, or null when there is no price or nothing has run. */
export function cost(job: Job, now: number): string | null {
  const ran = ranFor(job, now);
  if (job.usd_per_minute === null || ran === null) return null;
  if (isTerminal(job.stage) && job.finished_at === null) return null;
  return money((job.usd_per_minute * ran) / 60);
}

/** The address when it is one that a link may have: http and https, nothing that runs. */
export function safeUrl(raw: string | null): string | null {
  if (raw === null) return null;
  try {
    const url = new URL(raw);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

/** A file name made of the job's name: letters, digits, dots, dashes. */
export function fileName(job: Job, extension: string): string {
  const stem = (job.name || job.id || "job").replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "");
  return `${stem.slice(0, 80) || "job"}.${extension}`;
}
