/** Training curves of the chosen jobs over each other, and a table of their values: the legend of all the charts. */

import { axisChoice } from "../charts/axis_choice.ts";
import { ChartGrid } from "../charts/chart_grid.ts";
import { choices, lineLook, metrics, overlaySpecs, type Place } from "../charts/overlay.ts";
import { isTerminal } from "../kernel/protocol.ts";
import { button, setPressed } from "../ui/button.ts";
import { h, setText } from "../ui/dom.ts";
import { plural, significant } from "../ui/format.ts";
import { focusRows, type TableContext } from "./context.ts";
import type { Curves } from "./readers.ts";
import { nameOf, newestOfRuns } from "./rows.ts";
import { runColors } from "./run_colors.ts";

/** Lines beyond which they are drawn again once in `REDRAW_MS`: ten runs that log would take every frame. */
const MANY = 20;
const REDRAW_MS = 2000;

/** Metrics that tell more of a run than what it was trained on. */
const EVALUATION = /eval|val|test/i;

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

const written = (odd: string | undefined, value: number | null | undefined): string =>
  odd || (value == null ? "–" : significant(value));

export function comparison(context: TableContext): Comparison {
  const { store, page, signal } = context;
  const charts = new ChartGrid(1, signal);
  const colors = runColors(
    context,
    () => draw(),
    (line) => emphasize(line),
  );
  const title = h("span", { class: "hfj-name", role: "status" });
  const close = button({ label: "Close", icon: "close", signal, onClick: () => leave() });
  const axes = axisChoice(signal, (x) => {
    page.place = x as Place;
    draw();
  });
  const head = h("thead");
  const body = h("tbody");
  const caption = h("caption", { class: "hfj-unseen" }, "Values under the cursor, else the newest");
  const legend = h("table", {}, caption, head, body);
  const values = h("div", { class: "hfj-runs", tabindex: 0, role: "region", "aria-label": "Values" }, legend);
  const node = h(
    "div",
    { class: "hfj-compare", role: "region", "aria-label": "Training curves" },
    h("div", { class: "hfj-bar" }, title, ...colors.tools, charts.reset, axes.node, close),
    colors.legend,
    h("div", { class: "hfj-metrics" }, ...charts.nodes),
    values,
  );
  if (store.place.sweep) charts.nodes[0]?.append(colors.scatter);
  let runs: Run[] = [];
  let pinned: number | null = null;
  /** What was drawn last. */
  let drawn: unknown[] = [];
  /** When many lines may be drawn again. */
  let due = 0;
  let waits: ReturnType<typeof setTimeout> | null = null;

  const emphasize = (line: number | null) => charts.emphasize(line ?? pinned);
  const leave = () => {
    context.compare([]);
    focusRows(node);
  };
  const pin = (i: number) => {
    pinned = pinned === i ? null : i;
    for (const [n, { name }] of runs.entries()) setPressed(name, n === pinned);
    emphasize(null);
  };
  const called = (id: string): string => {
    const row = store.rows.get(id);
    return row ? nameOf(row, store.place.sweep?.parameters ?? []) : id;
  };
  const makeRun = (id: string, i: number): Run => {
    const { color, dashed } = lineLook(i);
    const name = button({ label: called(id), class: "hfj-toggle", signal, onClick: () => pin(i) });
    name.title = `${name.textContent}: let its lines stand out`;
    setPressed(name, false);
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
    return curves.error || `No curves in the log of ${called(id)}${yet}`;
  };

  const isAll = () => page.all && store.place.sweep !== null;
  let asked = "";
  /** Ask for the curves of all runs, whether they are drawn or not: the columns show their best and last values. */
  const followRuns = () => {
    const ids = newestOfRuns(store.rows.values())
      .sort((a, b) => a.run - b.run)
      .map(({ id }) => id);
    if (ids.join() !== asked) store.compare(page, ids);
    asked = ids.join();
    if (page.all && asked !== page.compared.join()) page.compared = ids;
    const keys = metrics([...store.curves.values()].map(({ curves }) => curves));
    const wanted = page.chosen ?? store.place.sweep?.metric;
    page.metric = keys.find((key) => key === wanted) ?? keys.find((key) => EVALUATION.test(key)) ?? keys[0] ?? null;
  };

  const draw = () => {
    const known = page.compared.map((id) => store.curves.get(id));
    const jobs = known.map((curves) => curves?.curves ?? []);
    const keys = metrics(jobs);
    const places = choices(jobs);
    const x = places.find((one) => one === page.place) ?? places[0] ?? "step";
    axes.show(places, x);
    // A line that is drawn keeps its colour.
    if (isAll() && colors.show(page.compared, keys)) charts.clear();
    for (const part of [colors.legend, colors.scatter, ...colors.tools]) if (!isAll()) part.hidden = true;
    colors.legend.hidden = !isAll();
    values.hidden = isAll();
    head.replaceChildren(h("tr", {}, h("td"), ...keys.map((key) => h("th", { scope: "col" }, key))));
    head.hidden = keys.length === 0;
    for (const [i, run] of runs.entries()) {
      const id = page.compared[i] ?? "";
      const cellOf = (key: string) => {
        // A value that is not a curve has no chart to tell it.
        const curve = jobs[i]?.find((one) => one.key === key);
        return h("td", { class: "hfj-value" }, written(curve?.odd, curve?.last));
      };
      run.values = new Map(keys.map((key) => [key, cellOf(key)]));
      const words = h("td", { class: "hfj-muted", colspan: Math.max(1, keys.length) }, instead(id, known[i]));
      const cells = jobs[i]?.length ? run.values.values() : [words];
      run.node.replaceChildren(h("th", { scope: "row" }, run.name), ...cells);
    }
    const tell = (key: string, values: (number | null)[], at: boolean) => {
      for (const [i, run] of runs.entries()) {
        const odd = at ? "" : jobs[i]?.find((curve) => curve.key === key)?.odd;
        const cell = run.values.get(key);
        if (cell) setText(cell, written(odd, values[i]));
      }
    };
    charts.show([overlaySpecs(jobs, x, tell, isAll() ? colors.look : lineLook)]);
    emphasize(null);
  };
  return {
    node,
    recolor: () => charts.recolor(),
    show() {
      if (store.place.sweep) followRuns();
      const { compared } = page;
      if (compared === drawn[0] && compared.length > MANY && Date.now() < due) {
        if (waits === null)
          waits = setTimeout(() => {
            waits = null;
            context.changed();
          }, REDRAW_MS);
        return;
      }
      due = Date.now() + REDRAW_MS;
      const now = [compared, store.curves, store.connection.lost];
      if (now.every((one, i) => one === drawn[i])) return;
      if (compared !== drawn[0]) {
        [pinned, runs] = [null, isAll() ? [] : compared.map(makeRun)];
        if (!isAll()) charts.clear();
        body.replaceChildren(...runs.map((run) => run.node));
        setText(title, `Curves of ${plural(compared.length, store.place.sweep ? "run" : "job")}`);
        if (!store.place.sweep) store.compare(page, compared);
      }
      drawn = [compared, store.curves, store.connection.lost];
      draw();
      // Of a sweep whose runs print no metrics there is nothing to say.
      node.hidden = compared.length === 0 || (isAll() && page.metric === null);
    },
  };
}
