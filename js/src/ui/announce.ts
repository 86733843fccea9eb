/**
 * What a screen reader says, once in a page, of what several cards may show.
 *
 * It stands beside the cards, in a region that stays: a card is moved when its job ends (twins.ts), and what is
 * said from within a region that leaves the page may be cut off, or said again.
 */

import { h } from "./dom.ts";

/** Each widget's bundle is a module of its own; they find the page's one region by its id. */
const REGION = "hfjobs-magic-said";
/** What was said and is not to be said again. */
const MOST_KEPT = 100;

/** A function that says `text` politely, unless it was said already; made early, since a new region is not read. */
export function announcer(): (key: string, text: string) => void {
  let region = document.getElementById(REGION);
  if (!region) {
    region = h("div", { id: REGION, role: "status", "aria-atomic": "false" });
    // The style sheet may not reach it, as where a card has a shadow root.
    region.style.cssText = "position:fixed;clip-path:inset(50%)";
    document.body.append(region);
  }
  const said = region;
  return (key, text) => {
    if ([...said.children].some((one) => one.id === key)) return;
    said.append(h("p", { id: key }, text));
    if (said.childElementCount > MOST_KEPT) said.firstChild?.remove();
  };
}
