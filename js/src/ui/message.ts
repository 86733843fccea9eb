/** A sentence across the whole width of a card or table, for what went wrong and for what the kernel has to say. */

import { h, setText } from "./dom.ts";
import { icon } from "./icons.ts";

export interface Message {
  node: HTMLElement;
  /** Show a sentence; none for an empty one. */
  show(text: string): void;
}

export function message(kind: "failure" | "notice"): Message {
  const text = h("span");
  const node = h("p", { class: `hfj-message hfj-${kind}`, role: "status" }, icon("alert"), text);
  return {
    node,
    show(sentence) {
      node.hidden = sentence === "";
      setText(text, sentence);
    },
  };
}
