/**
 * Synced state: what the kernel last said about one job, shared by all views of its model. Page-only state: page.ts.
 */

import type { Offer, OfferRequest } from "../kernel/offers.ts";
import {
  type EarlierJob,
  type Files,
  isTerminal,
  type Matches,
  type Query,
  type ToKernel,
  type Traits,
} from "../kernel/protocol.ts";
import { READERS, readMessage } from "../kernel/readers.ts";
import type { Revival } from "../kernel/revival.ts";
import { Synced } from "../kernel/synced.ts";
import { LineRequests } from "../log/line_requests.ts";
import { LogLines } from "../log/log_lines.ts";
import { Outputs } from "./output_store.ts";

export type Topic = keyof Traits;

export class JobStore extends Synced<Topic, ToKernel> {
  readonly lines = new LogLines();
  readonly requests: LineRequests;
  readonly outputs: Outputs;
  /** The newest list of the job's files. */
  files: Files | null = null;
  /** What became of the files that were fetched last. */
  pulled = "";
  /** The last value of every trait but `log`, whose lines go to `lines`. */
  #traits: Omit<Traits, "log">;
  /** Id of a search -> who waits for its answer. */
  #searches = new Map<number, (matches: Matches) => void>();
  #lastSearch = 0;
  /** The question about a rerun that waits for its answer. */
  #offer: { id: number; sends: boolean; answer: (offer: Offer) => void } | null = null;
  /** What was asked for last and not confirmed. */
  unheard = "";
  /** Earlier jobs that were asked to end here. */
  #earlierSent = new Set<string>();
  /** Yes was clicked here; a busy kernel says `cancelling` only later. */
  #cancelSent = false;

