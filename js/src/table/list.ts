/**
 * The rows in view, however many there are: rows have one height, so a row's place is known without the row.
 * One card may be open under its row; what follows stands lower by its height.
 */

import { focusOn, h } from "../ui/dom.ts";
import { isCommand } from "../ui/keys.ts";
import { inNextFrame, onAbort } from "../ui/timing.ts";
import { arrange, visibleRows } from "../ui/visible_rows.ts";
import type { TableContext } from "./context.ts";
import type { JobRow } from "./readers.ts";
import { type RowView, rowView } from "./row.ts";

/** Pixels; the style sheet has it as a custom property. */
const ROW_HEIGHT = 34;
const MAX_VISIBLE_ROWS = 12;
const OVERSCAN = 6;
/** Milliseconds without a scroll after which the rows are put in their order in the page. */
const SETTLED_MS = 200;

export class RowList {
  readonly node: HTMLElement;
  #scroller: HTMLElement;
  #sizer: HTMLElement;
  #rows = new Map<string, RowView>();
  #shown: JobRow[] = [];
  /** The row whose controls the Tab key reaches. */
  #active: string | null = null;
  /** The open card's element, and its height in the list. */
  #card: { id: string; node: HTMLElement } | null = null;
  #cardHeight = 0;
  /** Rows that show another job than when they were put in order. */
  #reused = new Set<RowView>();
  #settled = 0;

