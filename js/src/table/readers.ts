/** What the kernel says to a jobs table and hears of it: the mirror of hfjobs_magic/widgets/table.py. */

import type { Curve } from "../charts/overlay.ts";
import { STAGES, type Stage } from "../kernel/protocol.ts";
import { fields, list, maybeNumber, maybeText, oneOf, text } from "../kernel/raw.ts";
import type { Common } from "../kernel/synced.ts";

export interface JobRow {
  id: string;
  name: string;
  stage: Stage;
  message: string | null;
  flavor: string;
  url: string | null;
  owner: string;
  labels: string[];
  /** The number beside the cell that started it, of jobs of this notebook. */
  cell: string;
  /** Its number in a sweep, from 1; 0 for a job of none. */
  run: number;
  /** Of its parameters, and then of what it gave back, as text. */
  values: string[];
  /** It was there before the sweep, and costs nothing. */
  reused: boolean;
  created_at: number | null;
  started_at: number | null;
  finished_at: number | null;
  /** What typing is compared with. */
  words: string;
}

/** What a table knows of the sweep whose jobs it shows. */
export interface Sweep {
  id: string;
  runs: number;
  /** Names of what tells the runs apart. */
  parameters: string[];
  /** Those, and names of what comes back, each a column. */
  columns: string[];
  /** How wide they are, for the style sheet. */
  widths: string;
  /** The metric to begin with; empty for any. */
  metric: string;
}

/** What becomes of a sweep. */
export interface SweepStatus {
  /** Runs that have no job. */
  waiting: number;
  /** Why they get none; empty where they will. */
  stopped: string;
  /** A sentence for each kind of failure. */
  groups: string[];
  /** What they used of their hardware, and what would have been enough; empty while that is not known. */
  size: string;
  /** Runs that failed or were cancelled. */
  failed: number;
  /** Jobs that do nothing and will be cancelled: id, number of the run, and when. */
  idle: [string, number, number][];
  /** What starting those anew can cost at most; empty where that is free or unknown. */
  retry: string;
}

export type Prices = Record<string, number | null>;

export interface Status {
  now: number | null;
  /** When the list was last read, on the kernel's clock; null before. */
  seen_at: number | null;
  error: string;
  notice: string;
  cancelling: ReadonlySet<string>;
  watching: boolean;
  every_s: number;
  /** There are more jobs than the rows shown. */
  more: boolean;
  /** Most rows that are shown. */
  rows: number;
  /** What is said when there are none. */
  empty: string;
  sweep: SweepStatus;
}

export interface Place {
  /** Of the table itself, by which a page finds its twin. */
  id: string;
  namespace: string;
  local: boolean;
  prices: Prices;
  /** The line that shows it. */
  line: string;
  sweep: Sweep | null;
}

export type ToKernel =
  | Common
  | { type: "watch"; view: string; visible: boolean; seq: number }
  | { type: "cancel"; ids: string[] }
  | { type: "keep"; id: string }
  | { type: "rerun"; id: string }
  | { type: "card"; id: string }
  | { type: "compare"; ids: string[] }
  | { type: "sweep"; do: "cancel" | "retry" };

/** What the log of a job says of its training. */
export interface Curves {
  id: string;
  /** Why there is nothing; empty where all is well. */
  error: string;
  curves: Curve[];
  /** How far it is, in percent; 0 where nobody knows. */
  done: number;
}

/** Rows that changed; `seq` counts such messages. */
export interface Changes {
  seq: number;
  changed: JobRow[];
  gone: string[];
}

/** One row as the kernel sends it; null without an id, because nothing could be done with it. */
export function readRow(raw: unknown): JobRow | null {
  const f = fields(raw);
  const id = text(f.id);
  if (!/^[0-9a-f]{24}$/.test(id)) return null;
  const labels = Object.entries(fields(f.labels)).map(([key, value]) => `${key}=${text(value)}`);
  const row = {
    id,
    name: text(f.name) || id,
    stage: oneOf(f.stage, STAGES, "SCHEDULING"),
    message: maybeText(f.message),
    flavor: text(f.flavor),
    url: maybeText(f.url),
    owner: text(f.owner),
    labels,
    cell: text(f.cell),
    run: maybeNumber(f.run) ?? 0,
    values: list(f.values).map(text),
    reused: f.reused === true,
    created_at: maybeNumber(f.created_at),
    started_at: maybeNumber(f.started_at),
    finished_at: maybeNumber(f.finished_at),
  };
  return {
    ...row,
    words: [row.name, id, row.stage, row.flavor, row.owner, row.cell, ...row.values, ...labels].join(" ").toLowerCase(),
  };
}