  constructor(post: (message: ToKernel) => void, pageNow?: () => number) {
    super(Object.keys(READERS) as Topic[], post, pageNow);
    const { log: _, ...readers } = READERS;
    this.#traits = Object.fromEntries(
      Object.entries(readers).map(([name, read]) => [name, read(undefined)]),
    ) as unknown as Omit<Traits, "log">;
    this.outputs = new Outputs((message) => this.send(message));
    this.requests = new LineRequests(
      this.lines,
      (message) => this.send(message),
      () => this.emit("log"),
    );
  }

  get job() {
    return this.#traits.job;
  }
  get stream() {
    return this.#traits.stream;
  }
  get note() {
    return this.#traits.stream_note;
  }
  /** What is known of jobs is as they are now: kernel and Hub are heard. */
  get isHeard() {
    return this.connection.link === "live" && !this.note.unreachable;
  }
  get training() {
    return this.#traits.training;
  }
  get progress() {
    return this.#traits.progress;
  }
  get metrics() {
    return this.#traits.metrics;
  }
  get command() {
    return this.#traits.command;
  }
  get script() {
    return this.#traits.script;
  }
  get names() {
    return this.#traits.names;
  }
  get details() {
    return this.#traits.details;
  }
  get again() {
    return this.#traits.again;
  }
  get outDir() {
    return this.#traits.out_dir;
  }
  get rightSize() {
    return this.#traits.right_size;
  }
  get idle() {
    return this.#traits.idle;
  }
  get notice() {
    return this.#traits.notice;
  }
  get earlier() {
    return this.#traits.earlier;
  }
  isCancellingEarlier = ({ id, stage, cancelling }: EarlierJob): boolean =>
    !isTerminal(stage) && (cancelling || this.#earlierSent.has(id));
  /** The kernel has heard of the cancel: it is on its way to the Hub. */
  get cancelHeard() {
    return this.#traits.cancelling;
  }
  get cancelling() {
    return (this.#traits.cancelling || this.#cancelSent) && !this.hasEnded;
  }

  /** The job has ended and its whole log is here, or it is followed no longer: nothing more comes. */
  get isOver() {
    return this.stream === "complete" || this.stream === "stopped";
  }

  get hasEnded() {
    return isTerminal(this.job.stage);
  }

  get twin() {
    return this.job.id ?? "";
  }

  get revival(): Revival | null {
    const { id, local, namespace } = this.job;
    return id === null ? null : { view: "card", id, local, namespace: local ? "" : namespace, line: "" };
  }

  override set(topic: Topic, raw: unknown, fresh = true): void {
    if (topic === "log") {
      this.lines.push(READERS.log(raw));
    } else {
      const before = this.#traits;
      this.#traits = { ...before, [topic]: READERS[topic](raw) };
      this.stoodAt = this.note.unreachable ? this.now() : null;
      if (topic === "outputs") this.outputs.list(this.#traits.outputs);
      if (topic === "job") this.setClock(this.job.now, fresh);
      if (topic === "earlier")
        for (const { id, cancelling, error } of this.earlier) if (cancelling || error) this.#earlierSent.delete(id);
      // The kernel came back from its attempt to cancel: what it says holds, not the click.
      if (before.cancelling && !this.#traits.cancelling) this.#cancelSent = false;
      if (topic === "job" || topic === "stream") this.connection.expect(!this.isOver);
      if (topic === "notice" && this.notice !== "") this.#cancelSent = false;
    }
    this.emit(topic);
  }

  override receive(raw: unknown): void {
    const message = readMessage(raw);
    if (message === null) return;
    if (message.type === "output") {
      this.outputs.take(message);
      this.emit("outputs");
      return;
    }
    if (message.type === "files" || message.type === "pulled") {
      if (message.type === "files") this.files = message;
      else this.pulled = message.said;
      this.emit("out_dir");
      return;
    }
    if (message.type === "page-link") {
      this.pages.answer(message);
      return;
    }
    if (message.type === "rerun") {
      const offer = this.#offer;
      if (offer?.id !== message.id) return;
      this.#offer = null;
      offer.answer(message);
      return;
    }
    if (message.type === "matches") {
      this.#searches.get(message.id)?.(message);
      // Another page's answer says nothing about ours.
      if (this.#searches.has(message.id))
        for (const id of this.#searches.keys()) if (id <= message.id) this.#searches.delete(id);
      return;
    }
    this.lines.fill(message.first, message.lines, message.times);
    this.requests.receive(message.first, message.lines.length);
    this.emit("log");
  }

  /** Ask the kernel which lines match; an older search that was not answered yet never will be. */
  search(query: Query, from: number, answer: (matches: Matches) => void): void {
    // Counted from the clock: another page of the same kernel counts, too, and its answers come here as well.
    this.#lastSearch = Math.max(this.#lastSearch + 1, Math.floor(this.pageNow() * 1000));
    this.#searches.set(this.#lastSearch, answer);
    this.send({ type: "search", id: this.#lastSearch, ...query, from });
  }

  /** Ask for the list of files, unless it is as it was. */
  askFiles(): void {
    this.send({ type: "files", has: this.files?.stamp ?? null });
  }

  /** Have a file, or all of them, brought beside the notebook. */
  pull(path: string | null): void {
    this.pulled = this.send({ type: "pull", path }) ? `Fetching ${path ?? "all files"}…` : "";
    this.emit("out_dir");
  }

  cancel(): void {
    if (this.cancelling) return;
    this.#cancelSent = this.send({ type: "cancel" });
    if (!this.#cancelSent) [this.unconfirmed, this.unheard] = [true, "Cancel"];
    this.emit("cancelling");
  }

  /** Let it run on, however idle it is. */
  keep(): void {
    this.send({ type: "keep" });
  }

  /** Ask what a rerun costs, or for one; an older question that was not answered yet never will be. */
  rerun(asked: Omit<OfferRequest, "type" | "id">, answer: (offer: Offer) => void): boolean {
    // At random: the answer goes to every page of this kernel.
    const id = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
    this.#offer = { id, sends: asked.send, answer };
    return this.send({ type: "rerun", id, ...asked });
  }

  cancelEarlier(id: string): void {
    if (this.send({ type: "cancel-earlier", id })) this.#earlierSent.add(id);
    else this.unconfirmed = true;
    this.emit("earlier");
  }

  /** Have a card of it made, which finds its place by itself. */
  showEarlier(id: string): void {
    this.send({ type: "show-earlier", id });
  }

  protected override forget(): boolean {
    const own = this.#cancelSent && !this.cancelHeard && !this.hasEnded;
    const cancels = own || this.#earlierSent.size > 0;
    const reruns = this.#offer?.sends === true;
    this.unheard = reruns ? "Rerun" : cancels ? "Cancel" : this.unheard;
    [this.#cancelSent, this.#offer] = [false, null];
    this.#earlierSent.clear();
    return cancels || reruns;
  }
}
