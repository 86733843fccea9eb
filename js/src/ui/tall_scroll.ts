/**
 * Scrolling in a list that is higher than an element may be: what the scroll bar says, and what is in view.
 *
 * Firefox draws no element higher than 17.8 million pixels. Chromium draws none beyond 33.5 million of the screen,
 * which are ten to one of ours on a sharp screen with the page at 500 %. In a longer list a pixel of the scroll bar
 * stands for several of the list; near both ends it stands for one, so that they are reached exactly.
 */

/** Pixels that an element is high at most. */
export const MAX_HEIGHT = 3_000_000;
/** Pixels at both ends where one of the scroll bar is one of the list. */
const EDGE = 2_000;
/** Pixels that one turn of a wheel or a key scrolls at most; what goes further took the scroll bar itself. */
const STEP = 4_000;
/** Pixels that scrolling step by step may get away from what the scroll bar should say before it is put right. */
const DRIFT = 100_000;

/** Pixels of the list, and of what is seen of it. */
export interface Sizes {
  list: number;
  view: number;
}

/** Pixels of the element that stands for the list. */
export const elementHeight = (list: number): number => Math.min(list, MAX_HEIGHT);

/** The place in one range for a place in another; both ends of both are the same. */
function stretch(place: number, from: number, to: number): number {
  const at = Math.min(Math.max(place, 0), from);
  if (from === to || at <= EDGE) return Math.min(at, to);
  if (from - at <= EDGE) return to - (from - at);
  return EDGE + ((at - EDGE) * (to - 2 * EDGE)) / (from - 2 * EDGE);
}

const ranges = ({ list, view }: Sizes): [bar: number, list: number] => [
  Math.max(0, elementHeight(list) - view),
  Math.max(0, list - view),
];

/** The top of the view in the list for a position of the scroll bar. */
export function topAt(scrollTop: number, sizes: Sizes): number {
  const [bar, list] = ranges(sizes);
  return stretch(scrollTop, bar, list);
}

/** The position of the scroll bar for a top of the view in the list. */
export function scrollTopFor(top: number, sizes: Sizes): number {
  const [bar, list] = ranges(sizes);
  return stretch(top, list, bar);
}

/** Where the view is after the scroll bar moved from one position to another: step by step, or where it was taken. */
export function topAfter(top: number, before: number, scrollTop: number, sizes: Sizes): number {
  const [, last] = ranges(sizes);
  if (elementHeight(sizes.list) === sizes.list || Math.abs(scrollTop - before) > STEP) return topAt(scrollTop, sizes);
  return Math.min(Math.max(top + scrollTop - before, 0), last);
}

/** Whether the scroll bar must be put right for a view: it is at an end that the view is not at, or far off. */
export function isOff(scrollTop: number, top: number, sizes: Sizes): boolean {
  const [bar, list] = ranges(sizes);
  if (bar === list) return false;
  const isAtEnd = scrollTop <= 1 || scrollTop >= bar - 1;
  return Math.abs(scrollTop - scrollTopFor(top, sizes)) > (isAtEnd || top === 0 || top === list ? 1 : DRIFT);
}
