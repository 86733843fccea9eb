/** What a reader has in hand: the focus, places to which something is scrolled, a selection. Gone when nodes move. */

let focused: HTMLElement | null = null;
let selected: [Node, number, Node, number] | null = null;
const places = new WeakMap<EventTarget, [left: number, top: number]>();

/** From now on note what is in hand, anywhere in the page. */
export function noteHands(): void {
  document.addEventListener("focusin", ({ target }) => {
    focused = target as HTMLElement;
  });
  document.addEventListener("focusout", ({ target }) => {
    // Of a node that leaves the page this is told as well, before it leaves.
    setTimeout(() => {
      if (focused === target && document.activeElement !== target) focused = null;
    });
  });
  document.addEventListener("selectionchange", () => {
    const { anchorNode, anchorOffset, focusNode, focusOffset, isCollapsed } = document.getSelection() as Selection;
    selected = !isCollapsed && anchorNode && focusNode ? [anchorNode, anchorOffset, focusNode, focusOffset] : null;
  });
  const onScroll = ({ target }: Event) => {
    if (target instanceof HTMLElement) places.set(target, [target.scrollLeft, target.scrollTop]);
  };
  document.addEventListener("scroll", onScroll, { capture: true, passive: true });
}

/** Whether the focus is in `node`, or was until that left the page a moment ago. */
export const isInHand = (node: HTMLElement): boolean => focused !== null && node.contains(focused);

/** Put back into the reader's hands what was in `node` before it was taken from one place of the page to another. */
export function giveBack(node: HTMLElement): void {
  for (const part of node.querySelectorAll("*")) {
    const place = places.get(part);
    if (place) [part.scrollLeft, part.scrollTop] = place;
  }
  const isFree = document.activeElement === document.body;
  if (focused && isFree && node.contains(focused)) focused.focus({ preventScroll: true });
  if (selected && node.contains(selected[0])) document.getSelection()?.setBaseAndExtent(...selected);
}
