/** A button; its label is one of the words that give way to its icon where there is no room. */

import { h, setText } from "./dom.ts";
import { type IconName, icon } from "./icons.ts";

export interface ButtonOptions {
  label: string;
  icon?: IconName;
  title?: string;
  class?: string;
  signal: AbortSignal;
  onClick: (event: MouseEvent) => void;
}

export function button(options: ButtonOptions): HTMLButtonElement {
  const label = h("span", { class: "hfj-label" }, options.label);
  const element = h(
    "button",
    { type: "button", class: `hfj-button ${options.class ?? ""}`.trim(), title: options.title ?? null },
    options.icon ? icon(options.icon) : null,
    label,
  );
  element.addEventListener("click", options.onClick, { signal: options.signal });
  return element;
}

export function setLabel(button: HTMLButtonElement, text: string): void {
  setText(button.lastElementChild as Element, text);
}

export function setPressed(button: Element, on: boolean): void {
  button.setAttribute("aria-pressed", String(on));
}
