/** Synced state of a scheduled job: what the kernel last said, shared by all views of its model. */

import { STAGES, type Stage } from "../kernel/protocol.ts";
import { fields, maybeNumber, maybeText, oneOf, text } from "../kernel/raw.ts";
import { onAbort } from "../ui/dom.ts";

export type Verb = "suspend" | "resume" | "trigger" | "delete";

/** Mirrors `trait` of hfjobs_magic/views/scheduled.py. */
export interface Scheduled {
  id: string;
  name: string;
  /** The cron expression, in UTC. */
  schedule: string;
  /** The same in words, or as it is. */
  words: string;
  suspended: boolean;
  deleted: boolean;
  flavor: string;
  hardware: string | null;
  local: boolean;
  /** What one run can cost, US dollars; null when unknown, and for free local jobs. */
  most_usd: number | null;
  /** Seconds since the epoch; so are all times. */
  next_at: number | null;
}

/** The job that it started last, or that Trigger did. */
export interface Run {
  id: string;
  stage: Stage;
  url: string | null;
  /** When it was started. */
  at: number | null;
}

export const TOPICS = ["job", "last", "busy", "notice"] as const;
export type Topic = (typeof TOPICS)[number];

function readScheduled(raw: unknown): Scheduled {
  const f = fields(raw);
  return {
    id: text(f.id),
    name: text(f.name) || text(f.id),
    schedule: text(f.schedule),
    words: text(f.words) || text(f.schedule),
    suspended: f.suspended === true,
    deleted: f.deleted === true,
    flavor: text(f.flavor),
    hardware: maybeText(f.hardware),
    local: f.local === true,
    most_usd: maybeNumber(f.most_usd),
    next_at: maybeNumber(f.next_at),
  };
}

function readRun(raw: unknown): Run | null {
  const f = fields(raw);
  return text(f.id) === ""
    ? null
    : { id: text(f.id), stage: oneOf(f.stage, STAGES, "SCHEDULING"), url: maybeText(f.url), at: maybeNumber(f.at) };
}

export class ScheduledStore {
  job = readScheduled(null);
  last: Run | null = null;
  notice = "";
  /** What the kernel is at; empty when nothing. */
  #busy = "";
  /** What was clicked here; a busy kernel takes it up only later. */
  #asked = "";
  #skew = 0;
  #listeners = new Set<() => void>();

  constructor(
    private readonly send: (message: object) => void,
    private readonly pageNow: () => number = () => Date.now() / 1000,
  ) {}

  /** What is under way, and whether the kernel has heard of it. */
  get doing(): { verb: string; heard: boolean } {
    return { verb: this.#busy || this.#asked, heard: this.#asked === "" };
  }

  /** The kernel's clock, carried on by the page's. */
  now(): number {
    return this.pageNow() + this.#skew;
  }

  set(topic: Topic, raw: unknown, fresh = true): void {
    if (topic === "job") {
      this.job = readScheduled(raw);
      const sent = maybeNumber(fields(raw).now);
      // A stored value that lies behind the page's clock is most likely old, not a sign of two clocks that differ.
      if (sent !== null) this.#skew = fresh ? sent - this.pageNow() : Math.max(0, sent - this.pageNow());
    } else if (topic === "last") {
      this.last = readRun(raw);
    } else if (topic === "notice") {
      this.notice = text(raw);
    } else {
      // A word found in the model is of a kernel that may be gone.
      this.#busy = fresh ? text(raw) : "";
      if (fresh) this.#asked = "";
    }
    this.#emit();
  }

  receive(): void {}

  /** Ask the kernel to look at the Hub; it does so as often as is good for it. */
  refresh(): void {
    if (!this.job.deleted) this.send({ type: "refresh" });
  }

  act(verb: Verb): void {
    if (this.doing.verb !== "") return;
    this.#asked = verb;
    this.send({ type: verb });
    this.#emit();
  }

  #emit(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Call `listener` now and after each change, until the signal. */
  watch(signal: AbortSignal, listener: () => void): void {
    this.#listeners.add(listener);
    onAbort(signal, () => this.#listeners.delete(listener));
    listener();
  }
}
