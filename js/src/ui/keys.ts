/**
 * Keys between a card and its notebook: a card keeps those it uses and all that write; others are the notebook's.
 *
 * JupyterLab looks for an attribute on the way up from the focus, and where there is one it does nothing: 4.1 and later
 * when a key has come through the page, older ones and Notebook 7 before. So the attribute is there only while a key is
 * kept, and on what has the focus: Notebook 7 has an arrow key for whatever is a tab. Other hosts listen at the
 * document, which a key that is kept does not reach.
 */

import { focusOn } from "./dom.ts";

/** Keys with Ctrl or Cmd that edit text; some do so with Shift, too, and others are then the notebook's. */
const EDITING = /^([acvxyz]|arrow(left|right)|home|end|backspace|delete)$/i;
const NOT_SHIFTED = /^[acxy]$/i;
/** Keys that scroll, or move along tabs and rows. */
const MOVES = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"]);
const FIELDS = "input:not([type=checkbox]), textarea, select";
const PRESSED = "button, a[href], summary, input[type=checkbox]";
/** What scrolls, or has keys to move about in it. */
const MOVED = "[role=region][tabindex], [role=tablist], .hfj-tscroll";
const KEPT = "data-lm-suppress-shortcuts";

/** Whether a key is pressed with Ctrl, Cmd or Alt: the notebook's, or the browser's. */
export const isCommand = ({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean => ctrlKey || metaKey || altKey;

/** Keep the keys that `node` uses from the notebook around it; Escape gives the focus back to the cell. */
export function keepUsedKeys(node: HTMLElement, signal: AbortSignal): void {
  const kept = new WeakSet<Event>();
  let marked: Element | null = null;
  window.addEventListener(
    "keydown",
    (event) => {
      marked?.removeAttribute(KEPT);
      if (!(event.target instanceof Element) || !node.contains(event.target) || !isUsed(event, event.target)) return;
      kept.add(event);
      marked = event.target;
      marked.setAttribute(KEPT, "true");
    },
    { capture: true, signal },
  );
  node.addEventListener(
    "keydown",
    (event) => {
      if (!kept.has(event)) return;
      event.stopPropagation();
      if (event.key === "Escape" && !event.defaultPrevented) focusCell(node);
    },
    { signal },
  );
}

function isUsed(event: KeyboardEvent, target: Element): boolean {
  const { key } = event;
  const command = isCommand(event);
  if (target.matches(FIELDS)) {
    // AltGr writes @ and { on many keyboards, and is Ctrl with Alt to some browsers.
    const writes = event.getModifierState("AltGraph") || event.isComposing;
    return !command || writes || (!event.altKey && EDITING.test(key) && !(event.shiftKey && NOT_SHIFTED.test(key)));
  }
  if (command) return false;
  if (key === "Enter") return !event.shiftKey && (target.matches(PRESSED) || target.closest("[role=region]") !== null);
  if (MOVES.has(key)) return target.closest(MOVED) !== null;
  // A letter that is typed at a log is none of the notebook's commands: `d d` deletes its cell, `0 0` ends its kernel.
  return key === "Escape" || key === "Tab" || key.length === 1;
}

/** Put the focus where the notebook's own keys work: on the cell that holds `node`. */
function focusCell(node: HTMLElement): void {
  for (const selector of [".jp-Cell", ".jp-Notebook", "[tabindex]"]) {
    const cell = node.parentElement?.closest<HTMLElement>(selector);
    focusOn(cell);
    if (cell && document.activeElement === cell) return;
  }
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}
