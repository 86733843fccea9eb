/** Asked in place, once: what is about to be done, Yes, and the harmless answer, which has the focus. */
import { button, setLabel } from "./button.ts";
import { focusOn, h, hasFocus, setText } from "./dom.ts";

export interface Question {
  node: HTMLElement;
  /** Ask, or say how it stands now; `begins` takes the focus. */
  ask(text: string, no: string, begins?: boolean): void;
  /** Hide it; whoever was in it goes to the first of these that can be used. */
  hide(...next: HTMLButtonElement[]): void;
}

export function question(signal: AbortSignal, answer: (yes: boolean) => void): Question {
  const asked = h("span");
  const yes = button({ label: "Yes", class: "hfj-danger", signal, onClick: () => answer(true) });
  const no = button({ label: "", signal, onClick: () => answer(false) });
  const node = h("span", { class: "hfj-question", role: "group" }, asked, yes, no);
  node.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      answer(false);
    },
    { signal },
  );
  return {
    node,
    ask(text, label, begins = true) {
      node.hidden = false;
      setText(asked, text);
      node.setAttribute("aria-label", text);
      setLabel(no, label);
      // Enter pressed once too often must neither end a job nor pay for one.
      if (begins) focusOn(no);
    },
    hide(...next) {
      const focused = hasFocus(node);
      node.hidden = true;
      if (focused) focusOn(next.find((one) => !one.hidden && !one.disabled));
    },
  };
}
