/**
 * The page's window on a log: the newest lines, as the kernel pushes them, and the blocks the reader scrolled to.
 *
 * The kernel holds the log. Every line has a number, counted from 0, so pushes and answers may come twice, late or in
 * any order and still land in their place.
 */
import type { LogTail } from "../kernel/protocol.ts";

/** Lines. A block is fetched whole, so that reading on does not ask line by line. */
export const BLOCK = 500;
/** Blocks kept; 40 of them are 20,000 lines, a few megabytes, and more than anyone scrolls back and forth in. */
const MAX_BLOCKS = 40;
/** Lines. The kernel may rewrite this many at the end, fewer than twice its ROWS; a copy of one may grow stale. */
const OPEN_LINES = 128;

export class LogLines {
  #tail: LogTail = { first: 0, lines: [], total: 0, times: [] };
  /** Line -> the second in which it was printed, for lines that were here. */
  #times: number[] = [];
  /** Block number -> its lines, least recently wanted first; a hole is a line the page has not got. */
  #blocks = new Map<number, (string | undefined)[]>();
  /** Line in a block that was open when it was read -> how many pushes there were: after one more it may be another. */
  #open = new Map<number, number>();
  #pushes = 0;

  /** The second since the epoch in which a line was printed, where somebody said so. */
  time(n: number): number | undefined {
    return this.#times[n];
  }

  get total(): number {
    return this.#tail.total;
  }

  get(n: number): string | undefined {
    if (n >= this.#tail.first) return this.#tail.lines[n - this.#tail.first];
    return this.#blocks.get(Math.floor(n / BLOCK))?.[n % BLOCK];
  }

  /** Whether a line is here as the kernel has it, so far as the page can know. */
  has(n: number): boolean {
    return this.get(n) !== undefined && (n >= this.#tail.first || (this.#open.get(n) ?? this.#pushes) === this.#pushes);
  }

  /** Take the newest lines; what they say replaces what was there. */
  push(tail: LogTail): void {
    const old = this.#tail;
    this.#tail = tail;
    this.#pushes += 1;
    this.#note(tail.first + tail.lines.length, tail.times);
    if (tail.total < old.total) {
      // Numbers that fall mean another log: a job that was started again.
      this.#blocks.clear();
      this.#open.clear();
      this.#times = [];
      return;
    }
    // Lines that left the tail stay readable. Those that may have been rewritten since we saw them are read once more,
    // and are shown meanwhile: a reader may be selecting them.
    const kept = old.lines.slice(0, Math.max(0, tail.first - old.first));
    this.#keep(old.first, kept);
    for (let n = Math.max(old.first, old.total - OPEN_LINES); n < old.first + kept.length; n += 1)
      this.#open.set(n, this.#pushes - 1);
  }

  /** Take an answer of the kernel; the tail knows better about its own lines. */
  fill(first: number, lines: string[], times: LogTail["times"] = []): void {
    this.#note(first + lines.length, times);
    const kept = lines.slice(0, Math.max(0, this.#tail.first - first));
    this.#keep(first, kept);
    for (let n = Math.max(first, this.total - OPEN_LINES); n < first + kept.length; n += 1)
      this.#open.set(n, this.#pushes);
  }

  /** The first run of lines in [from, to) to ask for, or null. */
  gap(from: number, to: number): { first: number; count: number } | null {
    const end = Math.min(to, this.total);
    let first = Math.max(0, from);
    while (first < end && this.has(first)) first += 1;
    if (first >= end) return null;
    let next = first + 1;
    while (next < end && !this.has(next)) next += 1;
    return { first, count: next - first };
  }

  /** Mark blocks as wanted, so that others are dropped first. */
  touch(from: number, to: number): void {
    for (let block = Math.floor(from / BLOCK); block * BLOCK < to; block += 1) {
      const lines = this.#blocks.get(block);
      if (lines === undefined) continue;
      this.#blocks.delete(block);
      this.#blocks.set(block, lines);
    }
  }

  #note(end: number, times: LogTail["times"]): void {
    times.forEach(([line, second], i) => {
      for (let n = line; n < (times[i + 1]?.[0] ?? end); n += 1) this.#times[n] = second;
    });
  }

  #keep(first: number, lines: string[]): void {
    for (const [i, line] of lines.entries()) {
      const number = Math.floor((first + i) / BLOCK);
      let block = this.#blocks.get(number);
      if (block === undefined) {
        block = new Array<string | undefined>(BLOCK).fill(undefined);
        this.#blocks.set(number, block);
      }
      block[(first + i) % BLOCK] = line;
      this.#open.delete(first + i);
    }
    for (const number of this.#blocks.keys()) {
      if (this.#blocks.size <= MAX_BLOCKS) break;
      this.#blocks.delete(number);
      for (let i = 0; i < BLOCK; i += 1) this.#open.delete(number * BLOCK + i);
    }
  }
}
