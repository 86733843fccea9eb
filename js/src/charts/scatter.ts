/** A parameter against the best value of a metric: a dot a run. Its numbers are in the table, too. */

import { h } from "../ui/dom.ts";
import { significant, significantTick } from "../ui/format.ts";
import { HEIGHT } from "./chart_options.ts";
import { linearTicks, logTicks } from "./ticks.ts";

/** Positive values are placed by their logarithm from this ratio of the largest to the smallest on. */
const LOG_SPAN = 50;
/** Share of the plot that stays free at both ends. */
const AIR = 0.05;
/** Names at the left, at most: there is room for no more. */
const MOST_BESIDE = 4;

export interface Dot {
  x: number;
  y: number;
  color: number;
  /** What is said of it under the pointer. */
  title: string;
}

interface Scale {
  /** Where a value lies, from 0 to 1. */
  at: (value: number) => number;
  ticks: number[];
  log: boolean;
}

/** The axis for some values. */
export function scaleOf(values: readonly number[]): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const log = low > 0 && high / low >= LOG_SPAN;
  const of = log ? Math.log10 : (value: number) => value;
  const span = of(high) - of(low);
  return {
    at: (value) => (span > 0 ? AIR + ((1 - 2 * AIR) * (of(value) - of(low))) / span : 0.5),
    ticks: log ? logTicks(low, high) : linearTicks(low, high),
    log,
  };
}

const place = (share: number) => `${(100 * share).toFixed(2)}%`;

/** `onPoint` is called with the dot under the pointer, null for none; `onOpen` with one that is clicked. */
export function scatter(signal: AbortSignal, onPoint: (dot: number | null) => void, onOpen: (dot: number) => void) {
  const title = h("span", { class: "hfj-chart-title" });
  const plot = h("div", { class: "hfj-dots", "aria-hidden": "true" });
  plot.style.height = `${HEIGHT}px`;
  const names = h("div");
  const area = h("div", {}, names);
  plot.append(area);
  // Moved and never made anew: a click is none when its dot is another element by the time the button is let go.
  const marks = new Map<number, HTMLElement>();
  const node = h("figure", { class: "hfj-chart" }, h("figcaption", {}, title), plot);
  const dotOf = (event: Event) => {
    const { i } = (event.target as HTMLElement).dataset;
    return i === undefined ? null : Number(i);
  };
  plot.addEventListener("pointerover", (event) => onPoint(dotOf(event)), { signal });
  plot.addEventListener("pointerleave", () => onPoint(null), { signal });
  plot.addEventListener(
    "click",
    (event) => {
      const dot = dotOf(event);
      if (dot !== null) onOpen(dot);
    },
    { signal },
  );
  return {
    node,
    /** Runs without a value have no dot. */
    show(words: string, dots: readonly (Dot | null)[]) {
      const there = dots.filter((dot) => dot !== null);
      node.hidden = there.length < 2;
      if (node.hidden) return;
      title.textContent = words;
      const [x, y] = [scaleOf(there.map((dot) => dot.x)), scaleOf(there.map((dot) => dot.y))];
      const name = (value: number, { ticks, log }: Scale) =>
        log ? significant(value) : significantTick(value, (ticks[1] ?? 1) - (ticks[0] ?? 0) || 1);
      for (const [i, mark] of marks) {
        if (dots[i]) continue;
        mark.remove();
        marks.delete(i);
      }
      dots.forEach((dot, i) => {
        if (!dot) return;
        const mark = marks.get(i) ?? area.appendChild(h("i", { class: "hfj-swatch", "data-i": i }));
        marks.set(i, mark);
        mark.dataset.color = String(dot.color);
        mark.title = dot.title;
        [mark.style.left, mark.style.bottom] = [place(x.at(dot.x)), place(y.at(dot.y))];
      });
      const below = x.ticks.map((tick) => {
        const label = h("span", { class: "hfj-dots-x" }, name(tick, x));
        label.style.left = place(x.at(tick));
        return label;
      });
      const every = Math.ceil(y.ticks.length / MOST_BESIDE);
      const beside = y.ticks
        .filter((_, i) => i % every === 0)
        .map((tick) => {
          const label = h("span", { class: "hfj-dots-y" }, name(tick, y));
          label.style.bottom = place(y.at(tick));
          return label;
        });
      names.replaceChildren(...below, ...beside);
    },
  };
}
