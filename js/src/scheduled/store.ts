/** Synced state of a scheduled job: what the kernel last said, shared by all views of its model. */

import { readPageLink } from "../kernel/page_links.ts";
import { text } from "../kernel/raw.ts";
import type { Revival } from "../kernel/revival.ts";
import { Synced } from "../kernel/synced.ts";
import { type Run, readRun, readScheduled, type ToKernel, type Verb } from "./readers.ts";

export const TOPICS = ["job", "last", "busy", "notice"] as const;
export type Topic = (typeof TOPICS)[number];

export class ScheduledStore extends Synced<Topic, ToKernel> {
  job = readScheduled(null);
  last: Run | null = null;
  notice = "";
  /** What the kernel is at; empty when nothing. */
  #busy = "";
  /** What was clicked here; a busy kernel takes it up only later. */
  #asked = "";

  constructor(post: (message: ToKernel) => void, pageNow?: () => number) {
    super(TOPICS, post, pageNow);
  }

  get twin() {
    return this.job.id;
  }

  get revival(): Revival | null {
    const { id, local } = this.job;
    return id === "" ? null : { view: "scheduled", id, local, namespace: "", line: "" };
  }

  /** What is under way, and whether the kernel has heard of it. */
  get doing(): { verb: string; heard: boolean } {
    return { verb: this.#busy || this.#asked, heard: this.#asked === "" };
  }

  override set(topic: Topic, raw: unknown, fresh = true): void {
    if (topic === "job") {
      this.job = readScheduled(raw);
      this.setClock(this.job.now, fresh);
      this.connection.expect(!this.job.deleted);
    } else if (topic === "last") {
      this.last = readRun(raw);
    } else if (topic === "notice") {
      this.notice = text(raw);
    } else {
      // A word found in the model is of a kernel that may be gone.
      this.#busy = fresh ? text(raw) : "";
      if (fresh) this.#asked = "";
    }
    this.emit(topic);
  }

  override receive(raw: unknown): void {
    const link = readPageLink(raw);
    if (link) this.pages.answer(link);
  }

  /** Ask the kernel to look at the Hub; it does so as often as is good for it. */
  refresh(): void {
    if (!this.job.deleted) this.send({ type: "refresh" }, false);
  }

  act(verb: Verb): void {
    if (this.doing.verb !== "") return;
    if (this.send({ type: verb })) this.#asked = verb;
    else this.unconfirmed = true;
    this.emit("busy");
  }

  protected override forget(): boolean {
    const waits = this.#asked !== "";
    this.#asked = "";
    return waits;
  }
}
