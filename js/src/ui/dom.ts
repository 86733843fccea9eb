/** Making elements. Text goes in as text nodes only: there is no way from a string to markup in this bundle. */

type Child = Node | string | null;
type Attributes = Record<string, string | number | boolean | null>;

/** Give an element its attributes and children. */
export function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** Set text only when it changed: a write of the same text still costs a selection inside it. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Give the focus to an element, where there is one, and leave the page where it is. */
export function focusOn(element: HTMLElement | null | undefined): void {
  element?.focus({ preventScroll: true });
}

export const hasFocus = (element: Element): boolean => element.contains(document.activeElement);
