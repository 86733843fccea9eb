/**
 * Whether the kernel is still there, judged by its signs of life and by what the front end says of it.
 *
 * The kernel's pump says again and again that it lives, and when it will say so next (hfjobs_magic/widgets/pulse.py);
 * whatever else it sends is a sign of life, too. Its messages go out while a cell runs, so silence is not "busy", with
 * one exception: code that holds the interpreter lock. Where the front end knows the kernel's state it decides.
 */

import { POLL_S, Polling } from "./polling.ts";

/** `silent` is a kernel that is not heard, in a front end that does not say why. */
export type Link = "live" | "busy" | "gone" | "offline" | "silent";

/** What a front end says of the kernel; `unknown` where it says nothing. */
export type KernelWord = "idle" | "busy" | "unknown";

/** Seconds between two signs of life while a page is looked at; as BEAT_S in pulse.py. */
const BEAT_S = 0.8;
/** Seconds that a sign of life may be late where the kernel is known to be idle, busy or not to be reached. */
const MARGIN_S = 1;
/** The same where nobody says whether a cell runs, which may hold the interpreter lock for some seconds. */
const UNKNOWN_MARGIN_S = 9;
/** Seconds in which a page that was opened hears something at first. */
const FIRST_S = 3;
/** Seconds in which messages still come that a kernel sent before it ended. */
const LATE_S = 2;
/** Seconds after which a check that comes late says that the page itself slept: its messages are late, too. */
const SLEPT_S = 1;

export class Connection {
  #heardAt: number;
  #heard = false;
  /** Views that are open: without one nobody checks. */
  #views = 0;
  /** When the next sign of life was promised for. */
  #dueAt: number;
  /** No silence counts before. */
  #graceUntil: number;
  #checkAt = Number.POSITIVE_INFINITY;
  #expected = true;
  #gone = false;
  /** When that was heard of. */
  #goneAt = 0;
  #word: KernelWord = "unknown";
  #reached = true;
  #link: Link = "live";
  /** Asks the front end anew; set by front_end.ts. */
  look: () => void = () => {};
  #listeners = new Set<() => void>();
  #polling = new Polling();
  /** Set the timers of views anew. */
  #timers = new Set<() => void>();

  constructor(
    /** Seconds since the epoch, on the page's clock. */
    private readonly pageNow: () => number = () => Date.now() / 1000,
    /** Ask the kernel for what came after `seen`. */
    private readonly poll: (seen: number) => void = () => {},
  ) {
    this.#heardAt = pageNow();
    this.#dueAt = this.#heardAt;
    this.#graceUntil = this.#heardAt + FIRST_S;
  }

  get link(): Link {
    return this.#link;
  }
  /** Nothing that is asked of the kernel gets there. A busy one takes it up later. */
  get lost(): boolean {
    return this.#link !== "live" && this.#link !== "busy";
  }
  /** When the kernel was last heard, on the page's clock; null while it is. */
  get since(): number | null {
    return this.#link === "live" && this.#heard ? null : this.#heardAt;
  }

