/** The Metrics tab: small multiples of what the machine did, on one time axis. */
import { h } from "../dom.ts";
import { bytes, percent, rate, tick } from "../format.ts";
import { isTerminal, type Gpu, type Metrics } from "../protocol.ts";
import type { JobStore } from "../store.ts";
import { Chart, type ChartSpec } from "./chart.ts";
import type { Panel } from "./tabs.ts";

/** Cards of one page share no cursor: the key of the charts that do. */
let groups = 0;

const ofTotal = (total: number | null) => (n: number): string => (total ? `${bytes(n)} of ${bytes(total)}` : bytes(n));

function gpuSpecs(gpu: Gpu): ChartSpec[] {
  const name = /^\d+$/.test(gpu.id) ? `GPU ${gpu.id}` : gpu.id;
  return [
    { key: `${gpu.id}/util`, title: name, series: [{ label: "", color: 3, values: gpu.util }], format: percent, axis: (n) => tick(n, percent), max: 100 },
    { key: `${gpu.id}/memory`, title: `${name} memory`, series: [{ label: "", color: 3, values: gpu.memory }], format: ofTotal(gpu.memory_total), axis: (n) => tick(n, bytes), max: gpu.memory_total, binary: true },
  ];
}

/** The charts a job has; one without a single value is left out. */
export function chartSpecs(metrics: Metrics): ChartSpec[] {
  const { cpu_pct, memory, memory_total, rx, tx, gpus } = metrics;
  const specs: ChartSpec[] = [
    { key: "cpu", title: "CPU", series: [{ label: "", color: 1, values: cpu_pct }], format: percent, axis: (n) => tick(n, percent), max: 100 },
    { key: "memory", title: "Memory", series: [{ label: "", color: 1, values: memory }], format: ofTotal(memory_total), axis: (n) => tick(n, bytes), max: memory_total, binary: true },
    {
      key: "network",
      title: "Network",
      series: [{ label: "in", color: 1, values: rx }, { label: "out", color: 2, values: tx }],
      format: rate,
      axis: (n) => tick(n, rate),
      max: null,
      binary: true,
    },
    ...gpus.flatMap(gpuSpecs),
  ];
  return specs.filter((spec) => spec.series.some(({ values }) => values.some((value) => value !== null)));
}

export interface MetricsPanel extends Panel {
  /** Draw again with the colours of a new theme. */
  recolor: () => void;
}

export function metricsPanel(store: JobStore, signal: AbortSignal): MetricsPanel {
  const group = `hfj-${(groups += 1)}`;
  const charts = new Map<string, Chart>();
  const grid = h("div", { class: "hfj-charts" });
  const empty = h("p", { class: "hfj-empty" });
  let frame = 0;

  const draw = () => {
    frame = 0;
    const { metrics, job } = store;
    // Time since the start: what a reader compares is how far the job is, not the hour of the day.
    const start = Math.min(job.started_at ?? Infinity, metrics.t[0] ?? 0);
    const elapsed = metrics.t.map((t) => t - start);
    const specs = chartSpecs(metrics);
    empty.hidden = specs.length > 0;
    empty.textContent = isTerminal(store.job.stage) ? "This job sent no metrics." : "Metrics arrive once the job runs.";
    for (const [key, chart] of charts) {
      if (specs.some((spec) => spec.key === key)) continue;
      chart.destroy();
      charts.delete(key);
    }
    for (const spec of specs) {
      let chart = charts.get(spec.key);
      if (!chart) {
        chart = new Chart(spec, group, signal);
        charts.set(spec.key, chart);
        grid.append(chart.node);
      }
      // Drawn in the page only: a canvas that is not there has no size, and a hidden one would be drawn for nobody.
      if (grid.offsetParent !== null) chart.update(spec, elapsed);
    }
  };
  const schedule = () => (frame ||= requestAnimationFrame(draw));
  store.watch(["metrics", "job"], signal, schedule);
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(frame);
    for (const chart of charts.values()) chart.destroy();
  }, { once: true });
  return {
    node: h("div", { class: "hfj-metrics" }, grid, empty),
    shown: schedule,
    recolor: () => {
      for (const chart of charts.values()) chart.recolor();
    },
  };
}
