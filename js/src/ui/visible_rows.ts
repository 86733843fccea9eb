/**
 * What the two virtual lists have in common: rows of one height, so that a row's place is known without the row, and
 * only those near the view are in the page.
 */

export interface Rows {
  /** Pixels between the top of the first row and the top of the view. */
  top: number;
  /** Pixels of the view. */
  height: number;
  /** Pixels of a row; the style sheet has it of the lists as a custom property. */
  rowHeight: number;
  count: number;
  /** Rows above and below the view that are there before they are scrolled to. */
  overscan: number;
}

/** The numbers of the rows that are in view or near it. */
export function visibleRows({ top, height, rowHeight, count, overscan }: Rows): number[] {
  const first = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + overscan);
  return Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
}

/**
 * Put `nodes` first among the children of `parent`, in this order.
 *
 * One that stands where it should is not touched: an element that is moved loses the focus and a selection in it.
 */
export function arrange(parent: Element, nodes: Iterable<Element>): void {
  let before: Element | null = null;
  for (const node of nodes) {
    const next: Element | null = before ? before.nextElementSibling : parent.firstElementChild;
    if (next !== node) parent.insertBefore(node, next);
    before = node;
  }
}
