/**
 * The page's window on a log: the newest lines, as the kernel pushes them, and the blocks the reader scrolled to.
 *
 * The kernel holds the log. Every line has a number, counted from 0, so pushes and answers may come twice, late or in
 * any order and still land in their place.
 */
import type { LogTail } from "./protocol.ts";

/** Lines. A block is fetched whole, so that reading on does not ask line by line. */
export const BLOCK = 500;
/** Blocks kept; 40 of them are 20,000 lines, a few megabytes, and more than anyone scrolls back and forth in. */
const MAX_BLOCKS = 40;
/** Lines. Progress bars may rewrite this many lines at the end; a copy of such a line grows stale once it leaves the tail. */
const OPEN_LINES = 50;

export class LogLines {
  #tail: LogTail = { first: 0, lines: [], total: 0 };
  /** Block number -> its lines, least recently wanted first; a hole is a line the page has not got. */
  #blocks = new Map<number, (string | undefined)[]>();

  get total(): number {
    return this.#tail.total;
  }

  get(n: number): string | undefined {
    if (n >= this.#tail.first) return this.#tail.lines[n - this.#tail.first];
    return this.#blocks.get(Math.floor(n / BLOCK))?.[n % BLOCK];
  }

  /** Take the newest lines; what they say replaces what was there. */
  push(tail: LogTail): void {
    const old = this.#tail;
    this.#tail = tail;
    if (tail.total < old.total) {
      // Numbers that fall mean another log: a job that was started again.
      this.#blocks.clear();
      return;
    }
    // Lines that left the tail stay readable, except those that may have been rewritten since we saw them.
    const settled = Math.min(tail.first, old.total - OPEN_LINES);
    this.#keep(old.first, old.lines.slice(0, Math.max(0, settled - old.first)));
  }

  /** Take an answer of the kernel; the tail knows better about its own lines. */
  fill(first: number, lines: string[]): void {
    this.#keep(first, lines.slice(0, Math.max(0, this.#tail.first - first)));
  }

  /** The first run of lines in [from, to) that the page has not got, or null. */
  gap(from: number, to: number): { first: number; count: number } | null {
    const end = Math.min(to, this.total);
    let first = Math.max(0, from);
    while (first < end && this.get(first) !== undefined) first += 1;
    if (first >= end) return null;
    let next = first + 1;
    while (next < end && this.get(next) === undefined) next += 1;
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

  #keep(first: number, lines: string[]): void {
    for (const [i, line] of lines.entries()) {
      const number = Math.floor((first + i) / BLOCK);
      let block = this.#blocks.get(number);
      if (block === undefined) {
        block = new Array<string | undefined>(BLOCK).fill(undefined);
        this.#blocks.set(number, block);
      }
      block[(first + i) % BLOCK] = line;
    }
    for (const number of this.#blocks.keys()) {
      if (this.#blocks.size <= MAX_BLOCKS) break;
      this.#blocks.delete(number);
    }
  }
}