export const readRows = (raw: unknown): JobRow[] => list(raw).flatMap((one) => readRow(one) ?? []);

export function readStatus(raw: unknown): Status {
  const f = fields(raw);
  return {
    now: maybeNumber(f.now),
    seen_at: maybeNumber(f.seen_at),
    error: text(f.error),
    notice: text(f.notice),
    cancelling: new Set(list(f.cancelling).map(text)),
    watching: f.watching === true,
    every_s: maybeNumber(f.every_s) ?? 5,
    more: f.more === true,
    rows: maybeNumber(f.rows) ?? 0,
    empty: text(f.empty),
    sweep: readSweepStatus(f.sweep),
  };
}

function readSweepStatus(raw: unknown): SweepStatus {
  const f = fields(raw);
  return {
    waiting: maybeNumber(f.waiting) ?? 0,
    stopped: text(f.stopped),
    groups: list(f.groups).map(text),
    size: text(f.size),
    failed: maybeNumber(f.failed) ?? 0,
    idle: list(f.idle).map((raw) => {
      const [id, run, until] = list(raw);
      return [text(id), maybeNumber(run) ?? 0, maybeNumber(until) ?? 0];
    }),
    retry: text(f.retry),
  };
}

function readSweep(raw: unknown): Sweep | null {
  const f = fields(raw);
  const id = text(f.id);
  const [parameters, outputs] = [f.parameters, f.outputs].map((raw) => list(raw).map(text)) as [string[], string[]];
  const columns = [...parameters, ...outputs];
  const chars = list(f.widths).map(maybeNumber);
  const widths = columns
    .map((_, i) => `minmax(var(--hfj-w-value),calc(${chars[i] ?? 6}ch + var(--hfj-pad-value)))`)
    .join(" ");
  return id ? { id, runs: maybeNumber(f.runs) ?? 0, parameters, columns, widths, metric: text(f.metric) } : null;
}

export function readPlace(raw: unknown): Place {
  const f = fields(raw);
  return {
    id: text(f.id),
    namespace: text(f.namespace),
    local: f.local === true,
    prices: fields(f.prices) as Prices,
    line: text(f.line),
    sweep: readSweep(f.sweep),
  };
}

/** All rows, by id, and how many changes came before them. */
export function readJobs(raw: unknown): { seq: number; rows: Map<string, JobRow> } {
  const f = fields(raw);
  return { seq: maybeNumber(f.seq) ?? 0, rows: new Map(readRows(f.rows).map((row) => [row.id, row])) };
}

const numbers = (raw: unknown, length: number): number[] | null => {
  const values = list(raw).map(maybeNumber);
  return values.length === length && values.every((value) => value !== null) ? values : null;
};

function readCurve(raw: unknown): Curve {
  const f = fields(raw);
  const y = list(f.y).map(maybeNumber);
  const place = (name: string) => numbers(f[name], y.length);
  return {
    key: text(f.key),
    step: place("step"),
    epoch: place("epoch"),
    y,
    log: f.log === true,
    odd: text(f.odd),
    best: maybeNumber(f.best),
    last: maybeNumber(f.last),
  };
}

/** The curves of a job, or null for another message. */
export function readCurves(raw: unknown): Curves | null {
  const f = fields(raw);
  return f.type === "curves"
    ? { id: text(f.id), error: text(f.error), curves: list(f.curves).map(readCurve), done: maybeNumber(f.done) ?? 0 }
    : null;
}

/** A message of the kernel, or null for one this page does not know. */
export function readChanges(raw: unknown): Changes | null {
  const f = fields(raw);
  const seq = maybeNumber(f.seq);
  if (f.type !== "rows" || seq === null) return null;
  return { seq, changed: readRows(f.changed), gone: list(f.gone).map(text) };
}
