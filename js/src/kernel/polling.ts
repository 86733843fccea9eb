/**
 * When a page asks the kernel for what it may have missed.
 *
 * A front end may pass on nothing that answers no request (Colab is said to, while no cell runs), and everything that a
 * kernel pushes is of that kind. So a page that misses a sign of life asks for one, and is answered with what is new
 * (hfjobs_magic/widgets/outbox.py). One that hears the kernel never asks.
 */

/** Seconds from an answer to the next question. */
export const POLL_S = 2;
/** The longest time between two questions that nobody answers: a kernel that runs a cell finds them all at its end. */
const MAX_POLL_S = 60;
/** Seconds in which a click is answered where pushes arrive. */
const ANSWER_S = 2;
/** The same where they do not; the kernel needs a moment. */
const SOON_S = 0.4;
/** Seconds for which an answer to a click is asked for. */
const PATIENCE_S = 10;

/** What is known of the kernel. Times are those of the page's clock. */
export interface Silence {
  heardAt: number;
  /** When a sign of life is overdue; infinity where none is expected. */
  overdueAt: number;
  /** The front end does not say how the kernel is. */
  unknown: boolean;
}

export class Polling {
  /** Up to where all that the kernel pushed is here. */
  #seen = -1;
  /** Only questions bring something, as far as is known. */
  #deaf = false;
  /** That was so before: what was promised while a cell ran does not hold when it has ended. */
  #wasDeaf = false;
  #polledAt = Number.NEGATIVE_INFINITY;
  /** Seconds from the last question to the next; 0 where it was answered. */
  #waitS = 0;
  /** When something was asked for that the kernel answers. */
  #askedAt = Number.NEGATIVE_INFINITY;

  get seen(): number {
    return this.#seen;
  }

  /** Note a sign of life that nobody asked for. */
  hear(): void {
    this.#deaf = false;
  }

  /** Note the answer to a question, of this page or another: all that came between `from` and `seen` is here. */
  answer(from: number, seen: number): void {
    this.#deaf = this.#wasDeaf = true;
    this.#waitS = 0;
    // What comes between is missing where another page asked.
    if (from <= this.#seen) this.#seen = seen;
  }

  /** Note that something was asked for. */
  ask(now: number): void {
    this.#askedAt = now;
  }

  /** Note a question, and ask the next one later unless this one is answered. */
  poll(now: number): void {
    this.#polledAt = now;
    this.#waitS = Math.min(MAX_POLL_S, Math.max(POLL_S, 2 * this.#waitS));
  }

  /** When to ask; infinity where there is no reason to. */
  next({ heardAt, overdueAt, unknown }: Silence, now: number): number {
    const due =
      this.#wasDeaf && overdueAt < Number.POSITIVE_INFINITY ? Math.min(overdueAt, heardAt + POLL_S) : overdueAt;
    const late = Math.max(due, this.#polledAt + this.#waitS);
    if (!unknown || now > this.#askedAt + PATIENCE_S) return late;
    if (this.#deaf) return Math.min(late, Math.max(this.#askedAt, this.#polledAt) + SOON_S);
    return heardAt > this.#askedAt ? late : Math.min(late, Math.max(this.#askedAt, this.#polledAt) + ANSWER_S);
  }
}
