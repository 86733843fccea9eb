/** Charts in one or more grids, with one cursor and one zoom over all of them. */

import { button } from "../ui/button.ts";
import { h } from "../ui/dom.ts";
import { onAbort } from "../ui/timing.ts";
import { Chart } from "./chart.ts";
import { ChartGroup } from "./chart_group.ts";
import type { ChartSpec } from "./chart_specs.ts";
import { Palette } from "./palette.ts";

export class ChartGrid {
  readonly nodes: HTMLElement[];
  /** Shown while they are zoomed. */
  readonly reset: HTMLButtonElement;
  #grids: HTMLElement[];
  #charts = new Map<string, Chart>();
  #palette = new Palette();
  #group = new ChartGroup(() => {
    this.reset.hidden = this.#group.zoomed === null;
  });

  constructor(grids: number, signal: AbortSignal) {
    this.#grids = Array.from({ length: grids }, () => h("div", { class: "hfj-charts" }));
    this.nodes = [...this.#grids, this.#palette.node];
    this.reset = button({
      label: "Reset zoom",
      title: "Show all of it (double-click a chart)",
      signal,
      onClick: () => this.#group.zoom(null),
    });
    this.reset.hidden = true;
    onAbort(signal, () => this.clear());
  }

  /** Show these charts, a list a grid; one that was there before is brought up to date. */
  show(groups: readonly (readonly ChartSpec[])[]): void {
    const keys = new Set(groups.flat().map(({ key }) => key));
    for (const key of this.#charts.keys()) if (!keys.has(key)) this.#remove(key);
    for (const [i, specs] of groups.entries()) {
      for (const spec of specs) {
        let chart = this.#charts.get(spec.key);
        if (!chart) {
          chart = new Chart(spec, this.#group, this.#palette);
          this.#charts.set(spec.key, chart);
          this.#grids[i]?.append(chart.node);
        }
        chart.update(spec);
      }
    }
    this.#group.refresh();
  }

  /** Take all charts away. */
  clear(): void {
    for (const key of this.#charts.keys()) this.#remove(key);
    this.#group.zoom(null);
  }

  /** Let one line of every chart stand out; null for none. */
  emphasize(line: number | null): void {
    for (const chart of this.#charts.values()) chart.emphasize(line);
  }

  /** Draw again with the colours of a new theme. */
  recolor(): void {
    this.#palette.forget();
    for (const chart of this.#charts.values()) chart.recolor();
  }

  #remove(key: string): void {
    this.#charts.get(key)?.destroy();
    this.#charts.delete(key);
  }
}
