/** A place in a card or table for the card of another job: a widget of its own, which the kernel has made. */

import type { Host } from "@anywidget/types";
import { copyButton } from "./copy.ts";
import { h } from "./dom.ts";
import { onAbort } from "./timing.ts";

/** Milliseconds. A card's model that is in the page, or that the kernel makes, finds its place at once, or nearly. */
const FOUND_MS = 3000;
/** Milliseconds between two looks for a model that the kernel was asked to announce. */
const LOOK_MS = 300;

export interface CardPlace {
  holder: HTMLElement;
  /** Nobody hands a host to a saved twin. */
  host: Host | undefined;
  /** The card's model, as `host` takes it. */
  reference: string;
  job: string;
  /** The line that shows the job in a cell. */
  line: string;
  /** Tell the kernel that its model is not here. */
  miss: () => void;
}

/** Show a job's card in `holder` until the signal. */
export function placeCard(place: CardPlace, signal: AbortSignal): void {
  const { holder, host, reference, job, line, miss } = place;
  if (host) {
    const until = Date.now() + FOUND_MS;
    const look = (): Promise<unknown> =>
      host.getWidget(reference).then(
        (widget) => {
          if (signal.aborted) return;
          holder.replaceChildren();
          return widget.render({ el: holder, signal });
        },
        (error) => {
          if (signal.aborted || Date.now() > until) throw error;
          miss();
          return new Promise((resolve) => setTimeout(resolve, LOOK_MS)).then(look);
        },
      );
    look().catch(() => holder.replaceChildren(withoutCard(line, signal)));
    return;
  }
  placeById(holder, job, line, signal);
}

/** Let the card's own model find its place in `holder` by the job's id (twins.ts). */
export function placeById(holder: HTMLElement, job: string, line: string, signal: AbortSignal): void {
  const wait = waiting();
  holder.replaceChildren(h("div", { "data-hfjob": job }, wait));
  const late = setTimeout(() => wait.isConnected && holder.replaceChildren(withoutCard(line, signal)), FOUND_MS);
  onAbort(signal, () => clearTimeout(late));
}

export const waiting = () => h("p", { class: "hfj-empty" }, "Opening the card…");

/** What is said where no card can be shown. */
const withoutCard = (line: string, signal: AbortSignal) =>
  h(
    "p",
    { class: "hfj-empty" },
    "No card can be shown here. In a cell, ",
    h("code", {}, line),
    " shows it. ",
    copyButton(signal, "Copy the line", async () => line),
  );
