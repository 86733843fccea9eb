/** Runs of a sweep in the colours of a parameter, with its legend, and that parameter against the best of a metric. */

import { asNumber, type Group, groupValues, isNumeric } from "../charts/by_value.ts";
import { scatter } from "../charts/scatter.ts";
import { h } from "../ui/dom.ts";
import { significant } from "../ui/format.ts";
import type { TableContext } from "./context.ts";
import { curveOf, nameOf } from "./rows.ts";

/** A choice by name; hidden where there is nothing to choose. */
function choice(signal: AbortSignal, label: string, onChoose: (name: string) => void) {
  const select = h("select", { class: "hfj-choice", "aria-label": label, title: label });
  select.addEventListener("change", () => onChoose(select.value), { signal });
  return {
    node: select,
    show(names: readonly string[], chosen: string) {
      if ([...select.options].map(({ value }) => value).join("\n") !== names.join("\n"))
        select.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
      select.value = chosen;
      select.hidden = names.length < 1;
    },
  };
}

export function runColors(context: TableContext, changed: () => void, emphasize: (line: number | null) => void) {
  const { store, page, signal } = context;
  let ids: readonly string[] = [];
  let of: number[] = [];
  const by = choice(signal, "Coloured by", (name) => {
    page.by = name;
    changed();
  });
  const metric = choice(signal, "Metric of the columns Best and Last", (name) => {
    page.metric = page.chosen = name;
    context.changed();
    changed();
  });
  const legend = h("p", { class: "hfj-keys" });
  const dots = scatter(signal, emphasize, (i) => context.open(ids[i] ?? null));
  const keys = h("span");
  legend.append(by.node, keys);
  const showLegend = (groups: readonly Group[]) =>
    keys.replaceChildren(
      ...groups.map(({ color, label }) => h("span", {}, h("i", { class: "hfj-swatch", "data-color": color }), label)),
    );
  return {
    tools: [metric.node],
    legend,
    scatter: dots.node,
    look: (i: number) => ({ color: (of[i] ?? 0) + 1, dashed: false }),
    /** Choose the colours for runs, before they are drawn; whether they are others than before. */
    show(runs: readonly string[], metrics: readonly string[]): boolean {
      const names = store.place.sweep?.parameters ?? [];
      const rows = runs.map((id) => store.rows.get(id));
      const valuesOf = (name: string) => rows.map((row) => row?.values[names.indexOf(name)] ?? "");
      const varied = names.filter((name) => new Set(valuesOf(name)).size > 1);
      const name = varied.find((one) => one === page.by) ?? varied.find((one) => isNumeric(valuesOf(one))) ?? varied[0];
      const values = name === undefined ? runs.map(() => "") : valuesOf(name);
      const { groups, of: places } = groupValues(values);
      const same = of.every((place, i) => place === places[i]);
      [ids, of] = [runs, places];
      showLegend(name === undefined ? [] : groups);
      by.show(varied, name ?? "");
      const key = page.metric ?? "";
      metric.show(metrics, key);
      const drawn = name !== undefined && isNumeric(values);
      dots.show(
        `best ${key} by ${name}`,
        rows.map((row, i) => {
          const [x, y = null] = [asNumber(values[i]), row && curveOf(row, store.curves, key)?.best];
          if (!drawn || !row || x === null || y === null) return null;
          return { x, y, color: (places[i] ?? 0) + 1, title: `${nameOf(row, names)}: ${significant(y)}` };
        }),
      );
      return !same;
    },
  };
}
