/** What the stores of a card, a table and a schedule have in common: the kernel's clock, and who hears of changes. */

import { type PageLinkRequest, PageLinks } from "./page_links.ts";

export abstract class Synced<Topic extends string, Message extends object> {
  #listeners = new Map<Topic, Set<() => void>>();
  /** Seconds to add to the page's clock to get the kernel's. */
  #skew = 0;
  /** Pages of local jobs. */
  readonly pages: PageLinks;

  constructor(
    /** Names of its traits. */
    readonly topics: readonly Topic[],
    protected readonly send: (message: Message | PageLinkRequest) => void,
    /** Seconds since the epoch, on the page's clock. */
    protected readonly pageNow: () => number = () => Date.now() / 1000,
  ) {
    this.pages = new PageLinks(send);
  }

  /** By what a page finds the saved twins of it (twins.ts); empty for what has none. */
  abstract get twin(): string;

  /**
   * Take a trait as the kernel sent it.
   *
   * @param fresh false for a value found in the model, which may have been sent long ago
   */
  abstract set(topic: Topic, raw: unknown, fresh?: boolean): void;

  /** Take a custom message of the kernel. */
  abstract receive(raw: unknown): void;

  /** The kernel's clock, carried on by the page's. */
  now(): number {
    return this.pageNow() + this.#skew;
  }

  /** Call `listener` now and whenever one of `topics` changed, until the signal. */
  watch(topics: readonly Topic[], signal: AbortSignal, listener: () => void): void {
    for (const topic of topics) {
      const listeners = this.#listeners.get(topic) ?? new Set();
      this.#listeners.set(topic, listeners.add(listener));
      signal.addEventListener("abort", () => listeners.delete(listener), { once: true });
    }
    listener();
  }

  /**
   * Set the clock by the time at which the kernel sent something.
   *
   * @param fresh false for a value found in the model, which may have been sent long ago
   */
  protected setClock(sent: number | null, fresh: boolean): void {
    if (sent === null) return;
    const skew = sent - this.pageNow();
    // A stored value that lies behind the page's clock is most likely old, not a sign of two clocks that differ.
    this.#skew = fresh ? skew : Math.max(0, skew);
  }

  protected emit(topic: Topic): void {
    // A copy: a listener may end its own view while it is called.
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener();
  }
}
