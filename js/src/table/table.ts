/** The jobs table: a bar, titles, the rows, one open card, and a word on what is not shown. */
import type { Host } from "@anywidget/types";
import { isTerminal } from "../kernel/protocol.ts";
import { copyButton } from "../ui/copy.ts";
import { h, icon, onAbort, setText } from "../ui/dom.ts";
import { count } from "../ui/format.ts";
import { followTheme } from "../ui/theme.ts";
import { bar, headings } from "./bar.ts";
import { RowList } from "./list.ts";
import type { Question, TablePage } from "./page.ts";
import { counts, filtered, type JobRow, sorted } from "./rows.ts";
import type { TableStore } from "./store.ts";

/** Milliseconds between two words to the kernel that this page still shows the table. */
const STILL_HERE_MS = 20_000;

export interface TableOptions {
  store: TableStore;
  page: TablePage;
  signal: AbortSignal;
  host: Host | undefined;
}

export interface TableContext {
  store: TableStore;
  page: TablePage;
  signal: AbortSignal;
  select(id: string, on: boolean, range: boolean): void;
  act: {
    open(id: string | null): void;
    ask(question: Question): void;
    answer(yes: boolean): void;
    clear(): void;
    changed(): void;
  };
}

const HEADINGS = [
  ["Stage", "stage"],
  ["Name", "name"],
  ["Flavor", "flavor"],
  ["Age", "age"],
  ["Duration", "duration"],
  ["Cost", "cost"],
  ["Owner", "owner"],
] as const;

export function table({ store, page, signal, host }: TableOptions): HTMLElement {
  let shown: JobRow[] = [];
  let frame = 0;
  const changed = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      show();
    });
  };
  onAbort(signal, () => cancelAnimationFrame(frame));

  /** Of the selected jobs those that a cancel can end. */
  const running = () =>
    [...page.selected].filter((id) => {
      const row = store.rows.get(id);
      return row && !isTerminal(row.stage) && !store.isCancelling(row);
    });
  const context: TableContext = {
    store,
    page,
    signal,
    select(id, on, range) {
      const selected = new Set(page.selected);
      const [from, to] = [page.anchor, id].map((one) => shown.findIndex((row) => row.id === one)) as [number, number];
      const ids =
        range && from >= 0 && to >= 0
          ? shown.slice(Math.min(from, to), Math.max(from, to) + 1).map((row) => row.id)
          : [id];
      for (const one of ids) on ? selected.add(one) : selected.delete(one);
      [page.selected, page.anchor] = [selected, id];
      changed();
    },
    act: {
      changed,
      open(id) {
        page.open = id;
        card();
        changed();
      },
      ask(question) {
        page.asking = question;
        changed();
      },
      answer(yes) {
        const question = page.asking;
        page.asking = null;
        if (yes && question?.what === "cancel") store.cancel([question.id]);
        if (yes && question?.what === "rerun") store.rerun(question.id);
        if (yes && question?.what === "cancel-many") {
          store.cancel(running());
          page.selected = new Set();
        }
        changed();
      },
      clear() {
        page.selected = new Set();
        changed();
      },
    },
  };

  const all = h("input", { type: "checkbox", class: "hfj-check", "aria-label": "Select all shown" });
  all.addEventListener(
    "click",
    () => {
      page.selected = new Set(
        all.checked
          ? [...page.selected, ...shown.map((row) => row.id)]
          : [...page.selected].filter((id) => !shown.some((row) => row.id === id)),
      );
      changed();
    },
    { signal },
  );
  const top = bar(context);
  const titles = headings(context, HEADINGS, all);
  const rows = new RowList(context);
  const card = cardHolder(store, page, host, signal, rows);
  const empty = h("p", { class: "hfj-empty" });
  const note = h("p", { class: "hfj-tnote hfj-muted" });
  const notice = h("p", { class: "hfj-message hfj-notice", role: "status" }, icon("alert"), h("span"));
  const grid = h("div", { role: "table", class: "hfj-grid", "aria-label": "Jobs" }, titles.node, rows.node);
  const node = h("section", { class: "hfj hfj-table", "aria-label": "Jobs" }, top.node, notice, grid, empty, note);

  const show = () => {
    const { status } = store;
    const found = filtered(store.rows.values(), page.typed);
    shown = sorted(
      page.stages.size === 0 ? found : found.filter((row) => page.stages.has(row.stage)),
      page.sort,
      store.place.prices,
      store.now(),
    );
    page.selected = new Set([...page.selected].filter((id) => store.rows.has(id)));
    top.show(counts(found), running());
    titles.show();
    rows.show(shown);
    grid.setAttribute("aria-rowcount", String(shown.length + 1));
    grid.hidden = shown.length === 0;
    all.checked = shown.length > 0 && shown.every((row) => page.selected.has(row.id));
    all.indeterminate = !all.checked && shown.some((row) => page.selected.has(row.id));
    empty.hidden = shown.length > 0;
    setText(
      empty,
      store.rows.size > 0 ? "No job here is like that." : status.seen_at === null ? "Loading…" : status.empty,
    );
    note.hidden = !status.more;
    setText(
      note,
      `The newest ${count(status.rows)} are shown; there are more. “--limit” says how many, “--status”, “--label” and “--name” which.`,
    );
    notice.hidden = status.notice === "";
    setText(notice.lastElementChild as Element, status.notice);
    node.classList.toggle("hfj-free", store.place.local);
  };

  store.listen(signal, () => {
    card();
    changed();
  });
  const timer = setInterval(() => {
    if (document.hidden) return;
    rows.tick();
    top.tick();
  }, 1000);
  onAbort(signal, () => clearInterval(timer));
  followTheme(node, signal, () => {});
  tellVisible(node, store, signal, show);
  show();
  card();
  return node;
}

