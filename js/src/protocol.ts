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

/** What the page knows of the stream beyond its name. */
export interface StreamNote {
  /** When the kernel opens the log again, on its own clock. */
  retry_at: number | null;
  /** Lines known to be missing; null when some are and nobody knows how many. */
  missing: number | null;
}

export type Series = (number | null)[];

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
  eta_s: number | null;
}

export interface Training {
  x_choices: X[];
  x_label: X;
  series: TrainingSeries[];
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
  details: [string, string][];
  notice: string;
  cancelling: boolean;
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
  | { type: "cancel" }
  | { type: "lines"; first: number; count: number }
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

export type ToPage = { type: "lines"; first: number; lines: string[] } | Matches;

type Fields = Record<string, unknown>;

export const fields = (raw: unknown): Fields => (raw !== null && typeof raw === "object" ? (raw as Fields) : {});
export const text = (raw: unknown): string => (typeof raw === "string" ? raw : "");
export const maybeText = (raw: unknown): string | null => (typeof raw === "string" ? raw : null);
export const maybeNumber = (raw: unknown): number | null => (typeof raw === "number" && Number.isFinite(raw) ? raw : null);
export const count = (raw: unknown): number => Math.max(0, Math.floor(maybeNumber(raw) ?? 0));
export const list = (raw: unknown): unknown[] => (Array.isArray(raw) ? raw : []);
export const oneOf = <T extends string>(raw: unknown, all: readonly T[], other: T): T =>
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

/** A kernel that sends no lowest and highest sends points that stand for themselves. */
function band(f: Fields, key: string, length: number): Band {
  const y = series(f[key], length);
  const bound = (name: string) => (Array.isArray(f[name]) ? series(f[name], length) : y);
  return { y, min: bound(`${key}_min`), max: bound(`${key}_max`) };
}

const readUsage = (f: Fields, length: number): Usage => ({
  cpu_pct: band(f, "cpu_pct", length),
  memory: band(f, "memory", length),
  memory_total: maybeNumber(f.memory_total),
  rx: band(f, "rx", length),
  tx: band(f, "tx", length),
});

function readMetrics(raw: unknown): Metrics {
  const f = fields(raw);
  const t = list(f.t).map((value) => maybeNumber(value) ?? 0);
  return {
    t,
    ...readUsage(f, t.length),
    gpus: list(f.gpus).map((raw, i) => {
      const gpu = fields(raw);
      return {
        id: text(gpu.id) || String(i),
        replica: text(gpu.replica),
        util: band(gpu, "util", t.length),
        memory: band(gpu, "memory", t.length),
        memory_total: maybeNumber(gpu.memory_total),
      };
    }),
    replicas: list(f.replicas).map((raw, i) => {
      const replica = fields(raw);
      return { id: text(replica.id) || String(i), ...readUsage(replica, t.length) };
    }),
  };
}

/** A column that places points: as long as there are points, or it cannot. */
const column = (raw: unknown, length: number): number[] | null => {
  const values = list(raw).map(maybeNumber);
  return values.length === length && values.every((value) => value !== null) ? (values as number[]) : null;
};

function readTrainingSeries(raw: unknown): TrainingSeries[] {
  const f = fields(raw);
  const length = list(f.y).length;
  const time = column(f.time, length);
  if (time === null || text(f.key) === "") return [];
  const y = series(f.y, length);
  const bound = (raw: unknown) => (Array.isArray(raw) ? series(raw, length) : y);
  return [{
    key: text(f.key),
    step: column(f.step, length),
    epoch: column(f.epoch, length),
    time,
    y,
    min: bound(f.min),
    max: bound(f.max),
    log: f.log === true,
  }];
}

function readProgress(raw: unknown): Progress | null {
  const f = fields(raw);
  const n = maybeNumber(f.n);
  if (n === null) return null;
  const fraction = maybeNumber(f.fraction);
  return {
    label: text(f.label),
    n,
    total: maybeNumber(f.total),
    fraction: fraction === null ? null : Math.min(1, Math.max(0, fraction)),
    rate: maybeNumber(f.rate),
    unit: text(f.unit) || "it",
    eta_s: maybeNumber(f.eta_s),
  };
}

function readTraining(raw: unknown): Training {
  const f = fields(raw);
  const choices = X_CHOICES.filter((x) => list(f.x_choices).includes(x));
  return {
    x_choices: choices,
    x_label: oneOf(f.x_label, choices, "time"),
    series: list(f.series).flatMap(readTrainingSeries),
  };
}

function readNote(raw: unknown): StreamNote {
  const f = fields(raw);
  return { retry_at: maybeNumber(f.retry_at), missing: f.missing === null ? null : count(f.missing) };
}

/** One reader a trait; its keys are the list of traits the page listens to. */
export const READERS: { [K in keyof Traits]: (raw: unknown) => Traits[K] } = {
  job: readJob,
  stream: (raw) => oneOf(raw, STREAMS, "connecting"),
  stream_note: readNote,
  log: readLog,
  metrics: readMetrics,
  training: readTraining,
  progress: readProgress,
  script: text,
  details: (raw) => list(raw).map((row) => [text(list(row)[0]), text(list(row)[1])]),
  notice: text,
  cancelling: (raw) => raw === true,
};

/** A message of the kernel, or null for one this page does not know. */
export function readMessage(raw: unknown): ToPage | null {
  const f = fields(raw);
  if (f.type === "matches" && maybeNumber(f.id) !== null) {
    return {
      type: "matches",
      id: count(f.id),
      total: count(f.total),
      lines: list(f.lines).map(count),
      complete: f.complete === true,
      searched: count(f.searched),
      error: maybeText(f.error),
    };
  }
  if (f.type !== "lines" || maybeNumber(f.first) === null || !Array.isArray(f.lines)) return null;
  return { type: "lines", first: count(f.first), lines: f.lines.map(text) };
}

export const isTerminal = (stage: Stage): boolean => stage !== "SCHEDULING" && stage !== "RUNNING";
