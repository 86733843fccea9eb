/** Above the rows: stages with their counts, the filter, how fresh it all is, and what can be done to the selected jobs. */
import { STAGE_TEXT } from "../card/header.ts";
import { STAGES } from "../kernel/protocol.ts";
import { button, h, icon, setText } from "../ui/dom.ts";
import { count, plural } from "../ui/format.ts";
import { question } from "../ui/question.ts";
import type { TableContext } from "./table.ts";

export interface Bar {
  node: HTMLElement;
  show(counts: ReadonlyMap<string, number>, ids: string[]): void;
  tick(): void;
}

/** Seconds beyond three looks after which what is shown is called old. */
const GRACE_S = 10;

export function bar({ store, page, signal, act }: TableContext): Bar {
  const chips = STAGES.map((stage) => {
    const number = h("span", { class: "hfj-value" });
    const chip = button({
      label: STAGE_TEXT[stage],
      icon: stage,
      class: "hfj-toggle hfj-stage",
      signal,
      onClick: () => {
        const stages = new Set(page.stages);
        if (!stages.delete(stage)) stages.add(stage);
        page.stages = stages;
        act.changed();
      },
    });
    chip.append(" ", number);
    return { stage, chip, number };
  });
  const typed = h("input", {
    type: "search",
    class: "hfj-query",
    placeholder: "Filter by name, label, flavor…",
    "aria-label": "Filter jobs",
    spellcheck: "false",
    "data-lm-suppress-shortcuts": "true",
  });
  typed.value = page.typed;
  typed.addEventListener(
    "input",
    () => {
      page.typed = typed.value;
      act.changed();
    },
    { signal },
  );
  const fresh = h("span", { class: "hfj-stream hfj-muted", role: "status" });
  const number = h("span");
  const cancel = button({
    label: "Cancel",
    class: "hfj-cancel",
    signal,
    onClick: () => act.ask({ what: "cancel-many" }),
  });
  const clear = button({ label: "Clear", icon: "close", title: "Select none", signal, onClick: () => act.clear() });
  const asks = question(signal, act.answer);
  const many = h("div", { class: "hfj-many" }, number, cancel, asks.node, clear);
  asks.node.hidden = true;
  const heading = h("span", { class: "hfj-name" });

  const tick = () => {
    const { seen_at, error, every_s } = store.status;
    const old = seen_at !== null && store.now() - seen_at > 3 * every_s + GRACE_S;
    const at = seen_at === null ? "" : new Date(seen_at * 1000).toLocaleTimeString("en-GB");
    fresh.dataset.stream = error ? "reconnecting" : old ? "stopped" : seen_at === null ? "connecting" : "live";
    setText(
      fresh,
      error ? `last seen ${at}, trying again` : old ? `as of ${at}` : seen_at === null ? "loading" : "live",
    );
    fresh.title =
      error ||
      (old
        ? "The kernel is busy or gone; run the cell again if it was restarted"
        : "Refreshed while it is on the screen");
  };
  return {
    node: h(
      "div",
      { class: "hfj-tbar" },
      h(
        "div",
        { class: "hfj-tline" },
        heading,
        h("span", { class: "hfj-stages" }, ...chips.map(({ chip }) => chip)),
        typed,
        fresh,
      ),
      many,
    ),
    tick,
    show(counts, ids) {
      setText(heading, store.place.local ? "Local jobs" : `Jobs of ${store.place.namespace}`);
      for (const { stage, chip, number } of chips) {
        const n = counts.get(stage) ?? 0;
        chip.hidden = n === 0 && !page.stages.has(stage);
        setText(number, count(n));
        chip.setAttribute("aria-pressed", String(page.stages.has(stage)));
      }
      many.hidden = page.selected.size === 0;
      setText(number, `${count(page.selected.size)} selected`);
      const asking = page.asking?.what === "cancel-many";
      const begins = asking && asks.node.hidden;
      [asks.node.hidden, cancel.hidden] = [!asking, asking];
      cancel.disabled = ids.length === 0;
      setText(
        cancel.lastElementChild as Element,
        ids.length === 0 ? "None of them runs" : `Cancel ${plural(ids.length, "job")}`,
      );
      if (begins) asks.ask(`Cancel ${plural(ids.length, "job")}?`, "Keep");
      tick();
    },
  };
}

/** The titles: a click sorts, a second one turns the order round. */
export function headings(
  context: TableContext,
  columns: readonly (readonly [name: string, key: string])[],
  selectAll: HTMLInputElement,
): { node: HTMLElement; show(): void } {
  const { page, signal, act } = context;
  const cells = columns.map(([name, key]) => {
    const title = button({
      label: name,
      icon: "down",
      class: "hfj-sort",
      signal,
      onClick: () => {
        const by = name as typeof page.sort.by;
        // Numbers begin with the largest, words with A.
        page.sort = { by, down: page.sort.by === by ? !page.sort.down : ["Age", "Duration", "Cost"].includes(by) };
        act.changed();
      },
    });
    return { name, title, node: h("span", { role: "columnheader", class: `hfj-cell hfj-c-${key}` }, title) };
  });
  const node = h(
    "div",
    { role: "rowgroup" },
    h(
      "div",
      { role: "row", class: "hfj-trow hfj-thead", "aria-rowindex": 1 },
      h("span", { role: "columnheader", class: "hfj-cell hfj-c-check" }, selectAll),
      ...cells.map((cell) => cell.node),
      h(
        "span",
        { role: "columnheader", class: "hfj-cell hfj-c-actions" },
        h("span", { class: "hfj-unseen" }, "Actions"),
      ),
    ),
  );
  return {
    node,
    show() {
      for (const { name, title, node } of cells) {
        const on = page.sort.by === name;
        node.setAttribute("aria-sort", !on ? "none" : page.sort.down ? "descending" : "ascending");
        title.replaceChild(icon(page.sort.down ? "down" : "up"), title.firstElementChild as Element);
      }
    },
  };
}