  constructor(private readonly context: TableContext) {
    const { signal } = context;
    this.#sizer = h("div", { class: "hfj-tsizer", role: "rowgroup" });
    this.#scroller = h("div", { class: "hfj-tscroll", role: "presentation" }, this.#sizer);
    this.node = this.#scroller;
    this.#sizer.style.setProperty("--hfj-row-height", `${ROW_HEIGHT}px`);
    const scrolled = inNextFrame(signal, () => {
      this.#place();
      clearTimeout(this.#settled);
      this.#settled = window.setTimeout(() => this.#arrange(), SETTLED_MS);
    });
    this.#scroller.addEventListener(
      "scroll",
      () => {
        context.page.top = this.#scroller.scrollTop;
        scrolled();
      },
      { signal, passive: true },
    );
    this.#sizer.addEventListener(
      "focusin",
      (event) => this.#activate((event.target as Element).closest<HTMLElement>(".hfj-trow")?.dataset.id ?? null),
      { signal },
    );
    this.#sizer.addEventListener("keydown", (event) => this.#key(event), { signal });
    onAbort(signal, () => clearTimeout(this.#settled));
  }

  /** Put a card under its row, or take it away. */
  setCard(card: { id: string; node: HTMLElement } | null): void {
    this.#card?.node.remove();
    this.#card = card;
    this.#cardHeight = 0;
    if (!card) return;
    this.#sizer.append(card.node);
    const observer = new ResizeObserver(([entry]) => {
      const height = entry?.borderBoxSize[0]?.blockSize ?? 0;
      if (height === 0 || height === this.#cardHeight) return;
      this.#cardHeight = height;
      this.#place();
    });
    observer.observe(card.node);
    onAbort(this.context.signal, () => observer.disconnect());
  }

  show(rows: JobRow[]): void {
    this.#shown = rows;
    if (!rows.some((row) => row.id === this.#active)) this.#active = rows[0]?.id ?? null;
    this.#place();
    this.#arrange();
  }

  tick(): void {
    if (this.#goBack()) this.#place();
    for (const row of this.#rows.values()) row.tick();
  }

  /** Moved in the page, as with its cell: that forgets where it was scrolled to, and says nothing. */
  #goBack(): boolean {
    const { top } = this.context.page;
    if (this.#scroller.scrollTop > 0 || top === 0) return false;
    this.#scroller.scrollTop = top;
    return this.#scroller.scrollTop > 0;
  }

  get #cardIndex(): number {
    return this.#card ? this.#shown.findIndex((row) => row.id === this.#card?.id) : -1;
  }

  #top(index: number, cardIndex: number): number {
    return index * ROW_HEIGHT + (cardIndex >= 0 && index > cardIndex ? this.#cardHeight : 0);
  }

  #place(): void {
    const rows = this.#shown;
    const cardIndex = this.#cardIndex;
    const extra = cardIndex < 0 ? 0 : this.#cardHeight;
    // The list grows by an open card, so that as many rows are seen as before.
    this.#scroller.style.height = `${Math.min(rows.length, MAX_VISIBLE_ROWS) * ROW_HEIGHT + extra}px`;
    this.#sizer.style.height = `${rows.length * ROW_HEIGHT + extra}px`;
    this.#goBack();
    const { scrollTop, clientHeight } = this.#scroller;
    // Counted as if there were no card: too many rows by its height at most, never too few.
    const view = { top: scrollTop - extra, height: clientHeight + extra, rowHeight: ROW_HEIGHT };
    const wanted = new Set(visibleRows({ ...view, count: rows.length, overscan: OVERSCAN }));
    const focus = this.#sizer.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    // The row with the focus stays, or the keyboard would be sent to the top of the page.
    const kept = focus ? rows.findIndex(({ id }) => id === this.#active) : -1;
    if (kept >= 0) wanted.add(kept);
    const old = this.#rows;
    const ids = new Set([...wanted].map((index) => rows[index]?.id));
    const free = [...old].filter(([id]) => !ids.has(id)).map(([, view]) => view);
    this.#rows = new Map();
    for (const index of [...wanted].sort((a, b) => a - b)) {
      const row = rows[index] as JobRow;
      const same = old.get(row.id);
      const view = same ?? free.pop() ?? rowView(this.context);
      if (!same) this.#reused.add(view);
      // Where it stands in the page only matters once the list is at rest, and moving an element costs a layout.
      if (!view.node.isConnected) this.#sizer.append(view.node);
      this.#rows.set(row.id, view);
      view.show(row, index);
      view.reach(row.id === this.#active);
      view.node.style.transform = `translateY(${this.#top(index, cardIndex)}px)`;
    }
    for (const { node } of free) node.remove();
    if (this.#card) {
      this.#card.node.hidden = cardIndex < 0;
      this.#card.node.style.transform = `translateY(${(cardIndex + 1) * ROW_HEIGHT}px)`;
    }
  }

  /** Put the rows in the order in which they are read aloud. */
  #arrange(): void {
    const focus = document.activeElement as HTMLElement | null;
    // Out of the way first, or all others would have to move past them.
    for (const { node } of this.#reused) node.remove();
    this.#reused.clear();
    const nodes = [...this.#rows.values()].map(({ node }) => node);
    arrange(this.#sizer, nodes);
    // An element that is moved loses the focus.
    if (focus !== document.activeElement && focus?.isConnected) focusOn(focus);
  }

  #activate(id: string | null): void {
    if (id === null || id === this.#active) return;
    this.#active = id;
    this.#reach();
  }

  /** One row is a stop for the Tab key; arrows go from row to row. */
  #reach(): void {
    for (const [id, view] of this.#rows) view.reach(id === this.#active);
  }

  #key(event: KeyboardEvent): void {
    const row = (event.target as Element).closest<HTMLElement>(".hfj-trow");
    if (!row) return;
    const at = this.#shown.findIndex(({ id }) => id === row.dataset.id);
    const step = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: MAX_VISIBLE_ROWS - 1,
      PageUp: 1 - MAX_VISIBLE_ROWS,
      Home: -at,
      End: this.#shown.length,
    }[event.key];
    if (step === undefined || isCommand(event)) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(this.#shown.length - 1, at + step));
    const column = this.#rows.get(row.dataset.id ?? "")?.controls.indexOf(event.target as HTMLElement) ?? 0;
    this.#toView(to);
    // Not read back from `#active`: placing may give the focused element to another row for a moment.
    const id = this.#shown[to]?.id ?? "";
    this.#active = id;
    this.#place();
    const controls = this.#rows.get(id)?.controls ?? [];
    const same = controls[column];
    // A row that has ended has no Cancel button.
    focusOn(same?.offsetParent ? same : controls[0]);
  }

  #toView(index: number): void {
    const top = this.#top(index, this.#cardIndex);
    const { scrollTop, clientHeight } = this.#scroller;
    if (top < scrollTop) this.#scroller.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight) this.#scroller.scrollTop = top + ROW_HEIGHT - clientHeight;
    this.context.page.top = this.#scroller.scrollTop;
  }
}
