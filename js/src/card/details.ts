/** The Details tab: what the job was asked for, as names and values. */
import { h } from "../ui/dom.ts";
import type { JobStore } from "./store.ts";
import type { Panel } from "./tabs.ts";

export function detailsPanel(store: JobStore, signal: AbortSignal): Panel {
  const table = h("dl", { class: "hfj-details" });
  const empty = h("p", { class: "hfj-empty" }, "No details yet.");
  store.watch(["details"], signal, () => {
    table.replaceChildren(...store.details.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]));
    table.hidden = store.details.length === 0;
    empty.hidden = !table.hidden;
  });
  return { node: h("div", {}, table, empty) };
}
