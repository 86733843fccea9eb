/** The Output tab: what the cell has shown, in order, each drawn so that nothing of the job's runs in the page. */
import type { OutputItem } from "../kernel/protocol.ts";
import { focusOn, h } from "../ui/dom.ts";
import { onAbort } from "../ui/timing.ts";
import { drawOutput } from "./output_view.ts";
import type { JobStore } from "./store.ts";
import type { Panel } from "./tabs.ts";

/** Pixels from the end within which the reader is taken to look at the newest. */
const NEAR_END = 24;
/** Milliseconds for what the kernel sends by itself to come, before the page asks. */
const PATIENCE_MS = 300;

export interface OutputsPanel extends Panel {
  /** Take the reader to an output. */
  reveal: (number: number) => void;
}

interface Shown {
  revision: number;
  node: HTMLElement;
}

export function outputsPanel(store: JobStore, signal: AbortSignal): OutputsPanel {
  const list = h("div", {
    class: "hfj-outputs",
    role: "list",
    "aria-label": "Outputs of the cell",
    tabindex: 0,
  });
  const shown = new Map<number, Shown>();
  let asking: ReturnType<typeof setTimeout> | undefined;
  onAbort(signal, () => clearTimeout(asking));

  const draw = () => {
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END;
    const { items } = store.outputs;
    const numbers = new Set(items.map(({ number }) => number));
    for (const [number, { node }] of shown)
      if (!numbers.has(number)) {
        node.remove();
        shown.delete(number);
      }
    for (const [i, item] of items.entries()) place(item, list.children[i] ?? null);
    // Nothing shrinks while something new is on its way, so the page below stays where it is.
    list.style.minHeight = `${Math.max(Number.parseFloat(list.style.minHeight) || 0, list.clientHeight)}px`;
    if (atEnd) list.scrollTop = list.scrollHeight;
    clearTimeout(asking);
    asking = setTimeout(() => store.outputs.want(), PATIENCE_MS);
  };

  const place = (item: OutputItem, before: Element | null) => {
    const content = store.outputs.get(item.number);
    const old = shown.get(item.number);
    const revision = content?.revision ?? -1;
    if (old?.revision === revision) {
      if (old.node !== before) list.insertBefore(old.node, before);
      return;
    }
    const node = drawOutput(item, content, signal);
    if (old) old.node.replaceWith(node);
    else list.insertBefore(node, before);
    shown.set(item.number, { revision, node });
  };

  store.watch(["outputs"], signal, draw);
  return {
    node: list,
    shown: () => store.outputs.want(),
    reveal: (number) => {
      const node = shown.get(number)?.node;
      if (!node) return;
      list.scrollTop = node.offsetTop - list.offsetTop;
      focusOn(node);
    },
  };
}
