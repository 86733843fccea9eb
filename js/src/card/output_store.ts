/** What a page knows of the cell's outputs: the list of them, and what is drawn of those that have come. */
import type { OutputContent, OutputItem, ToKernel } from "../kernel/protocol.ts";

export class Outputs {
  /** In the order in which they are shown. */
  items: OutputItem[] = [];
  /** Number -> the newest that has come of it. */
  #contents = new Map<number, OutputContent>();
  /** Line of the log -> number of the output that appeared there. */
  #lines = new Map<number, number>();
  /** Number -> the revision that was asked for. */
  #asked = new Map<number, number>();

  constructor(private readonly send: (message: ToKernel) => void) {}

  /** Take the list as the kernel has it. */
  list(items: OutputItem[]): void {
    this.items = items.filter(({ number }) => number > 0);
    this.#lines = new Map(items.flatMap(({ line, number }) => (line === null ? [] : [[line, number]])));
    const numbers = new Set(items.map(({ number }) => number));
    for (const number of this.#contents.keys()) if (!numbers.has(number)) this.#contents.delete(number);
  }

  /** Take what is drawn of one. */
  take(content: OutputContent): void {
    const known = this.#contents.get(content.number);
    if (known === undefined || known.revision <= content.revision) this.#contents.set(content.number, content);
  }

  get(number: number): OutputContent | undefined {
    return this.#contents.get(number);
  }

  /** Number of the output that appeared at a line of the log; 0 for one that was cleared. */
  at(line: number): number | null {
    return this.#lines.get(line) ?? null;
  }

  /** Ask for what has not come as it is now; each revision once, or `again` where answers may have been lost. */
  want(again = false): void {
    const missing = this.items.filter(
      ({ number, revision }) =>
        (this.#contents.get(number)?.revision ?? -1) < revision && (again || this.#asked.get(number) !== revision),
    );
    if (missing.length === 0) return;
    for (const { number, revision } of missing) this.#asked.set(number, revision);
    this.send({ type: "outputs", numbers: missing.map(({ number }) => number) });
  }
}
