/**
 * The scrolling list of log lines: only rows near the view are in the page, however long the log is.
 *
 * Rows have one fixed height, so a line's place is known without the line and the kernel is asked only for what is
 * seen.
 */
import { h } from "../ui/dom.ts";
import { onSelection } from "../ui/selection.ts";
import { elementHeight, isOff, type Sizes, scrollTopFor, topAfter } from "../ui/tall_scroll.ts";
import { every, inNextFrame, onAbort } from "../ui/timing.ts";
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
/** Pixels at the top that the search box may lie over. */
const COVERED = 2 * LINE_HEIGHT;
/** Milliseconds that a row must stay in view before its line is fetched: a dragged scroll bar passes thousands. */
const SETTLE_MS = 70;
/** Milliseconds in which a browser ends a glide of a key or a wheel, wherever it was taken meanwhile. */
const GLIDE_MS = 500;

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
  /** Pixels of the list above the view: more than the scroll bar says where no element is as high as the list. */
  #top = 0;
  /** What the scroll bar said last. */
  #lastTop = 0;
  /** Lines that the list is as high as. */
  #total = 0;
  /** The reader scrolled since the last drawing: where lines wrap, only that shows whether they are at the end. */
  #scrolled = false;
  /** Until when what scrolls the reader away from an end is the rest of a glide. */
  #glidesUntil = 0;
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
    for (const own of ["wheel", "pointerdown", "keydown"])
      this.#scroller.addEventListener(own, () => (this.#glidesUntil = 0), { signal, passive: true });
    this.#scroller.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.schedule = inNextFrame(signal, () => this.#draw());
    every(1000, signal, () => this.#scroller.scrollTop < this.#lastTop && this.schedule());
    onAbort(signal, () => {
      resize.disconnect();
      clearTimeout(this.#settle);
    });
    this.#sizer.addEventListener("click", (event) => this.#clicked(event), { signal });
    onSelection(this.#sizer, signal, () => this.#stay());
    store.watch(["log", "outputs"], signal, () => this.schedule());
  }

  #clicked(event: MouseEvent): void {
    const way = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-output]") : null;
    if (way) this.#options.onOutput(Number(way.dataset.output));
  }

  /** The list came into view: a hidden element forgets its scroll position. */
  restore(): void {
    const { page } = this.#options;
    if (this.#scroller.scrollTop === 0) [this.#lastTop, this.#top] = [0, page.topLine * LINE_HEIGHT];
    this.#draw();
    if (!page.follow) this.#goTo(page.topLine * LINE_HEIGHT);
    this.schedule();
  }

  /** Whoever selects text reads it: new lines must not move it away, and drop it where it leaves the page. */
  #stay(): void {
    const { page, onFollow } = this.#options;
    if (!page.follow) return;
    [page.follow, page.topLine] = [false, Math.floor(this.#top / LINE_HEIGHT)];
    onFollow();
  }

  /** Mark what a search found, and the line that the reader is at. */
  mark(wanted: RegExp | null, line: number | null): void {
    [this.#wanted, this.#current] = [wanted, line];
    this.schedule();
  }

  /** Take the reader to a line, unless it is in view already. */
  toLine(line: number): void {
    const { page } = this.#options;
    const { clientHeight } = this.#scroller;
    const top = line * LINE_HEIGHT;
    page.follow = false;
    this.#options.onFollow();
    // The search box lies over the first rows.
    if (page.wrap) {
      this.#goTo(top - COVERED);
      this.#draw();
      const row = this.#rows.get(line)?.node;
      // What stands above it may be high.
      if (!row || row.offsetTop + row.offsetHeight > this.#lastTop + clientHeight) this.#goTo(top);
    } else if (top < this.#top + COVERED || top + LINE_HEIGHT > this.#top + clientHeight)
      this.#goTo(top - clientHeight / 2 + LINE_HEIGHT);
    this.schedule();
  }

  toStart(): void {
    const { page } = this.#options;
    page.follow = false;
    page.topLine = 0;
    this.#goTo(0);
    this.schedule();
  }

  toEnd(): void {
    this.#options.page.follow = true;
    this.schedule();
  }

  /** Lines wrap, or do not any more; the reader stays at their line. */
  rewrap(): void {
    const { page } = this.#options;
    this.#scroller.classList.toggle("hfj-wrap", page.wrap);
    this.#scroller.classList.toggle("hfj-times", page.times);
    this.#resize();
    if (!page.follow) this.#goTo(page.topLine * LINE_HEIGHT);
    this.schedule();
  }

  #resize(): void {
    this.#sizer.style.height = `${elementHeight(this.#height)}px`;
  }

  /** Pixels of the whole list. Where lines wrap, each of them can be at the top of the view. */
  get #height(): number {
    const below = this.#options.page.wrap ? this.#scroller.clientHeight - LINE_HEIGHT : 0;
    return this.#options.store.lines.total * LINE_HEIGHT + Math.max(0, below);
  }

  #draw(): void {
    const { store, page } = this.#options;
    const { total } = store.lines;
    // While more may come all of the room is there from the first line on, so that the page below stays where it is.
    const isFull = page.wrap || !store.hasEnded;
    const filled = isFull ? MAX_VISIBLE_ROWS : Math.min(Math.max(total, MIN_ROWS), MAX_VISIBLE_ROWS);
    const height = filled * LINE_HEIGHT;
    if (height > (Number.parseFloat(this.#scroller.style.height) || 0)) this.#scroller.style.height = `${height}px`;
    this.#resize();
    this.#sizer.style.setProperty("--hfj-digits", String(Math.max(3, String(total).length)));
    const { scrollTop, clientHeight } = this.#scroller;
    if (clientHeight === 0) return;
    if (scrollTop < this.#lastTop) {
      // The reader may have scrolled since the last event said where to: new lines must not take them back.
      if (scrollTop > 0) this.#onScroll();
      // Moved in the page, as with its cell: that forgets where it was scrolled to, and says nothing.
      else this.#goTo(this.#top);
    }
    const isFirst = this.#total === 0;
    // The line that the reader had before them has not come yet: until it has, nobody scrolled.
    if (!isFirst || page.follow || total > page.topLine || store.isOver) this.#total = total;
    if (page.wrap) {
      this.#drawWrapped(isFirst);
      this.#wantSoon();
      return;
    }
    if (page.follow) this.#goTo(total * LINE_HEIGHT);
    // A card that was put elsewhere in the page goes on where its reader was.
    else if (isFirst) this.#goTo(page.topLine * LINE_HEIGHT);
    const view = { top: this.#top, height: clientHeight, rowHeight: LINE_HEIGHT, count: total, overscan: OVERSCAN };
    this.#place(visibleRows(view));
    this.#wantSoon();
  }

  /**
   * Where lines wrap, a pixel of the scroll bar is an eighteenth of a line, however high that is: heights of lines that
   * are not in the page are not known. Lines in view stand one below the other, from the one at the top.
   */
  #drawWrapped(isFirst: boolean): void {
    const { page, onFollow } = this.#options;
    const { clientHeight } = this.#scroller;
    const most = Math.ceil(clientHeight / LINE_HEIGHT) + 1;
    if (isFirst && !page.follow) this.#goTo(page.topLine * LINE_HEIGHT);
    if (this.#scrolled && !page.follow) {
      // Whoever has scrolled to where the last line is whole is at the end.
      page.follow = this.#lay(this.#top, most) <= clientHeight;
      if (page.follow) onFollow();
    }
    this.#scrolled = false;
    if (page.follow) {
      const first = Math.max(0, this.#total - most) * LINE_HEIGHT;
      const top = this.#placeBelow(first, this.#lay(first, most) - clientHeight);
      this.#goTo(top);
      // Exactly: a pixel of the scroll bar may be many of a long line.
      this.#top = top;
    }
    this.#lay(this.#top, most);
  }

  /** Put lines below one another; pixels of the view to where the last line ends, if it is one of them. */
  #lay(top: number, most: number): number {
    const [first, part] = [Math.floor(top / LINE_HEIGHT), (top / LINE_HEIGHT) % 1];
    const end = Math.min(this.#total, first + most);
    this.#place(Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i));
    let y = 0;
    for (const [number, { node }] of this.#rows) {
      const height = node.offsetHeight;
      if (number === first) y -= part * height;
      node.style.top = `${y + this.#lastTop}px`;
      y += height;
    }
    return end < this.#total ? Number.POSITIVE_INFINITY : y;
  }

  /** The place in the list that is so many pixels below another one, of the lines that are laid from there. */
  #placeBelow(top: number, pixels: number): number {
    let left = Math.max(0, pixels);
    for (const [number, { node }] of this.#rows) {
      const height = node.offsetHeight;
      if (left < height) return (number + left / height) * LINE_HEIGHT;
      left -= height;
    }
    return top;
  }

  /** Put exactly these lines into the page; a row whose text is the same stays, and with it a selection in it. */
  #place(numbers: number[]): void {
    const old = this.#rows;
    // Pixels of the list above the element.
    const hidden = this.#top - this.#lastTop;
    this.#rows = new Map();
    for (const number of numbers) {
      const line = this.#options.store.lines.get(number);
      const kept = old.get(number);
      const output = this.#options.store.outputs.at(number);
      const same = kept && kept.line === line && kept.wanted === this.#wanted && kept.output === output;
      const row: Row = same ? kept : logRow(number, line, this.#wanted, output, this.#options.store.lines.time(number));
      // A rewritten line takes the place of its old self at once, so that nothing flickers.
      if (kept && !same) kept.node.replaceWith(row.node);
      old.delete(number);
      this.#rows.set(number, row);
      row.node.classList.toggle("hfj-current", number === this.#current);
      row.node.style.top = `${number * LINE_HEIGHT - hidden}px`;
    }
    for (const row of old.values()) row.node.remove();
    arrange(
      this.#sizer,
      [...this.#rows.values()].map(({ node }) => node),
    );
  }

  get #sizes(): Sizes {
    return { list: this.#height, view: this.#scroller.clientHeight };
  }

  /** Take the reader to a place in the list, and the scroll bar with them. */
  #goTo(top: number): void {
    const sizes = this.#sizes;
    this.#top = Math.min(Math.max(top, 0), Math.max(0, sizes.list - sizes.view));
    this.#scroller.scrollTop = scrollTopFor(this.#top, sizes);
    // What the browser made of it: some round it.
    this.#lastTop = this.#scroller.scrollTop;
    if (sizes.list === elementHeight(sizes.list)) this.#top = this.#lastTop;
  }

  /** Both ends by the keyboard: a browser that glides there would end with steps, which are no way to an end. */
  #key(event: KeyboardEvent): void {
    if (event.target !== this.#scroller || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.key === "End") this.toEnd();
    else if (event.key === "Home") this.toStart();
    else return;
    this.#glidesUntil = performance.now() + GLIDE_MS;
    event.preventDefault();
    this.#options.onFollow();
  }

  #onScroll(): void {
    const { page, onFollow } = this.#options;
    const { scrollTop, clientHeight } = this.#scroller;
    // Of a list that was not drawn yet every place would be the end.
    if (clientHeight === 0 || this.#total === 0) return;
    this.schedule();
    if (performance.now() < this.#glidesUntil) {
      if (!page.follow) this.#goTo(this.#top);
      return;
    }
    const sizes = this.#sizes;
    const top = topAfter(this.#top, this.#lastTop, scrollTop, sizes);
    this.#scrolled = true;
    const atEnd = !page.wrap && sizes.list - top - clientHeight < LINE_HEIGHT;
    // Only the reader moves up; our own scrolling goes to the end, where more lines may already have come.
    const follow = atEnd || (page.follow && scrollTop >= this.#lastTop);
    [this.#top, this.#lastTop] = [top, scrollTop];
    if (isOff(scrollTop, top, sizes)) this.#goTo(top);
    page.topLine = Math.floor(top / LINE_HEIGHT);
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
