/** What the kernel says to the card of a scheduled job and hears of it; see widgets/scheduled.py. */

import { STAGES, type Stage } from "../kernel/protocol.ts";
import { fields, maybeNumber, maybeText, oneOf, text } from "../kernel/raw.ts";
import type { Common } from "../kernel/synced.ts";

export type Verb = "suspend" | "resume" | "trigger" | "delete";

export type ToKernel = Common | { type: "refresh" } | { type: Verb };

/** As `trait` of hfjobs_magic/views/scheduled.py writes it. */
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
  /** The kernel's clock when this was sent. */
  now: number | null;
}

/** The job that it started last, or that Trigger did. */
export interface Run {
  id: string;
  stage: Stage;
  url: string | null;
  /** When it was started. */
  at: number | null;
}

export function readScheduled(raw: unknown): Scheduled {
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
    now: maybeNumber(f.now),
  };
}

export function readRun(raw: unknown): Run | null {
  const f = fields(raw);
  return text(f.id) === ""
    ? null
    : { id: text(f.id), stage: oneOf(f.stage, STAGES, "SCHEDULING"), url: maybeText(f.url), at: maybeNumber(f.at) };
}
