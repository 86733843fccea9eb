/**
 * One row of the jobs table. It is built once and told what it shows, so that a focus in it survives a refresh and
 * scrolling builds nothing.
 */

import { button } from "../ui/button.ts";
import { h, setText } from "../ui/dom.ts";
import { duration, money, significant } from "../ui/format.ts";
import { pill, STAGE_TEXT, showStage } from "../ui/stage.ts";
import type { TableContext } from "./context.ts";
import type { JobRow } from "./readers.ts";
import { rowTools } from "./row_tools.ts";
import { age, cost, curveOf, nameOf, ran, short } from "./rows.ts";

export interface RowView {
  node: HTMLElement;
  /** What a keyboard can reach in it, in order. */
  controls: HTMLElement[];
  show(row: JobRow, index: number): void;
  /** Whether it is the row that the Tab key reaches. */
  reach(on: boolean): void;
  /** Show the times of now. */
  tick(): void;
}

/** Labels that every job of ours has; they are found by typing and named in the title. */
const OURS = /^(tool|notebook|cell|hfjobs-\w+|sweep|sweep-\w+)=/;

const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

const cell = (column: string, ...children: (Node | string)[]) =>
  h("span", { role: "cell", class: `hfj-cell hfj-c-${column}` }, ...children);

export function rowView(context: TableContext): RowView {
  const { store, page, signal } = context;
  let row: JobRow;
  let before = "";
  let reached: boolean | null = null;
  const turn = () => context.open(page.open === row.id ? null : row.id);
  const check = h("input", { type: "checkbox", class: "hfj-check" });
  check.addEventListener("click", (event) => context.select(row.id, check.checked, event.shiftKey), { signal });
  const toggle = button({ label: "", icon: "chevron", class: "hfj-collapse", signal, onClick: turn });
  const stage = pill();
  const name = h("span", { class: "hfj-name" });
  const labels = h("span", { class: "hfj-labels" });
  const why = h("span", { class: "hfj-why" });
  const title = cell("name", name, why, labels);
  title.addEventListener("click", turn, { signal });
  const [flavor, born, time, price, from, owner] = (
    ["flavor", "age", "duration", "cost", "cell", "owner"] as const
  ).map((column) => cell(column)) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement];
  const sweep = store.place.sweep;
  const run = cell("run");
  const values = sweep?.columns.map(() => cell("value")) ?? [];
  const found = sweep ? [cell("metric"), cell("metric")] : [];
  const tools = rowTools(context);
  const controls = [check, toggle, ...tools.controls];
  const node = h(
    "div",
    { role: "row", class: "hfj-trow" },
    cell("check", check),
    cell("stage", toggle, stage),
    ...(sweep ? [run, ...values, ...found] : []),
    title,
    flavor,
    born,
    time,
    price,
    from,
    owner,
    tools.node,
  );

  const tick = () => {
    const now = store.now();
    setText(born, row.created_at === null ? "" : age(now - row.created_at));
    const seconds = ran(row, now);
    setText(time, seconds === null ? "" : duration(seconds));
    const usd = cost(row, store.place.prices, now);
    setText(price, row.reused ? "free" : usd === null ? "" : money(usd));
  };
  const showJob = () => {
    node.dataset.id = row.id;
    showStage(stage, row.stage);
    stage.title = [STAGE_TEXT[row.stage], row.message].filter(Boolean).join(": ");
    if (!sweep) setText(name, row.name);
    setText(why, row.stage === "ERROR" || row.stage === "SCHEDULING" ? (row.message ?? "") : "");
    why.dataset.stage = row.stage;
    title.title = [row.name, why.textContent, row.id, ...row.labels].filter(Boolean).join("\n");
    setText(flavor, row.flavor);
    setText(owner, row.owner);
    setText(from, row.cell);
    setText(run, row.run ? String(row.run) : "");
    for (const [i, value] of values.entries()) {
      setText(value, short(row.values[i]));
      value.title = row.values[i] ?? "";
    }
    born.title = row.created_at === null ? "" : DATE.format(row.created_at * 1000);
    check.setAttribute("aria-label", `Select ${nameOf(row, sweep?.parameters ?? [])}`);
  };
  return {
    node,
    controls,
    tick,
    show(shown, index) {
      const stale = shown !== row;
      row = shown;
      const open = page.open === row.id;
      const selected = page.selected.has(row.id);
      // What a row shows beside its job; scrolling shows thousands of rows that are as they were.
      const curve = sweep ? curveOf(row, store.curves, page.metric) : undefined;
      const done = sweep && row.stage === "RUNNING" ? (store.curves.get(row.id)?.done ?? 0) : 0;
      const now = [
        done,
        curve?.best,
        curve?.last,
        curve?.odd,
        store.isCancelling(row),
        store.connection.lost,
        open,
        selected,
        JSON.stringify(page.asking),
        index,
      ].join();
      if (!stale && now === before) return;
      before = now;
      if (stale) showJob();
      const said = row.reused ? ["reused"] : done > 0 ? [`${done} %`] : row.labels.filter((label) => !OURS.test(label));
      setText(labels, said.join("  "));
      for (const [i, value] of [curve?.best, curve?.odd || curve?.last].entries())
        if (found[i]) setText(found[i], typeof value === "number" ? significant(value) : (value ?? ""));
      // The card of another job has to be asked for; one that is open can be closed.
      toggle.disabled = store.connection.lost && !open && store.cards[row.id] === undefined;
      toggle.setAttribute("aria-expanded", String(open));
      toggle.title = `${open ? "Close" : "Show"} the card of ${row.name}`;
      toggle.setAttribute("aria-label", toggle.title);
      check.checked = selected;
      node.classList.toggle("hfj-selected", selected);
      node.classList.toggle("hfj-opened", open);
      node.setAttribute("aria-rowindex", String(index + 2));
      tools.show(row);
      tick();
    },
    reach(on) {
      if (on === reached) return;
      reached = on;
      for (const control of controls) control.tabIndex = on ? 0 : -1;
    },
  };
}
