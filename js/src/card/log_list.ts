/**
 * The scrolling list of log lines: only rows near the view are in the page, however long the log is.
 *
 * Rows have one fixed height, so a line's place is known without the line and the kernel is asked only for what is
 * seen.
 */
import { isTerminal } from "../kernel/protocol.ts";
import { h } from "../ui/dom.ts";
import { inNextFrame, onAbort } from "../ui/timing.ts";
import { arrange, visibleRows } from "../ui/visible_rows.ts";
import { logRow, type Row } from "./log_row.ts";
import type { Page } from "./page.ts";
import type { JobStore } from "./store.ts";

/** Pixels; the style sheet has it as a custom property. */
const LINE_HEIGHT = 18;
/** Rows that the list is high at least and at most; it never shrinks: the page stays still. */
const MIN_ROWS = 4;
const MAX_VISIBLE_ROWS = 17;
const OVERSCAN = 12;
/** Rows. Firefox draws no element higher than 17.8 million pixels; a longer log shows its newest part. */
const MAX_ROWS = 900_000;
/** Rows by which the start of such a log moves at once, so that it moves rarely. */
const BASE_STEP = 50_000;
/** Pixels at the top that the search box may lie over. */
const COVERED = 2 * LINE_HEIGHT;
/** Milliseconds that a row must stay in view before its line is fetched: a dragged scroll bar passes thousands. */
const SETTLE_MS = 70;

export interface LogListOptions {
  store: JobStore;
  page: Page;
  signal: AbortSignal;
  /** Called when following was switched by scrolling. */
  onFollow: () => void;
  /** Called when the line of an output was clicked. */
  onOutput: (number: number) => void;
}

