/** The Metrics tab: small multiples of what the job printed and of what the machine did, with one cursor. */

import { axisChoice } from "../charts/axis_choice.ts";
import { ChartGrid } from "../charts/chart_grid.ts";
import { type ChartSpec, systemSpecs, trainingSpecs } from "../charts/chart_specs.ts";
import { h } from "../ui/dom.ts";
import { inNextFrame } from "../ui/timing.ts";
import type { Page } from "./page.ts";
import type { JobStore } from "./store.ts";
import type { Panel } from "./tabs.ts";

export interface MetricsPanel extends Panel {
  /** Draw again with the colours of a new theme. */
  recolor: () => void;
}

export function metricsPanel(store: JobStore, page: Page, signal: AbortSignal): MetricsPanel {
  const charts = new ChartGrid(2, signal);
  const empty = h("p", { class: "hfj-empty" });
  const axes = axisChoice(signal, (x) => {
    page.x = x;
    schedule();
  });

  const draw = () => {
    const { metrics, training, job } = store;
    const x = page.x ?? training.x_label;
    // Time since the start: what a reader compares is how far the job is, not the hour of the day.
    const first = Math.min(metrics.t[0] ?? Infinity, ...training.series.map(({ time }) => time[0] ?? Infinity));
    const start = Math.min(job.started_at ?? Infinity, Number.isFinite(first) ? first : 0);
    const groups = [trainingSpecs(training, x, start), systemSpecs(metrics, start)];
    const specs = groups.flat();
    shareSpan(specs);
    axes.show(training.x_choices, x);
    empty.hidden = specs.length > 0;
    empty.textContent = store.hasEnded ? "This job sent no metrics." : "Metrics arrive once the job runs.";
    charts.show(groups);
  };
  const schedule = inNextFrame(signal, draw);
  store.watch(["metrics", "training", "job"], signal, schedule);
  const bar = h("div", { class: "hfj-bar" }, h("span", { class: "hfj-bar-actions" }, charts.reset), axes.node);
  const scroller = h(
    "div",
    { class: "hfj-metrics", tabindex: 0, role: "region", "aria-label": "Charts" },
    ...charts.nodes,
    empty,
  );
  return {
    node: h("div", {}, bar, scroller),
    shown: schedule,
    recolor: () => charts.recolor(),
  };
}

/** Charts over time begin and end at the same instants, whenever their first and last points came. */
function shareSpan(specs: ChartSpec[]): void {
  const timed = specs.filter(({ unit }) => unit === "time");
  const span: [number, number] = [
    Math.min(...timed.map(({ x }) => x[0] ?? 0)),
    Math.max(...timed.map(({ x }) => x.at(-1) ?? 0)),
  ];
  for (const spec of timed) spec.span = span;
}
