/** Asking the kernel for lines: each block once, again when no answer came, and the whole log for copies and files. */

import { MAX_LINES_PER_REQUEST, type ToKernel } from "../kernel/protocol.ts";
import { BLOCK, type LogLines } from "./log_lines.ts";

/** Milliseconds. A kernel that runs a cell answers late; a message it never got is not answered at all. */
export const RETRY_MS = 4000;
/** Waits in a row without one new line before a copy gives up. */
const MAX_TRIES = 8;

export interface Clock {
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
}

const pageClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
};

export class LineRequests {
  /** Block number -> when it was asked for. */
  #asked = new Map<number, number>();
  #retry = false;
  /** Who waits for a line, each called with the lines that came. */
  #waiting = new Set<(first: number, end: number) => void>();

  constructor(
    private readonly lines: LogLines,
    private readonly send: (message: ToKernel) => void,
    /** Called when unanswered blocks may be asked for again; views then say what they still want. */
    private readonly onRetry: () => void,
    private readonly clock: Clock = pageClock,
  ) {}

  /** Say that lines [from, to) are on the screen. */
  want(from: number, to: number): void {
    this.lines.touch(from, to);
    for (let block = Math.floor(from / BLOCK); block * BLOCK < Math.min(to, this.lines.total); block += 1) {
      const [start, end] = [block * BLOCK, (block + 1) * BLOCK];
      // Who follows the end of a fast log sees lines of the tail only; the rest of their block is nobody's wish.
      const gap = this.lines.gap(Math.max(from, start), Math.min(to, end)) && this.lines.gap(start, end);
      const asked = this.#asked.get(block);
      if (gap === null || (asked !== undefined && this.clock.now() - asked < RETRY_MS)) continue;
      this.#asked.set(block, this.clock.now());
      this.send({ type: "lines", ...gap });
      this.#retryLater();
    }
  }

  /** An answer came; a block of which it brought something may be asked for again at once. */
  receive(first: number, count: number): void {
    for (let block = Math.floor(first / BLOCK); block * BLOCK < first + count; block += 1) this.#asked.delete(block);
    for (const hear of this.#waiting) hear(first, first + count);
  }

  /**
   * Every line so far, read block by block.
   *
   * @param onProgress gets the share read, 0 to 1
   * @throws Error when the kernel does not answer, or `signal` is aborted
   */
  async all(signal: AbortSignal, onProgress: (share: number) => void): Promise<string[]> {
    const total = this.lines.total;
    const all: string[] = [];
    let tries = 0;
    while (all.length < total) {
      signal.throwIfAborted();
      const line = this.lines.get(all.length);
      if (line !== undefined && this.lines.has(all.length)) {
        all.push(line);
        tries = 0;
        continue;
      }
      if (tries === MAX_TRIES) throw new Error("The kernel does not answer. Try again when it is free.");
      onProgress(all.length / total);
      const end = Math.min(total, all.length + MAX_LINES_PER_REQUEST);
      const gap = this.lines.gap(all.length, end);
      if (gap !== null) this.send({ type: "lines", ...gap });
      if (!(await this.#wait(all.length))) tries += 1;
    }
    return all;
  }

  /** Whether the line came before it is time to ask again; answers to others, and late ones, are none to this. */
  #wait(line: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (came: boolean) => {
        this.#waiting.delete(hear);
        resolve(came);
      };
      const hear = (first: number, end: number) => {
        if (first <= line && line < end) done(true);
      };
      this.#waiting.add(hear);
      this.clock.setTimeout(() => done(false), RETRY_MS);
    });
  }

  #retryLater(): void {
    if (this.#retry) return;
    this.#retry = true;
    this.clock.setTimeout(() => {
      this.#retry = false;
      this.onRetry();
    }, RETRY_MS);
  }
}