export class LogList {
  readonly node: HTMLElement;
  /** Draw once in the next frame, however many pushes come before it. */
  readonly schedule: () => void;
  #scroller: HTMLElement;
  #sizer = h("div", { class: "hfj-sizer" });
  #rows = new Map<number, Row>();
  #options: LogListOptions;
  /** The number of the first line in the list; 0 but for very long logs. */
  #base = 0;
  #lastTop = 0;
  #wanted: RegExp | null = null;
  #current: number | null = null;
  #settle: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LogListOptions) {
    this.#options = options;
    const { store, signal } = options;
    this.#scroller = h(
      "div",
      {
        class: "hfj-scroll",
        tabindex: 0,
        role: "region",
        "aria-label": "Log lines",
      },
      this.#sizer,
    );
    this.node = this.#scroller;
    this.#sizer.style.setProperty("--hfj-line-height", `${LINE_HEIGHT}px`);
    const resize = new ResizeObserver(() => this.schedule());
    resize.observe(this.#scroller);
    this.#scroller.addEventListener("scroll", () => this.#onScroll(), { signal, passive: true });
    this.schedule = inNextFrame(signal, () => this.#draw());
    onAbort(signal, () => {
      resize.disconnect();
      clearTimeout(this.#settle);
    });
    this.#sizer.addEventListener("click", (event) => this.#clicked(event), { signal });
    store.watch(["log", "outputs"], signal, () => this.schedule());
  }

  #clicked(event: MouseEvent): void {
    const way = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-output]") : null;
    if (way) this.#options.onOutput(Number(way.dataset.output));
  }

  /** The list came into view: a hidden element forgets its scroll position. */
  restore(): void {
    if (this.#scroller.scrollTop === 0) this.#lastTop = 0;
    this.#draw();
    if (!this.#options.page.follow) this.#scroller.scrollTop = (this.#options.page.topLine - this.#base) * LINE_HEIGHT;
    this.schedule();
  }

  /** Mark what a search found, and the line that the reader is at. */
  mark(wanted: RegExp | null, line: number | null): void {
    [this.#wanted, this.#current] = [wanted, line];
    this.schedule();
  }

  /** Take the reader to a line, unless it is in view already. */
  toLine(line: number): void {
    const { page } = this.#options;
    const { scrollTop, clientHeight } = this.#scroller;
    const top = (line - this.#base) * LINE_HEIGHT;
    page.follow = false;
    this.#options.onFollow();
    // The search box lies over the first rows.
    if (top < scrollTop + COVERED || top + LINE_HEIGHT > scrollTop + clientHeight)
      this.#scroller.scrollTop = top - clientHeight / 2 + LINE_HEIGHT;
    this.#lastTop = this.#scroller.scrollTop;
    this.schedule();
  }

  toStart(): void {
    this.#options.page.follow = false;
    this.#scroller.scrollTop = 0;
    this.schedule();
  }

  toEnd(): void {
    this.#options.page.follow = true;
    this.schedule();
  }

  #draw(): void {
    const { store, page } = this.#options;
    const { total } = store.lines;
    // The reader may have scrolled since the last event said where to: new lines must not take them back.
    if (this.#scroller.scrollTop < this.#lastTop) this.#onScroll();
    this.#moveBase(total);
    const rows = total - this.#base;
    // While more may come all of the room is there from the first line on, so that the page below stays where it is.
    const filled = isTerminal(store.job.stage)
      ? Math.min(Math.max(rows, MIN_ROWS), MAX_VISIBLE_ROWS)
      : MAX_VISIBLE_ROWS;
    const height = filled * LINE_HEIGHT;
    if (height > (Number.parseFloat(this.#scroller.style.height) || 0)) this.#scroller.style.height = `${height}px`;
    this.#sizer.style.height = `${rows * LINE_HEIGHT}px`;
    this.#sizer.style.setProperty("--hfj-digits", String(Math.max(3, String(total).length)));
    if (this.#scroller.clientHeight === 0) return;
    if (page.follow) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
      this.#lastTop = this.#scroller.scrollTop;
    }
    const { scrollTop, clientHeight } = this.#scroller;
    const view = { top: scrollTop, height: clientHeight, rowHeight: LINE_HEIGHT, count: rows, overscan: OVERSCAN };
    this.#place(visibleRows(view).map((row) => this.#base + row));
    this.#wantSoon();
  }

  /** Put exactly these lines into the page; a row whose text is the same stays, and with it a selection in it. */
  #place(numbers: number[]): void {
    const old = this.#rows;
    this.#rows = new Map();
    for (const number of numbers) {
      const line = this.#options.store.lines.get(number);
      const kept = old.get(number);
      const output = this.#options.store.outputs.at(number);
      const same = kept && kept.line === line && kept.wanted === this.#wanted && kept.output === output;
      const row: Row = same ? kept : logRow(number, line, this.#wanted, output);
      // A rewritten line takes the place of its old self at once, so that nothing flickers.
      if (kept && !same) kept.node.replaceWith(row.node);
      old.delete(number);
      this.#rows.set(number, row);
      row.node.classList.toggle("hfj-current", number === this.#current);
      row.node.style.top = `${(number - this.#base) * LINE_HEIGHT}px`;
    }
    for (const row of old.values()) row.node.remove();
    arrange(
      this.#sizer,
      [...this.#rows.values()].map(({ node }) => node),
    );
  }

  #moveBase(total: number): void {
    const base = Math.max(0, Math.ceil((total - MAX_ROWS) / BASE_STEP) * BASE_STEP);
    if (base === this.#base) return;
    this.#scroller.scrollTop -= (base - this.#base) * LINE_HEIGHT;
    this.#base = base;
  }

  #onScroll(): void {
    const { page, onFollow } = this.#options;
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    if (clientHeight === 0) return;
    this.schedule();
    const atEnd = scrollHeight - scrollTop - clientHeight < LINE_HEIGHT;
    // Only the reader moves up; our own scrolling goes to the end, where more lines may already have come.
    const follow = atEnd || (page.follow && scrollTop >= this.#lastTop);
    this.#lastTop = scrollTop;
    page.topLine = this.#base + Math.floor(scrollTop / LINE_HEIGHT);
    if (follow === page.follow) return;
    page.follow = follow;
    onFollow();
  }

  #wantSoon(): void {
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => {
      const numbers = [...this.#rows.keys()];
      const [first, last] = [numbers[0], numbers.at(-1)];
      if (first !== undefined && last !== undefined) this.#options.store.requests.want(first, last + 1);
    }, SETTLE_MS);
  }
}
