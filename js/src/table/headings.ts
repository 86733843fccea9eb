/** The titles of the columns: a click sorts, a second one turns the order round. */

import { button } from "../ui/button.ts";
import { h } from "../ui/dom.ts";
import { icon } from "../ui/icons.ts";
import type { TableContext } from "./context.ts";
import { COLUMNS, type Column } from "./rows.ts";

/** Columns of numbers, which begin with the largest; words begin with A. */
const NUMBERS: readonly Column[] = ["Age", "Duration", "Cost"];

/** Columns of a table, in order; a sweep's begin with the run, its parameters and what it gave back. */
const columnsOf = ({ store }: TableContext): { by: Column; label: string; class: string }[] => {
  const usual = COLUMNS.map((name) => ({ by: name as Column, label: name, class: name.toLowerCase() }));
  const { sweep } = store.place;
  if (!sweep) return usual;
  const own = sweep.columns.map((label, i) => ({ by: i as Column, label, class: "value" }));
  const found = (["Best", "Last"] as const).map((label) => ({ by: label as Column, label, class: "metric" }));
  return [
    usual[0] as (typeof usual)[0],
    { by: "Run", label: "Run", class: "run" },
    ...own,
    ...found,
    // Its name is the same in every row.
    ...usual.slice(1).map((one) => (one.by === "Name" ? { ...one, label: "Progress" } : one)),
  ];
};

export interface Headings {
  node: HTMLElement;
  show(): void;
}

export function headings(context: TableContext): Headings {
  const { page, signal } = context;
  const all = h("input", { type: "checkbox", class: "hfj-check", "aria-label": "Select all shown" });
  all.addEventListener("click", () => context.selectShown(all.checked), { signal });
  const cells = columnsOf(context).map(({ by: name, label, class: key }) => {
    const title = button({
      label,
      icon: "down",
      class: "hfj-sort",
      signal,
      onClick: () => {
        page.sort = { by: name, down: page.sort.by === name ? !page.sort.down : NUMBERS.includes(name) };
        context.changed();
      },
    });
    return { name, title, node: h("span", { role: "columnheader", class: `hfj-cell hfj-c-${key}` }, title) };
  });
  const row = h(
    "div",
    { role: "row", class: "hfj-trow hfj-thead", "aria-rowindex": 1 },
    h("span", { role: "columnheader", class: "hfj-cell hfj-c-check" }, all),
    ...cells.map((cell) => cell.node),
    h("span", { role: "columnheader", class: "hfj-cell hfj-c-actions" }, h("span", { class: "hfj-unseen" }, "Actions")),
  );
  return {
    node: h("div", { role: "rowgroup" }, row),
    show() {
      const selected = context.rows.filter(({ id }) => page.selected.has(id)).length;
      all.checked = selected > 0 && selected === context.rows.length;
      all.indeterminate = !all.checked && selected > 0;
      for (const { name, title, node } of cells) {
        const on = page.sort.by === name;
        node.setAttribute("aria-sort", !on ? "none" : page.sort.down ? "descending" : "ascending");
        if (name === "Best" || name === "Last") title.title = `${name} ${page.metric} that was printed`;
        title.replaceChild(icon(page.sort.down ? "down" : "up"), title.firstElementChild as Element);
      }
    },
  };
}
