/** What the axis of training metrics counts, as the reader chooses it. */

import type { X } from "../kernel/protocol.ts";
import { button, setPressed } from "../ui/button.ts";
import { h } from "../ui/dom.ts";

const X_TEXT: Record<X, string> = { step: "Step", epoch: "Epoch", time: "Time" };

export function axisChoice(signal: AbortSignal, onChoose: (x: X) => void) {
  const node = h("span", { class: "hfj-axis", role: "group", "aria-label": "Training metrics by" });
  return {
    node,
    show: (choices: readonly X[], chosen: X) => {
      node.hidden = choices.length < 2;
      if (node.dataset.choices !== choices.join()) {
        node.dataset.choices = choices.join();
        node.replaceChildren(
          ...choices.map((x) => {
            const choice = button({
              label: X_TEXT[x],
              class: "hfj-toggle",
              title: `Training metrics by ${x}`,
              signal,
              onClick: () => onChoose(x),
            });
            choice.dataset.x = x;
            return choice;
          }),
        );
      }
      for (const choice of node.querySelectorAll<HTMLElement>("button"))
        setPressed(choice, choice.dataset.x === chosen);
    },
  };
}
