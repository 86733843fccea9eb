/** What the kernel says to a jobs table and hears of it: the mirror of hfjobs_magic/widgets/table.py. */

import type { Curve } from "../charts/overlay.ts";
import type { PageLinkRequest } from "../kernel/page_links.ts";
import { STAGES, type Stage } from "../kernel/protocol.ts";
import { fields, list, maybeNumber, maybeText, oneOf, text } from "../kernel/raw.ts";
import type { Here } from "../kernel/synced.ts";

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
  created_at: number | null;
  started_at: number | null;
  finished_at: number | null;
  /** What typing is compared with. */
  words: string;
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
}

export interface Place {
  /** Of the table itself, by which a page finds its twin. */
  id: string;
  namespace: string;
  local: boolean;
  prices: Prices;
  /** The line that shows it. */
  line: string;
}

export type ToKernel =
  | PageLinkRequest
  | Here
  | { type: "watch"; view: string; visible: boolean; seq: number }
  | { type: "cancel"; ids: string[] }
  | { type: "rerun"; id: string }
  | { type: "card"; id: string }
  | { type: "compare"; ids: string[] };

/** What the log of a job says of its training. */
export interface Curves {
  id: string;
  /** Why there is nothing; empty where all is well. */
  error: string;
  curves: Curve[];
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
    created_at: maybeNumber(f.created_at),
    started_at: maybeNumber(f.started_at),
    finished_at: maybeNumber(f.finished_at),
  };
  return {
    ...row,
    words: [row.name, id, row.stage, row.flavor, row.owner, row.cell, ...labels].join(" ").toLowerCase(),
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
  };
}

export function readPlace(raw: unknown): Place {
  const f = fields(raw);
  return {
    id: text(f.id),
    namespace: text(f.namespace),
    local: f.local === true,
    prices: fields(f.prices) as Prices,
    line: text(f.line),
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
  return { key: text(f.key), step: place("step"), epoch: place("epoch"), y, log: f.log === true, odd: text(f.odd) };
}

/** The curves of a job, or null for another message. */
export function readCurves(raw: unknown): Curves | null {
  const f = fields(raw);
  return f.type === "curves" ? { id: text(f.id), error: text(f.error), curves: list(f.curves).map(readCurve) } : null;
}

/** A message of the kernel, or null for one this page does not know. */
export function readChanges(raw: unknown): Changes | null {
  const f = fields(raw);
  const seq = maybeNumber(f.seq);
  if (f.type !== "rows" || seq === null) return null;
  return { seq, changed: readRows(f.changed), gone: list(f.gone).map(text) };
}
