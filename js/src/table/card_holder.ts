/** The open card: a widget of its own, made by the kernel when it is first asked for. */

import type { Host } from "@anywidget/types";
import { copyButton } from "../ui/copy.ts";
import { h } from "../ui/dom.ts";
import { onAbort } from "../ui/timing.ts";
import type { TableOptions } from "./context.ts";

/** Milliseconds. A card's model that is in the page finds its place at once, or nearly. */
const FOUND_MS = 3000;

export interface CardHolderOptions extends TableOptions {
  host: Host | undefined;
  /** Put a card under its row, or take it away. */
  setCard: (card: { id: string; node: HTMLElement } | null) => void;
}

export class CardHolder {
  #options: CardHolderOptions;
  /** The job whose card is shown, the reference that its model had, and what takes the card away. */
  #open: { id: string; reference: unknown; life: AbortController } | null = null;

  constructor(options: CardHolderOptions) {
    this.#options = options;
  }

  /** Show the card that the page says is open. */
  show(): void {
    const { store, page, signal, host, setCard } = this.#options;
    const id = page.open;
    const reference = id === null ? undefined : store.cards[id];
    if (this.#open?.id === id && this.#open?.reference === reference) return;
    this.#open?.life.abort();
    this.#open = null;
    if (id === null) {
      setCard(null);
      return;
    }
    const life = new AbortController();
    signal.addEventListener("abort", () => life.abort(), { once: true, signal: life.signal });
    const holder = h("span", { role: "cell" }, waiting());
    setCard({ id, node: h("div", { class: "hfj-tcard", role: "row" }, holder) });
    if (reference === undefined) store.card(id);
    this.#open = { id, reference, life };
    if (typeof reference !== "string") return;
    if (host) this.#render(holder, host, reference, life.signal, id);
    else this.#await(holder, life.signal, id);
  }

  #render(holder: HTMLElement, host: Host, reference: string, signal: AbortSignal, id: string): void {
    host
      .getWidget(reference)
      .then((widget) => {
        if (signal.aborted) return;
        holder.replaceChildren();
        return widget.render({ el: holder, signal });
      })
      .catch(() => holder.replaceChildren(this.#instead(id, signal)));
  }

  /** Nobody hands a host to a twin; the card's own model then finds its place by the job's id. */
  #await(holder: HTMLElement, signal: AbortSignal, id: string): void {
    const wait = waiting();
    holder.replaceChildren(h("div", { "data-hfjob": id }, wait));
    const late = setTimeout(() => wait.isConnected && holder.replaceChildren(this.#instead(id, signal)), FOUND_MS);
    onAbort(signal, () => clearTimeout(late));
  }

  /** What is said where no card can be shown. */
  #instead(id: string, signal: AbortSignal): HTMLElement {
    const command = `%hfjobs attach ${id}${this.#options.store.place.local ? " --local" : ""}`;
    return h(
      "p",
      { class: "hfj-empty" },
      "No card can be shown here. In a cell, ",
      h("code", {}, command),
      " shows it. ",
      copyButton(signal, "Copy the line", async () => command),
    );
  }
}

const waiting = () => h("p", { class: "hfj-empty" }, "Opening the card…");
