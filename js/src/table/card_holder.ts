/** The open card: a widget of its own, made by the kernel when it is first asked for. */

import type { Host } from "@anywidget/types";
import { placeCard, waiting } from "../ui/card_place.ts";
import { h } from "../ui/dom.ts";
import type { TableOptions } from "./context.ts";

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
    const line = `%hfjobs attach ${id}${store.place.local ? " --local" : ""}`;
    const miss = () => store.miss(id);
    if (typeof reference === "string") placeCard({ holder, host, reference, job: id, line, miss }, life.signal);
  }
}
