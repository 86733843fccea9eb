/** The jobs table: a bar, titles, the rows, one open card, and a word on what is not shown. */

import { connectionBar } from "../ui/connection_bar.ts";
import { h, setText } from "../ui/dom.ts";
import { count } from "../ui/format.ts";
import { keepUsedKeys } from "../ui/keys.ts";
import { message } from "../ui/message.ts";
import { presence } from "../ui/presence.ts";
import { followTheme } from "../ui/theme.ts";
import { every, inNextFrame } from "../ui/timing.ts";
import { bar } from "./bar.ts";
import { CardHolder, type CardHolderOptions } from "./card_holder.ts";
import { comparison } from "./compare.ts";
import { TableContext } from "./context.ts";
import { ringAtEnds } from "./ends.ts";
import { headings } from "./headings.ts";
import { RowList } from "./list.ts";
import { FIRST_SORT } from "./page.ts";
import type { JobRow } from "./readers.ts";
import { counts, curveOf, filterRows, newestOfRuns, sortRows } from "./rows.ts";
import { TOPICS } from "./store.ts";
import { sweepNote } from "./sweep.ts";
import { reportVisibility } from "./visibility.ts";

export function table(options: Omit<CardHolderOptions, "setCard">): HTMLElement {
  const { store, page, signal } = options;
  const changed = inNextFrame(signal, () => show());
  const { sweep } = store.place;
  if (sweep && page.sort === FIRST_SORT) page.sort = { by: "Run", down: false };
  const context = new TableContext(options, changed);
  const top = bar(context);
  const titles = headings(context);
  const rows = new RowList(context);
  const compared = comparison(context);
  const card = new CardHolder({ ...options, setCard: (card) => rows.setCard(card) });
  const groups = sweepNote(context);
  const notice = message("notice");
  const lost = connectionBar(store, signal, () => ({
    what: "jobs may still run",
    unconfirmed: "What was asked for last was not confirmed.",
    line: store.place.line,
    cancel: "",
  }));
  const grid = h("div", { role: "table", class: "hfj-grid", "aria-label": "Jobs" }, titles.node, rows.node);
  const empty = h("p", { class: "hfj-empty" });
  const more = h("p", { class: "hfj-tnote hfj-muted" });
  const node = h(
    "section",
    { class: "hfj hfj-table", "aria-label": "Jobs" },
    top.node,
    lost,
    notice.node,
    groups.node,
    compared.node,
    grid,
    empty,
    more,
  );

  const show = () => {
    context.settle();
    const { status, place } = store;
    compared.show();
    const found = filterRows(newestOfRuns(store.rows.values()), page.typed);
    const chosen = page.stages.size === 0 ? found : found.filter((row) => page.stages.has(row.stage));
    const curve = (row: JobRow) => curveOf(row, store.curves, page.metric);
    context.rows = sortRows(chosen, page.sort, place.prices, store.now(), curve);
    page.selected = new Set([...page.selected].filter((id) => store.rows.has(id)));
    card.show();
    top.show(counts(found));
    titles.show();
    rows.show(context.rows);
    node.classList.toggle("hfj-measured", page.metric !== null);
    grid.setAttribute("aria-rowcount", String(context.rows.length + 1));
    grid.hidden = context.rows.length === 0;
    empty.hidden = !grid.hidden;
    const none = status.seen_at === null ? "Loading…" : status.empty;
    setText(empty, store.rows.size > 0 ? "No job here is like that." : none);
    more.hidden = !status.more;
    setText(more, moreText(status.rows));
    notice.show(status.notice);
    node.classList.toggle("hfj-free", place.local);
    groups.show();
    node.classList.toggle("hfj-elsewhere", !context.rows.some((row) => row.cell));
    node.classList.toggle("hfj-alone", new Set([...store.rows.values()].map((row) => row.owner)).size < 2);
  };
  if (sweep) {
    node.classList.add("hfj-sweep");
    grid.style.setProperty("--hfj-w-values", sweep.widths);
  }
  show();
  store.watch(TOPICS, signal, changed);
  every(1000, signal, () => {
    if (document.hidden) return;
    rows.tick();
    top.tick();
  });
  keepUsedKeys(node, signal);
  followTheme(node, signal, () => compared.recolor());
  presence(store, signal);
  ringAtEnds(store, signal);
  reportVisibility(node, store, signal, show);
  return node;
}

const moreText = (rows: number): string =>
  `The newest ${count(rows)} are shown; there are more. ` +
  "“--limit” says how many, “--status”, “--label” and “--name” which.";
