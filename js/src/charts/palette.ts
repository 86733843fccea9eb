/** The colours of the style sheet, as a canvas takes them. */

import { h } from "../ui/dom.ts";

export class Palette {
  /** Belongs into the page where the colours hold: a custom property is not a colour but text, light-dark() and all. */
  readonly node = h("i", { class: "hfj-palette", hidden: true });
  #colors = new Map<string, string>();

  /** The colour that a custom property stands for. */
  get(name: string): string {
    let color = this.#colors.get(name);
    if (color === undefined) {
      this.node.style.color = `var(${name})`;
      color = getComputedStyle(this.node).color || "gray";
      this.#colors.set(name, color);
    }
    return color;
  }

  /** The theme has changed. */
  forget(): void {
    this.#colors.clear();
  }
}
