/**
 * What the kernel and the page say to each other, mirrored once from hfjobs_magic/widgets.
 *
 * Examples of all of it are in tests/wire, which tests of both sides read. Traits flow kernel -> page only; messages
 * are {type: ...} objects. What arrives is checked in readers.ts.
 */

import type { Offer, OfferRequest } from "./offers.ts";
import type { PageLink } from "./page_links.ts";
import type { Common } from "./synced.ts";

export const STAGES = ["SCHEDULING", "RUNNING", "COMPLETED", "ERROR", "CANCELED", "DELETED"] as const;
export type Stage = (typeof STAGES)[number];

export const STREAMS = ["connecting", "live", "reconnecting", "complete", "stopped"] as const;
/** How the kernel stands with the job's log. */
export type Stream = (typeof STREAMS)[number];

/** Why a job did not end well. */
export interface Failure {
  /** `error` is an exception of the cell's; others are ends such as `memory` and `timeout`. */
  kind: string;
  /** The exception's class; empty where there was none. */
  type: string;
  message: string;
  /** Of the cell, as its editor shows it. */
  line: number | null;
  /** A few words: "ValueError at line 12". */
  headline: string;
  /** All of it in one clause, with what to do. */
  words: string;
  /** Options with which the job may end well, such as a longer timeout. */
  change: Record<string, string>;
}

export interface Job {
  id: string | null;
  name: string;
  url: string | null;
  stage: Stage;
  message: string | null;
  flavor: string;
  hardware: string | null;
  namespace: string;
  local: boolean;
  image: string | null;
  /** Seconds since the epoch, UTC; so are all times below. */
  created_at: number | null;
  started_at: number | null;
  finished_at: number | null;
  /** The kernel's clock when this was sent. */
  now: number | null;
  timeout_s: number | null;
  /** Null when unknown, and for free local jobs. */
  usd_per_minute: number | null;
  attempts: number;
  /** Null for a job that has not failed, and until the kernel has looked. */
  failure: Failure | null;
}

/** The newest lines: `lines[i]` is line number `first + i`, of `total` so far. */
export interface LogTail {
  first: number;
  lines: string[];
  total: number;
  /** Number of a line where a second begins, and that second since the epoch. */
  times: [number, number][];
}

/** What the page knows of the stream beyond its name. */
export interface StreamNote {
  /** When the kernel opens the log again, on its own clock. */
  retry_at: number | null;
  /** Lines are missing; nobody knows how many. */
  missing: boolean;
  /** The kernel has had no answer of the Hub for a while: what is shown is of before. */
  unreachable: boolean;
}

/** Null where there is a gap; undefined, in charts only, where another line of the chart has a point. */
export type Series = (number | null | undefined)[];

/** A series whose points stand for many samples: their mean, the lowest and the highest of them. */
export interface Band {
  y: Series;
  min: Series;
  max: Series;
}

/** What one replica, or all of them together, used. */
export interface Usage {
  /** Percent, as the Hub reports it. */
  cpu_pct: Band;
  /** Bytes. */
  memory: Band;
  memory_total: number | null;
  /** Bytes per second. */
  rx: Band;
  tx: Band;
}

export interface Gpu {
  id: string;
  /** Empty where there is only one. */
  replica: string;
  /** Percent. */
  util: Band;
  /** Bytes. */
  memory: Band;
  memory_total: number | null;
}

export interface Metrics extends Usage {
  t: number[];
  gpus: Gpu[];
  /** Empty where there is only one. */
  replicas: (Usage & { id: string })[];
}

export const X_CHOICES = ["step", "epoch", "time"] as const;
export type X = (typeof X_CHOICES)[number];

/** A metric that the job printed; every column is as long as `time`. */
export interface TrainingSeries extends Band {
  key: string;
  step: number[] | null;
  epoch: number[] | null;
  time: number[];
  /** Its values are best seen on a logarithmic axis. */
  log: boolean;
  /** Since which point all that came was not a finite number, and what came last: "nan", "inf" or "-inf". */
  odd: { since: number; text: string } | null;
}

/** A progress bar that the job printed. */
export interface Progress {
  label: string;
  n: number;
  total: number | null;
  /** 0 to 1. */
  fraction: number | null;
  /** Of `unit` per second. */
  rate: number | null;
  unit: string;
  /** Seconds left by the bar's own reckoning, when it was drawn last. */
  eta_s: number | null;
  /** When that was, in seconds since the epoch. */
  at: number | null;
}

