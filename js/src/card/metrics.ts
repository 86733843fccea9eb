/** The Metrics tab: small multiples of what the job printed and of what the machine did, with one cursor. */

import { isTerminal, type X } from "../kernel/protocol.ts";
import { button } from "../ui/button.ts";
import { h } from "../ui/dom.ts";
import { inNextFrame, onAbort } from "../ui/timing.ts";
import { Chart } from "./chart.ts";
import { ChartGroup } from "./chart_group.ts";
import { type ChartSpec, systemSpecs, trainingSpecs } from "./chart_specs.ts";
import type { Page } from "./page.ts";
import { Palette } from "./palette.ts";
import type { JobStore } from "./store.ts";
import type { Panel } from "./tabs.ts";

const X_TEXT: Record<X, string> = { step: "Step", epoch: "Epoch", time: "Time" };

export interface MetricsPanel extends Panel {
  /** Draw again with the colours of a new theme. */
  recolor: () => void;
}

export function metricsPanel(store: JobStore, page: Page, signal: AbortSignal): MetricsPanel {
  const group = new ChartGroup(() => (reset.hidden = group.zoomed === null));
  const charts = new Map<string, Chart>();
  const palette = new Palette();
  const grids = [h("div", { class: "hfj-charts" }), h("div", { class: "hfj-charts" })];
  const empty = h("p", { class: "hfj-empty" });
  const reset = button({
    label: "Reset zoom",
    title: "Show all of the time (double-click a chart)",
    signal,
    onClick: () => group.zoom(null),
  });
  reset.hidden = true;
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
    empty.textContent = isTerminal(store.job.stage) ? "This job sent no metrics." : "Metrics arrive once the job runs.";
    for (const [key, chart] of charts) {
      if (specs.some((spec) => spec.key === key)) continue;
      chart.destroy();
      charts.delete(key);
    }
    for (const [i, grid] of grids.entries()) {
      for (const spec of groups[i] ?? []) {
        let chart = charts.get(spec.key);
        if (!chart) {
          chart = new Chart(spec, group, palette);
          charts.set(spec.key, chart);
          grid.append(chart.node);
        }
        chart.update(spec);
      }
    }
    group.refresh();
  };
  const schedule = inNextFrame(signal, draw);
  store.watch(["metrics", "training", "job"], signal, schedule);
  onAbort(signal, () => {
    for (const chart of charts.values()) chart.destroy();
  });
  const bar = h("div", { class: "hfj-bar" }, h("span", { class: "hfj-bar-actions" }, reset), axes.node);
  const scroller = h(
    "div",
    { class: "hfj-metrics", tabindex: 0, role: "region", "aria-label": "Charts" },
    ...grids,
    empty,
    palette.node,
  );
  return {
    node: h("div", {}, bar, scroller),
    shown: schedule,
    recolor: () => {
      palette.forget();
      for (const chart of charts.values()) chart.recolor();
    },
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

function axisChoice(signal: AbortSignal, onChoose: (x: X) => void) {
  const node = h("span", { class: "hfj-axis", role: "group", "aria-label": "Training metrics by" });
  return {
    node,
    show: (choices: readonly X[], chosen: X) => {
      node.hidden = choices.length < 2;
      if (node.dataset.choices !== choices.join()) {
        node.dataset.choices = choices.join();
        node.replaceChildren(
          ...choices.map((x) => {
            const choice = button({
              label: X_TEXT[x],
              class: "hfj-toggle",
              title: `Training metrics by ${x}`,
              signal,
              onClick: () => onChoose(x),
            });
            choice.dataset.x = x;
            return choice;
          }),
        );
      }
      for (const choice of node.querySelectorAll<HTMLElement>("button"))
        choice.setAttribute("aria-pressed", String(choice.dataset.x === chosen));
    },
  };
}
