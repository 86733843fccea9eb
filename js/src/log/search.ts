/** One view's search: the kernel looks through the whole log, this keeps what it found and walks along it. */
import type { Matches, Query } from "../kernel/protocol.ts";

/** Milliseconds after which a search that nobody answered is sent again: another view's may have taken its place. */
export const RESEND_MS = 4000;
/** Milliseconds between searches of a growing log, and how many times what the last one took: long logs take long. */
export const REPEAT_MS = 2000;
const REPEAT_FACTOR = 8;
/** Lines to step back at first when the match before is not known; no more of them can match than an answer holds. */
const STEP_BACK = 1000;

export interface Found {
  /** Matching lines in the whole log. */
  total: number;
  /** The line the reader is at, and its place among all matches counted from 1, where it is known. */
  line: number | null;
  rank: number | null;
  error: string | null;
  /** No answer yet. */
  waiting: boolean;
}

export interface SearchOptions {
  /** Ask the kernel. */
  ask: (query: Query, from: number, answer: (matches: Matches) => void) => void;
  /** The line at the top of the view: a search begins there. */
  topLine: () => number;
  /** What is known has changed; `go` when the reader is to be taken to `found.line`. */
  onFound: (go: boolean) => void;
  now?: () => number;
  setTimeout?: (callback: () => void, ms: number) => unknown;
}

export class Search {
  query: Query = { query: "", case: false, regex: false };
  #lines: number[] = [];
  /** The lines known are all from here on, in order. */
  #from = 0;
  #complete = true;
  #total = 0;
  #searched = 0;
  #error: string | null = null;
  #line: number | null = null;
  #waiting = false;
  /** Counts questions, so that only the newest is answered. */
  #turn = 0;
  #asked = 0;
  #took = 0;
  #timer = false;
  #now: () => number;
  #later: (callback: () => void, ms: number) => unknown;

  constructor(private readonly options: SearchOptions) {
    this.#now = options.now ?? (() => performance.now());
    this.#later = options.setTimeout ?? ((callback, ms) => setTimeout(callback, ms));
  }

  get found(): Found {
    return { total: this.#total, line: this.#line, rank: this.#rank(), error: this.#error, waiting: this.#waiting };
  }

  /** Look for something else. */
  set(query: Query): void {
    this.query = query;
    this.#turn += 1;
    this.#waiting = false;
    if (query.query !== "") {
      this.#start(this.#line ?? this.options.topLine());
      return;
    }
    [this.#lines, this.#total, this.#error, this.#line] = [[], 0, null, null];
    this.options.onFound(false);
  }

  /** To the next match, or the one before; around the ends. */
  go(by: 1 | -1): void {
    if (this.#waiting || this.#total === 0) return;
    const at = this.#line === null ? -1 : this.#lines.indexOf(this.#line);
    const next = this.#lines[at + by];
    if (at >= 0 && next !== undefined) this.#land(next);
    else if (by === 1) {
      // The first that follows those known; around the end to the first of all.
      const from = this.#complete ? 0 : (this.#lines.at(-1) ?? -1) + 1;
      this.#ask(from, (lines) => this.#land(lines[0] ?? null));
    } else if (this.#from > 0 && this.#line !== null) this.#back(this.#line, STEP_BACK);
    // Around the start: the last match of all, which is known when all are.
    else if (this.#complete) this.#land(this.#lines.at(-1) ?? null);
  }

  /** The log has now `total` lines: what is new is looked through before long. */
  grow(total: number): void {
    if (this.query.query === "" || this.#waiting || this.#timer || total <= this.#searched || this.#error !== null)
      return;
    this.#timer = true;
    this.#later(
      () => {
        this.#timer = false;
        if (this.query.query !== "" && !this.#waiting) this.#ask(this.#from, () => this.options.onFound(false));
      },
      Math.max(REPEAT_MS, REPEAT_FACTOR * this.#took),
    );
  }

  #start(near: number): void {
    this.#ask(0, (lines) => {
      const next = lines.find((line) => line >= near);
      if (next !== undefined || this.#complete) return this.#land(next ?? lines.at(-1) ?? null);
      // More matches before the reader's place than one answer holds.
      this.#ask(near, (later) => this.#land(later[0] ?? lines[0] ?? null));
    });
  }

  /** The last match before `line`, known or looked for in ever longer steps back. */
  #back(line: number, step: number, from = Math.max(0, line - step), best: number | null = null): void {
    this.#ask(from, (lines) => {
      const before = lines.findLast((other) => other < line) ?? best;
      // An answer that ends before the line says nothing about what lies between.
      if (before !== null && (lines.at(-1) ?? line) < line && !this.#complete)
        return this.#back(line, step, before + 1, before);
      if (before !== null || from === 0) return this.#land(before ?? line);
      this.#back(line, step * 2);
    });
  }

  #land(line: number | null): void {
    this.#line = line;
    this.options.onFound(line !== null);
  }

  #rank(): number | null {
    const at = this.#line === null ? -1 : this.#lines.indexOf(this.#line);
    if (at < 0) return null;
    if (this.#from === 0) return at + 1;
    return this.#complete ? this.#total - this.#lines.length + at + 1 : null;
  }

  #ask(from: number, then: (lines: number[]) => void): void {
    this.#turn += 1;
    const turn = this.#turn;
    this.#waiting = true;
    this.#asked = this.#now();
    const send = () => {
      this.options.ask(this.query, from, (matches) => {
        if (turn !== this.#turn) return;
        this.#waiting = false;
        this.#took = this.#now() - this.#asked;
        [this.#lines, this.#from, this.#complete] = [matches.lines, from, matches.complete];
        [this.#total, this.#searched, this.#error] = [matches.total, matches.searched, matches.error];
        then(matches.lines);
      });
      this.#later(() => turn === this.#turn && this.#waiting && send(), RESEND_MS);
    };
    send();
    this.options.onFound(false);
  }
}