export interface Training {
  x_choices: X[];
  x_label: X;
  series: TrainingSeries[];
}

/** An output of the cell, as the list of them has it. */
export interface OutputItem {
  number: number;
  /** The line of the log where it appeared; null where that was missed. */
  line: number | null;
  /** Grows when it is brought up to date. */
  revision: number;
  /** A few words: "figure, 640\u00d7480". */
  label: string;
}

/** What is drawn of an output. */
export interface OutputContent {
  type: "output";
  number: number;
  revision: number;
  /** display_data, execute_result or error, as nbformat has it. */
  kind: string;
  mime: string;
  /** Of pictures their base64, of SVG its XML. */
  text: string;
  /** What is not to be seen of it here. */
  note: string;
}

/** What came along from the notebook: its names, and the code that makes them in the job. */
export interface Names {
  names: string[];
  code: string;
}

/** A file of the job: path, bytes, and when it was written. */
export type FileRow = [path: string, size: number, modified: number];

/** The files of the job's folder that are in its bucket. */
export interface Files {
  type: "files";
  /** What tells this list from others. */
  stamp: string;
  files: FileRow[];
  /** "12 files, 3.4 MB"; empty where there are none. */
  summary: string;
  /** What else is to be said. */
  note: string;
}

/** What became of a file that was to be brought, or of all. */
export interface Pulled {
  type: "pulled";
  path: string | null;
  said: string;
}

/** A job that the card's cell had started before. */
export interface EarlierJob {
  id: string;
  name: string;
  local: boolean;
  namespace: string;
  stage: Stage;
  started_at: number | null;
  /** Null where it is free, or nobody knows. */
  usd_per_minute: number | null;
  cancelling: boolean;
  /** Why it could not be cancelled. */
  error: string;
}

export interface Idle {
  since: number;
  until: number;
}

export interface Traits {
  job: Job;
  stream: Stream;
  stream_note: StreamNote;
  log: LogTail;
  metrics: Metrics;
  training: Training;
  /** Null where no bar moves. */
  progress: Progress | null;
  script: string;
  names: Names;
  /** For a terminal; empty where not all of the job is known. */
  command: string;
  details: [string, string][];
  outputs: OutputItem[];
  /** Jobs that were started from this card, and references to their cards. */
  again: [string, string][];
  notice: string;
  /** Folder of the job that comes back; empty without one. */
  out_dir: string;
  /** What the job used, and cheaper flavors with memory for that; empty where there are none to name. */
  right_size: string;
  /** When a job that does nothing will be cancelled, and since when it has been idle; null where it will not be. */
  idle: Idle | null;
  cancelling: boolean;
  earlier: EarlierJob[];
}

/** Lines that one request may ask for; the kernel refuses more. */
export const MAX_LINES_PER_REQUEST = 1000;

/** What to look for, in what a reader sees of each line. */
export interface Query {
  query: string;
  /** Upper and lower case differ. */
  case: boolean;
  regex: boolean;
}

export type ToKernel =
  | Common
  | OfferRequest
  | { type: "cancel" }
  | { type: "keep" }
  | { type: "cancel-earlier"; id: string }
  | { type: "show-earlier"; id: string }
  | { type: "lines"; first: number; count: number }
  | { type: "outputs"; numbers: number[] }
  | { type: "files"; has: string | null }
  | { type: "pull"; path: string | null }
  | ({ type: "search"; id: number; from: number } & Query);

export interface Matches {
  type: "matches";
  id: number;
  /** Matching lines in the whole log. */
  total: number;
  /** Numbers of the first of them at or after the line asked for. */
  lines: number[];
  /** There are no more of them than `lines`. */
  complete: boolean;
  /** Lines there were when it was searched. */
  searched: number;
  /** What is wrong with a regular expression. */
  error: string | null;
}

export type ToPage =
  | { type: "lines"; first: number; lines: string[]; times: LogTail["times"] }
  | Matches
  | OutputContent
  | Files
  | Pulled
  | PageLink
  | Offer;

export const isTerminal = (stage: Stage): boolean => stage !== "SCHEDULING" && stage !== "RUNNING";
