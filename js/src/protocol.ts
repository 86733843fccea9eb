/**
 * What the kernel and the page say to each other, mirrored once from hfjobs_magic/widgets.
 *
 * Traits flow kernel -> page only; messages are {type: ...} objects. Everything that arrives is checked here, so
 * that the rest of the page can trust its types: a field that is missing or of the wrong type gets a harmless value,
 * because a card from an older or newer kernel that shows most of a job is better than none.
 */

export const STAGES = ["SCHEDULING", "RUNNING", "COMPLETED", "ERROR", "CANCELED", "DELETED"] as const;
export type Stage = (typeof STAGES)[number];

export const STREAMS = ["connecting", "live", "reconnecting", "complete", "stopped"] as const;
/** How the kernel stands with the job's log. */
export type Stream = (typeof STREAMS)[number];

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
  failure_count: number;
}

/** The newest lines: `lines[i]` is line number `first + i`, of `total` so far. */
export interface LogTail {
  first: number;
  lines: string[];
  total: number;
}

export type Series = (number | null)[];

export interface Gpu {
  id: string;
  /** Percent. */
  util: Series;
  /** Bytes. */
  memory: Series;
  memory_total: number | null;
}

export interface Metrics {
  t: number[];
  /** Percent, as the Hub reports it. */
  cpu_pct: Series;
  /** Bytes. */
  memory: Series;
  memory_total: number | null;
  /** Bytes per second. */
  rx: Series;
  tx: Series;
  gpus: Gpu[];
}

export interface Traits {
  job: Job;
  stream: Stream;
  log: LogTail;
  metrics: Metrics;
  script: string;
  details: [string, string][];
  notice: string;
  cancelling: boolean;
}

/** Lines that one request may ask for; the kernel refuses more. */
export const MAX_LINES_PER_REQUEST = 1000;

export type ToKernel = { type: "cancel" } | { type: "lines"; first: number; count: number };
export type ToPage = { type: "lines"; first: number; lines: string[] };

type Fields = Record<string, unknown>;

const fields = (raw: unknown): Fields => (raw !== null && typeof raw === "object" ? (raw as Fields) : {});
const text = (raw: unknown): string => (typeof raw === "string" ? raw : "");
const maybeText = (raw: unknown): string | null => (typeof raw === "string" ? raw : null);
const maybeNumber = (raw: unknown): number | null => (typeof raw === "number" && Number.isFinite(raw) ? raw : null);
const count = (raw: unknown): number => Math.max(0, Math.floor(maybeNumber(raw) ?? 0));
const list = (raw: unknown): unknown[] => (Array.isArray(raw) ? raw : []);
const oneOf = <T extends string>(raw: unknown, all: readonly T[], other: T): T =>
  all.includes(raw as T) ? (raw as T) : other;

function readJob(raw: unknown): Job {
  const f = fields(raw);
  return {
    id: maybeText(f.id),
    name: text(f.name),
    url: maybeText(f.url),
    stage: oneOf(f.stage, STAGES, "SCHEDULING"),
    message: maybeText(f.message),
    flavor: text(f.flavor),
    hardware: maybeText(f.hardware),
    namespace: text(f.namespace),
    local: f.local === true,
    image: maybeText(f.image),
    created_at: maybeNumber(f.created_at),
    started_at: maybeNumber(f.started_at),
    finished_at: maybeNumber(f.finished_at),
    now: maybeNumber(f.now),
    timeout_s: maybeNumber(f.timeout_s),
    usd_per_minute: maybeNumber(f.usd_per_minute),
    attempts: count(f.attempts),
    failure_count: count(f.failure_count),
  };
}

function readLog(raw: unknown): LogTail {
  const f = fields(raw);
  const first = count(f.first);
  const lines = list(f.lines).map(text);
  return { first, lines, total: Math.max(count(f.total), first + lines.length) };
}

/** A series is as long as the time axis, so that the charts never read past an end. */
function series(raw: unknown, length: number): Series {
  const values = list(raw);
  return Array.from({ length }, (_, i) => maybeNumber(values[i]));
}

function readMetrics(raw: unknown): Metrics {
  const f = fields(raw);
  const t = list(f.t).map((value) => maybeNumber(value) ?? 0);
  return {
    t,
    cpu_pct: series(f.cpu_pct, t.length),
    memory: series(f.memory, t.length),
    memory_total: maybeNumber(f.memory_total),
    rx: series(f.rx, t.length),
    tx: series(f.tx, t.length),
    gpus: list(f.gpus).map((raw, i) => {
      const gpu = fields(raw);
      return {
        id: text(gpu.id) || String(i),
        util: series(gpu.util, t.length),
        memory: series(gpu.memory, t.length),
        memory_total: maybeNumber(gpu.memory_total),
      };
    }),
  };
}

/** One reader a trait; its keys are the list of traits the page listens to. */
export const READERS: { [K in keyof Traits]: (raw: unknown) => Traits[K] } = {
  job: readJob,
  stream: (raw) => oneOf(raw, STREAMS, "connecting"),
  log: readLog,
  metrics: readMetrics,
  script: text,
  details: (raw) => list(raw).map((row) => [text(list(row)[0]), text(list(row)[1])]),
  notice: text,
  cancelling: (raw) => raw === true,
};

/** A message of the kernel, or null for one this page does not know. */
export function readMessage(raw: unknown): ToPage | null {
  const f = fields(raw);
  if (f.type !== "lines" || maybeNumber(f.first) === null || !Array.isArray(f.lines)) return null;
  return { type: "lines", first: count(f.first), lines: f.lines.map(text) };
}

export const isTerminal = (stage: Stage): boolean => stage !== "SCHEDULING" && stage !== "RUNNING";
