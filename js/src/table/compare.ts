/** Training curves of the chosen jobs over each other, and a table of their values: the legend of all the charts. */

import { axisChoice } from "../charts/axis_choice.ts";
import { ChartGrid } from "../charts/chart_grid.ts";
import { choices, lineLook, metrics, overlaySpecs, type Place } from "../charts/overlay.ts";
import { isTerminal } from "../kernel/protocol.ts";
import { button } from "../ui/button.ts";
import { h, setText } from "../ui/dom.ts";
import { plural, significant } from "../ui/format.ts";
import type { TableContext } from "./context.ts";
import type { Curves } from "./readers.ts";

export interface Comparison {
  node: HTMLElement;
  show(): void;
  /** Draw again with the colours of a new theme. */
  recolor(): void;
}

/** A job's row in the legend. */
interface Run {
  node: HTMLElement;
  name: HTMLElement;
  values: Map<string, HTMLElement>;
}

export function comparison(context: TableContext): Comparison {
  const { store, page, signal } = context;
  const charts = new ChartGrid(1, signal);
  const title = h("span", { class: "hfj-name", role: "status" });
  const close = button({ label: "Close", icon: "close", signal, onClick: () => context.compare([]) });
  const axes = axisChoice(signal, (x) => {
    page.place = x as Place;
    draw();
  });
  const head = h("thead");
  const body = h("tbody");
  const caption = h("caption", { class: "hfj-unseen" }, "Values under the cursor, else the newest");
  const legend = h("table", {}, caption, head, body);
  const node = h(
    "div",
    { class: "hfj-compare", role: "region", "aria-label": "Training curves" },
    h("div", { class: "hfj-bar" }, title, charts.reset, axes.node, close),
    h("div", { class: "hfj-metrics" }, ...charts.nodes),
    h("div", { class: "hfj-runs", tabindex: 0, role: "region", "aria-label": "Values" }, legend),
  );
  let runs: Run[] = [];
  let pinned: number | null = null;
  /** What was drawn last. */
  let drawn: unknown[] = [];

  const emphasize = (line: number | null) => charts.emphasize(line ?? pinned);
  const pin = (i: number) => {
    pinned = pinned === i ? null : i;
    for (const [n, { name }] of runs.entries()) name.setAttribute("aria-pressed", String(n === pinned));
    emphasize(null);
  };
  const makeRun = (id: string, i: number): Run => {
    const { color, dashed } = lineLook(i);
    const name = button({ label: store.rows.get(id)?.name ?? id, class: "hfj-toggle", signal, onClick: () => pin(i) });
    name.title = `${name.textContent}: let its lines stand out`;
    name.setAttribute("aria-pressed", "false");
    name.prepend(h("i", { class: "hfj-swatch", "data-color": color, "data-dashed": dashed }));
    const node = h("tr");
    node.addEventListener("pointerenter", () => emphasize(i), { signal });
    node.addEventListener("pointerleave", () => emphasize(null), { signal });
    return { node, name, values: new Map() };
  };
  /** What is said in the place of values. */
  const instead = (id: string, curves: Curves | undefined): string => {
    if (curves === undefined) return store.connection.lost ? "Its log cannot be read now" : "Reading its log…";
    const yet = isTerminal(store.rows.get(id)?.stage ?? "DELETED") ? "" : " yet";
    return curves.error || `No curves in the log of ${store.rows.get(id)?.name ?? id}${yet}`;
  };

  const draw = () => {
    const known = page.compared.map((id) => store.curves.get(id));
    const jobs = known.map((curves) => curves?.curves ?? []);
    const keys = metrics(jobs);
    const places = choices(jobs);
    const x = places.find((one) => one === page.place) ?? places[0] ?? "step";
    axes.show(places, x);
    head.replaceChildren(h("tr", {}, h("td"), ...keys.map((key) => h("th", { scope: "col" }, key))));
    head.hidden = keys.length === 0;
    for (const [i, run] of runs.entries()) {
      const id = page.compared[i] ?? "";
      run.values = new Map(keys.map((key) => [key, h("td", { class: "hfj-value" })]));
      const words = h("td", { class: "hfj-muted", colspan: Math.max(1, keys.length) }, instead(id, known[i]));
      const cells = jobs[i]?.length ? run.values.values() : [words];
      run.node.replaceChildren(h("th", { scope: "row" }, run.name), ...cells);
    }
    const tell = (key: string, values: (number | null)[], at: boolean) => {
      for (const [i, run] of runs.entries()) {
        const odd = at ? "" : jobs[i]?.find((curve) => curve.key === key)?.odd;
        const [value = null, cell] = [values[i], run.values.get(key)];
        if (cell) setText(cell, odd || (value === null ? "–" : significant(value)));
      }
    };
    charts.show([overlaySpecs(jobs, x, tell)]);
    emphasize(null);
  };
  return {
    node,
    recolor: () => charts.recolor(),
    show() {
      const { compared } = page;
      node.hidden = compared.length === 0;
      const now = [compared, store.curves, store.connection.lost];
      if (now.every((one, i) => one === drawn[i])) return;
      if (compared !== drawn[0]) {
        [pinned, runs] = [null, compared.map(makeRun)];
        charts.clear();
        body.replaceChildren(...runs.map((run) => run.node));
        setText(title, `Curves of ${plural(compared.length, "job")}`);
        store.compare(page, compared);
      }
      drawn = [compared, store.curves, store.connection.lost];
      draw();
    },
  };
}