  /** Note a sign of life, and in how many seconds the next is promised. */
  hear(nextS = 0): void {
    const now = this.pageNow();
    if (this.#gone && now < this.#goneAt + LATE_S) return;
    this.#heardAt = now;
    this.#heard = true;
    this.#gone = false;
    // A trait or an answer promises nothing: what was promised before holds.
    this.#dueAt = Math.max(nextS > 0 ? now + nextS : this.#dueAt, now);
    this.#judge(now);
  }

  /** Note a sign of life that nobody asked for, and in how many seconds the next is promised. */
  beat(nextS: number): void {
    this.#polling.hear();
    this.hear(nextS);
  }

  /** Note the answer to a question: see `Polling`. */
  answer(from: number, seen: number): void {
    this.#polling.answer(from, seen);
    this.hear(POLL_S - MARGIN_S);
  }

  /** Note that something was asked for that the kernel answers. */
  ask(): void {
    this.#polling.ask(this.pageNow());
    for (const again of [...this.#timers]) again();
  }

  /** Begin at a time that the kernel once sent: what was found in a page may be of long ago. */
  begin(heardAt: number): void {
    this.#heardAt = Math.min(this.#heardAt, heardAt);
  }

  /** Say whether signs of life are to be expected: not of a job that has ended. */
  expect(on: boolean): void {
    if (on === this.#expected) return;
    this.#expected = on;
    this.#graceUntil = this.pageNow() + FIRST_S;
    this.#judge(this.pageNow());
  }

  /** Take what the front end says of the kernel, and whether it reaches it. */
  observe(word: KernelWord, reached: boolean): void {
    // What was sent to a page that was away is on its way now.
    if (reached && !this.#reached) this.#graceUntil = this.pageNow() + FIRST_S;
    [this.#word, this.#reached] = [word, reached];
    this.#judge(this.pageNow());
  }

  /** The kernel that this was connected to is gone for good, or refuses what is sent to it. */
  lose(): void {
    if (!this.#gone) this.#goneAt = this.pageNow();
    this.#gone = true;
    this.#judge(this.pageNow());
  }

  /** Judge again; called when the time that `next` said has come, or later. */
  check(): void {
    const now = this.pageNow();
    if (now > this.#checkAt + SLEPT_S) this.#graceUntil = now + BEAT_S + MARGIN_S;
    // Not all that makes a kernel silent is told: it may hold its interpreter lock before it has said that it is busy.
    if (this.#expected && now >= this.#dueAt + MARGIN_S) this.look();
    this.#judge(now);
    if (this.#pollAt(now) > now) return;
    this.#polling.poll(now);
    this.poll(this.#polling.seen);
  }

  /** Seconds until the next check. */
  next(): number {
    const now = this.pageNow();
    const soonest = this.#link === "live" && this.#expected ? this.#overdueAt() - now : BEAT_S;
    const wait = Math.min(60, Math.max(0.05, Math.min(soonest, this.#pollAt(now) - now)));
    this.#checkAt = now + wait;
    return wait;
  }

  /** Call `listener` whenever the link changed; the returned function ends that. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Check again and again until the signal: a view is open. */
  attend(signal: AbortSignal): void {
    if (this.#views === 0) {
      this.#graceUntil = Math.max(this.#graceUntil, this.pageNow() + FIRST_S);
      this.#judge(this.pageNow());
    }
    this.#views += 1;
    let timer: ReturnType<typeof setTimeout>;
    const again = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        this.check();
        again();
      }, this.next() * 1000);
    };
    again();
    this.#timers.add(again);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        this.#timers.delete(again);
        this.#views -= 1;
      },
      { once: true },
    );
  }

  /** When to ask the kernel; infinity where it is known why it says nothing, or nothing is missing. */
  #pollAt(now: number): number {
    if (this.#gone || !this.#reached || this.#word === "busy") return Number.POSITIVE_INFINITY;
    const overdueAt = this.#expected ? Math.max(this.#dueAt + MARGIN_S, this.#graceUntil) : Number.POSITIVE_INFINITY;
    const silence = { heardAt: this.#heardAt, overdueAt, unknown: this.#word === "unknown" };
    return this.#polling.next(silence, now);
  }

  #overdueAt(): number {
    const margin = this.#word === "unknown" && this.#reached ? UNKNOWN_MARGIN_S : MARGIN_S;
    return Math.max(this.#dueAt + margin, this.#graceUntil);
  }

  #judge(now: number): void {
    const overdue = this.#expected && now >= this.#overdueAt();
    const link: Link = this.#gone
      ? "gone"
      : !overdue
        ? "live"
        : !this.#reached
          ? "offline"
          : this.#word === "busy"
            ? "busy"
            : "silent";
    if (link === this.#link) return;
    this.#link = link;
    for (const listener of [...this.#listeners]) listener();
  }
}