/** Tell the kernel while the table is on the screen, so that it asks the Hub only then. */
function tellVisible(node: HTMLElement, store: TableStore, signal: AbortSignal, shown: () => void): void {
  const view = Math.random().toString(36).slice(2, 12);
  let near = false;
  let told = false;
  const tell = (again = false) => {
    const visible = near && !document.hidden && !signal.aborted;
    if (visible === told && !(again && visible)) return;
    told = visible;
    store.watch(view, visible);
  };
  const observer = new IntersectionObserver(([entry]) => {
    near = entry?.isIntersecting ?? false;
    // A list that was drawn before it had a size does not know how many rows are in view.
    if (near) shown();
    tell();
  });
  observer.observe(node);
  document.addEventListener("visibilitychange", () => tell(), { signal });
  // A tab that is closed may get this last word out; if not, the kernel notices the silence.
  window.addEventListener("pagehide", () => told && store.watch(view, false), { signal });
  const timer = setInterval(() => tell(true), STILL_HERE_MS);
  onAbort(signal, () => {
    observer.disconnect();
    clearInterval(timer);
    tell();
  });
}

/** Milliseconds. A card's model that is in the page finds its place at once, or nearly. */
const FOUND_MS = 3000;

/** The open card: a widget of its own, made by the kernel when it is first asked for. Returns what brings it up to date. */
function cardHolder(
  store: TableStore,
  page: TablePage,
  host: Host | undefined,
  signal: AbortSignal,
  rows: RowList,
): () => void {
  let open: { id: string; reference: unknown; life: AbortController } | null = null;
  return () => {
    const id = page.open;
    const reference = id === null ? undefined : store.cards[id];
    if (open?.id === id && open?.reference === reference) return;
    open?.life.abort();
    open = null;
    if (id === null) return rows.setCard(null);
    const life = new AbortController();
    signal.addEventListener("abort", () => life.abort(), { once: true, signal: life.signal });
    const holder = h("span", { role: "cell" });
    const waiting = h("p", { class: "hfj-empty" }, "Opening the card…");
    const command = `%hfjobs attach ${id}${store.place.local ? " --local" : ""}`;
    const instead = () =>
      holder.replaceChildren(
        h(
          "p",
          { class: "hfj-empty" },
          "No card can be shown here. In a cell, ",
          h("code", {}, command),
          " shows it. ",
          copyButton(life.signal, "Copy the line", async () => command),
        ),
      );
    holder.append(waiting);
    rows.setCard({ id, node: h("div", { class: "hfj-tcard", role: "row" }, holder) });
    if (open === null && reference === undefined) store.card(id);
    open = { id, reference, life };
    if (typeof reference !== "string") return;
    // Nobody hands a host to a twin; the card's own model then finds its place by the job's id.
    if (!host) {
      holder.replaceChildren(h("div", { "data-hfjob": id }, waiting));
      const late = setTimeout(() => waiting.isConnected && instead(), FOUND_MS);
      onAbort(life.signal, () => clearTimeout(late));
      return;
    }
    host
      .getWidget(reference)
      .then((widget) => {
        if (life.signal.aborted) return;
        waiting.remove();
        return widget.render({ el: holder, signal: life.signal });
      })
      .catch(instead);
  };
}
