/** What the stores of a card, a table and a schedule have in common: the kernel's clock, and who hears of changes. */

import { Connection } from "./connection.ts";
import { type PageLinkRequest, PageLinks } from "./page_links.ts";
import { fields, maybeNumber } from "./raw.ts";
import type { Revival } from "./revival.ts";

/** Said by a page that shows a widget, again and again: signs of life come often as long as it does. */
export interface Here {
  type: "here";
}

/** Said by a page that misses a sign of life: it has what was pushed up to `seen`; see polling.ts. */
export interface Poll {
  type: "poll";
  seen: number;
}

/** Said by a page that lacks the model of a job's card, which is shown in the widget. */
export interface Announce {
  type: "announce";
  id: string;
}

/** What every widget hears of its page. */
export type Common = PageLinkRequest | Here | Poll | Announce;

export abstract class Synced<Topic extends string, Message extends object> {
  #listeners = new Map<Topic, Set<() => void>>();
  /** Seconds to add to the page's clock to get the kernel's. */
  #skew = 0;
  /** Pages of local jobs. */
  readonly pages: PageLinks;
  readonly connection: Connection;
  /** Has all that the page lost with its kernel made anew, this first; null where the front end runs no code. */
  reconnect: ((asked: Revival) => Promise<void>) | null = null;
  /** Something was asked for, and the connection was lost before the kernel said that it heard. */
  unconfirmed = false;
  /** Where clocks stand while the kernel does not reach the Hub, on the kernel's clock; null while it does. */
  protected stoodAt: number | null = null;

  constructor(
    /** Names of its traits. */
    readonly topics: readonly Topic[],
    private readonly post: (message: Message | Common) => void,
    /** Seconds since the epoch, on the page's clock. */
    protected readonly pageNow: () => number = () => Date.now() / 1000,
  ) {
    this.pages = new PageLinks((message) => this.send(message));
    this.connection = new Connection(pageNow, (seen) => this.post({ type: "poll", seen }));
    this.connection.watch(() => {
      if (this.connection.lost) this.unconfirmed = this.forget() || this.unconfirmed;
      else this.unconfirmed = false;
      // Every clock stops, and goes on.
      for (const topic of this.topics) this.emit(topic);
    });
  }

  /** By what a page finds the saved twins of it (twins.ts); empty for what has none. */
  abstract get twin(): string;

  /** What another kernel needs to take it up; null where that cannot be. */
  abstract get revival(): Revival | null;

  /**
   * Take a trait as the kernel sent it.
   *
   * @param fresh false for a value found in the model, which may have been sent long ago
   */
  abstract set(topic: Topic, raw: unknown, fresh?: boolean): void;

  /** Take a custom message of the kernel. */
  abstract receive(raw: unknown): void;

  /** Take back what was asked for and not confirmed; whether there was something. */
  protected abstract forget(): boolean;

  /** Take a sign of life; whether the message was one. */
  hear(raw: unknown): boolean {
    const f = fields(raw);
    if (f.type !== "pulse" && f.type !== "answer") return false;
    this.setClock(maybeNumber(f.now), true);
    if (f.type === "pulse") this.connection.beat(maybeNumber(f.next_s) ?? 0);
    else this.connection.answer(maybeNumber(f.from) ?? 0, maybeNumber(f.seen) ?? 0);
    return true;
  }

  /** Say that a page is there, so that signs of life come often. */
  here(): void {
    if (this.connection.link !== "gone") this.post({ type: "here" });
  }

  /** Ask for the model of a job's card, which did not come. */
  miss(id: string): void {
    if (!this.connection.lost) this.post({ type: "announce", id });
  }

  /**
   * Send to the kernel, if there is one: nothing may look sent that is not.
   *
   * @param waits whether somebody waits for an answer
   */
  protected send(message: Message | PageLinkRequest, waits = true): boolean {
    if (this.connection.lost) return false;
    this.post(message);
    if (waits) this.connection.ask();
    return !this.connection.lost;
  }

  /** The kernel's clock, carried on by the page's while the kernel is heard, and the Hub by it. */
  now(): number {
    return this.stoodAt ?? (this.connection.since ?? this.pageNow()) + this.#skew;
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
    if (fresh) this.connection.hear();
    // What comes late from a kernel that is lost would set the clock back.
    if (sent === null || (fresh && this.connection.lost)) return;
    if (!fresh) this.connection.begin(sent);
    const skew = sent - this.pageNow();
    // A stored value that lies behind the page's clock is most likely old, not a sign of two clocks that differ.
    this.#skew = fresh ? skew : Math.max(0, skew);
  }

  protected emit(topic: Topic): void {
    // A copy: a listener may end its own view while it is called.
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener();
  }
}
