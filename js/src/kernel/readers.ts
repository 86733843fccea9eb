/**
 * What the kernel sent, checked once, so that the rest of the page can trust its types: a field that is missing or of
 * the wrong type gets a harmless value, because a card from an older or newer kernel that shows most of a job is better
 * than none.
 */
import { readOffer, readPairs, readTexts } from "./offers.ts";
import { readPageLink } from "./page_links.ts";
import {
  type Band,
  type EarlierJob,
  type Failure,
  type Idle,
  type Job,
  type LogTail,
  type Metrics,
  type Names,
  type OutputItem,
  type Progress,
  type Series,
  STAGES,
  STREAMS,
  type StreamNote,
  type ToPage,
  type Training,
  type TrainingSeries,
  type Traits,
  type Usage,
  X_CHOICES,
} from "./protocol.ts";
import { count, type Fields, fields, list, maybeNumber, maybeText, oneOf, text } from "./raw.ts";

function readFailure(raw: unknown): Failure | null {
  const f = fields(raw);
  if (text(f.headline) === "") return null;
  return {
    kind: text(f.kind),
    type: text(f.type),
    message: text(f.message),
    line: maybeNumber(f.line),
    headline: text(f.headline),
    words: text(f.words),
    change: readTexts(f.change),
  };
}

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
    failure: readFailure(f.failure),
  };
}

function readLog(raw: unknown): LogTail {
  const f = fields(raw);
  const first = count(f.first);
  const lines = list(f.lines).map(text);
  return { first, lines, total: Math.max(count(f.total), first + lines.length), times: readTimes(f.times) };
}

const readTimes = (raw: unknown): [number, number][] =>
  list(raw).map((run) => {
    const [line, second] = list(run);
    return [count(line), count(second)];
  });

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
  const odd = fields(f.odd);
  const bound = (raw: unknown) => (Array.isArray(raw) ? series(raw, length) : y);
  return [
    {
      key: text(f.key),
      step: column(f.step, length),
      epoch: column(f.epoch, length),
      time,
      y,
      min: bound(f.min),
      max: bound(f.max),
      log: f.log === true,
      odd: maybeNumber(odd.since) === null ? null : { since: count(odd.since), text: text(odd.text) },
    },
  ];
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
    at: maybeNumber(f.at),
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
  return { retry_at: maybeNumber(f.retry_at), missing: f.missing === true, unreachable: f.unreachable === true };
}

function readOutput(raw: unknown): OutputItem {
  const f = fields(raw);
  return { number: count(f.number), line: maybeNumber(f.line), revision: count(f.revision), label: text(f.label) };
}

/** One without an id is left out, because nothing could be done with it. */
function readEarlier(raw: unknown): EarlierJob[] {
  const f = fields(raw);
  const id = text(f.id);
  if (!/^[0-9a-f]{24}$/.test(id)) return [];
  const job = {
    id,
    name: text(f.name) || id,
    local: f.local === true,
    namespace: text(f.namespace),
    stage: oneOf(f.stage, STAGES, "SCHEDULING"),
    started_at: maybeNumber(f.started_at),
    usd_per_minute: maybeNumber(f.usd_per_minute),
    cancelling: f.cancelling === true,
    error: text(f.error),
  };
  return [job];
}

/** One reader a trait; its keys are the list of traits the page listens to. */
function readNames(raw: unknown): Names {
  const f = fields(raw);
  return { names: list(f.names).map(text), code: text(f.code) };
}

function readIdle(raw: unknown): Idle | null {
  const f = fields(raw);
  const [since, until] = [maybeNumber(f.since), maybeNumber(f.until)];
  return since === null || until === null ? null : { since, until };
}

export const READERS: { [K in keyof Traits]: (raw: unknown) => Traits[K] } = {
  job: readJob,
  stream: (raw) => oneOf(raw, STREAMS, "connecting"),
  stream_note: readNote,
  log: readLog,
  metrics: readMetrics,
  training: readTraining,
  progress: readProgress,
  script: text,
  names: readNames,
  command: text,
  details: readPairs,
  outputs: (raw) => list(raw).map(readOutput),
  again: readPairs,
  notice: text,
  out_dir: text,
  right_size: text,
  idle: readIdle,
  cancelling: (raw) => raw === true,
  earlier: (raw) => list(raw).flatMap(readEarlier),
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
  if (f.type === "output") {
    const { number, revision } = f;
    const [kind, mime] = [text(f.kind), text(f.mime)];
    return {
      type: "output",
      number: count(number),
      revision: count(revision),
      kind,
      mime,
      text: text(f.text),
      note: text(f.note),
    };
  }
  if (f.type === "rerun") return readOffer(raw);
  if (f.type === "files") {
    return {
      type: "files",
      stamp: text(f.stamp),
      files: list(f.files).map((raw) => {
        const [path, size, modified] = list(raw);
        return [text(path), count(size), maybeNumber(modified) ?? 0];
      }),
      summary: text(f.summary),
      note: text(f.note),
    };
  }
  if (f.type === "pulled") return { type: "pulled", path: maybeText(f.path), said: text(f.said) };
  if (f.type === "page-link") return readPageLink(raw);
  if (f.type !== "lines" || maybeNumber(f.first) === null || !Array.isArray(f.lines)) return null;
  return { type: "lines", first: count(f.first), lines: f.lines.map(text), times: readTimes(f.times) };
}
