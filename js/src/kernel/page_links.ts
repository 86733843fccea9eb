/**
 * The pages of local jobs, which open for who has a link of the kernel's: one that works once, for a minute.
 *
 * The window opens at the click, because a browser lets no page open one later; its address comes when the kernel has
 * asked the local service.
 */
import { fields, maybeNumber, maybeText } from "./raw.ts";

export interface PageLinkRequest {
  type: "page-link";
  id: number;
  job: string;
}

export interface PageLink {
  type: "page-link";
  id: number;
  url: string | null;
  /** Why there is none. */
  error: string | null;
}

/** Milliseconds after which the new window says that the kernel is busy; it goes on waiting. */
const BUSY_MS = 4000;
const WAITING = "Opening the job\u2019s page\u2026";

export function readPageLink(raw: unknown): PageLink | null {
  const f = fields(raw);
  const id = f.type === "page-link" ? maybeNumber(f.id) : null;
  if (id === null) return null;
  return { type: "page-link", id, url: maybeText(f.url), error: maybeText(f.error) };
}

export class PageLinks {
  /** Question -> the window that waits for its answer. */
  #waiting = new Map<number, Window>();

  constructor(
    /** Says whether there is a kernel to send to. */
    private readonly send: (message: PageLinkRequest) => boolean,
  ) {}

  /** Open the page of a job; call it while a click is handled. False where the browser opens no window. */
  open(job: string): boolean {
    const opened = window.open("", "_blank");
    if (opened === null) return false;
    // The page is not ours to be reached from.
    opened.opener = null;
    say(opened, WAITING);
    // At random: the answer goes to every page of this kernel.
    const id = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
    this.#waiting.set(id, opened);
    const otherwise = `In a terminal this opens the page, too: python -m hfjobs_magic.local open ${job}`;
    setTimeout(() => {
      if (this.#waiting.has(id)) say(opened, `${WAITING} The kernel is busy or gone. ${otherwise}`);
    }, BUSY_MS);
    if (this.send({ type: "page-link", id, job })) return true;
    this.#waiting.delete(id);
    say(opened, `The kernel is not connected. ${otherwise}`);
    return true;
  }

  /** Take a message of the kernel; one that no window of this page waits for is ignored. */
  answer({ id, url, error }: PageLink): void {
    const opened = this.#waiting.get(id);
    if (!this.#waiting.delete(id) || !opened || opened.closed) return;
    if (url !== null && /^https?:/.test(url)) opened.location.replace(url);
    else say(opened, error ?? "There is no page of this job.");
  }
}

function say(opened: Window, text: string): void {
  opened.document.title = "Job";
  opened.document.body.textContent = text;
  opened.document.body.style.font = "14px/1.5 system-ui, sans-serif";
}
