/** Above the rows: stages with their counts, the filter, how fresh it all is, and what can be done to the selected. */

import { STAGES, type Stage } from "../kernel/protocol.ts";
import { bell } from "../ui/bell.ts";
import { button, setLabel, setPressed } from "../ui/button.ts";
import { LINK_TEXT } from "../ui/connection_bar.ts";
import { h, hasFocus, setText } from "../ui/dom.ts";
import { count, plural } from "../ui/format.ts";
import { question } from "../ui/question.ts";
import { STAGE_TEXT } from "../ui/stage.ts";
import { focusRows, type TableContext } from "./context.ts";

/** As the kernel has it: no more logs are read for one page. */
const MOST_COMPARED = 20;

/** Stages that have room for their words in a bar of the width of JupyterLab's cells. */
const MOST_WORDS = 4;

/** Seconds beyond three looks after which what is shown is called old. */
const GRACE_S = 10;

interface Part {
  node: HTMLElement;
  show(): void;
}

export interface Bar {
  node: HTMLElement;
  /** `counts` are of the rows that match what was typed, whatever stages are shown. */
  show(counts: ReadonlyMap<Stage, number>): void;
  tick(): void;
}

export function bar(context: TableContext): Bar {
  const { store } = context;
  const heading = h("span", { class: "hfj-name" });
  const stages = stageFilter(context);
  const many = selection(context);
  const fresh = freshness(context);
  const line = h(
    "div",
    { class: "hfj-tline" },
    heading,
    stages.node,
    textFilter(context),
    fresh.node,
    bell(context.signal),
  );
  return {
    node: h("div", { class: "hfj-tbar" }, line, many.node),
    tick: fresh.show,
    show(counts) {
      const { sweep } = store.place;
      if (sweep) setText(heading, `Sweep ${sweep.id}`);
      else setText(heading, store.place.local ? "Local jobs" : `Jobs of ${store.place.namespace}`);
      stages.show(counts);
      many.show();
      fresh.show();
    },
  };
}

/** One button a stage, with how many jobs are in it. */
function stageFilter(context: TableContext) {
  const { page, signal, store } = context;
  const chips = STAGES.map((stage) => {
    const number = h("span", { class: "hfj-value" });
    const onClick = () => {
      const stages = new Set(page.stages);
      if (!stages.delete(stage)) stages.add(stage);
      page.stages = stages;
      context.changed();
    };
    const label = STAGE_TEXT[stage];
    const title = `Show only: ${label}`;
    const chip = button({ label, title, icon: stage, class: "hfj-toggle hfj-stage", signal, onClick });
    chip.append(" ", number);
    return { stage, chip, number };
  });
  const node = h("span", { class: "hfj-stages" }, ...chips.map(({ chip }) => chip));
  return {
    node,
    show(counts: ReadonlyMap<Stage, number>) {
      for (const { stage, chip, number } of chips) {
        const n = counts.get(stage) ?? 0;
        chip.hidden = n === 0 && !page.stages.has(stage);
        setText(number, count(n));
        setPressed(chip, page.stages.has(stage));
      }
      const most = store.status.error ? 0 : MOST_WORDS;
      node.classList.toggle("hfj-crowded", chips.filter(({ chip }) => !chip.hidden).length > most);
    },
  };
}

function textFilter(context: TableContext): HTMLElement {
  const { page, signal } = context;
  const input = h("input", {
    type: "search",
    class: "hfj-query",
    placeholder: "Filter by name, label, flavor…",
    "aria-label": "Filter jobs",
    spellcheck: "false",
  });
  input.value = page.typed;
  const onInput = () => {
    page.typed = input.value;
    context.changed();
  };
  input.addEventListener("input", onInput, { signal });
  return input;
}

/** Whether what is shown is as it is now. */
function freshness({ store }: TableContext): Part {
  const node = h("span", { class: "hfj-stream hfj-muted", role: "status" });
  return {
    node,
    show() {
      const { seen_at, error, every_s } = store.status;
      const { link } = store.connection;
      if (link !== "live") {
        node.dataset.stream = link === "busy" ? "reconnecting" : "stopped";
        node.title = LINK_TEXT[link][1];
        setText(node, LINK_TEXT[link][0]);
        return;
      }
      const where = store.place.local ? "service" : "Hub";
      const old = seen_at !== null && store.now() - seen_at > 3 * every_s + GRACE_S;
      const at = seen_at === null ? "" : new Date(seen_at * 1000).toLocaleTimeString("en-GB");
      node.dataset.stream = error ? "reconnecting" : old ? "stopped" : seen_at === null ? "connecting" : "live";
      setText(
        node,
        error ? `${where} unreachable since ${at}` : old ? `as of ${at}` : seen_at === null ? "loading" : "live",
      );
      node.title = error
        ? `${error} As of ${at}`
        : old
          ? "The list has not been read for a while"
          : "Refreshed while on the screen";
    },
  };
}

/** What can be done to the selected jobs. */
function selection(context: TableContext): Part {
  const { page, signal, store } = context;
  const number = h("span");
  const cancel = button({
    label: "Cancel",
    class: "hfj-cancel",
    signal,
    onClick: () => context.ask({ what: "cancel-many" }),
  });
  const compare = button({
    label: "Compare",
    signal,
    onClick: () =>
      context.compare([...store.rows.keys()].filter((id) => page.selected.has(id)).slice(0, MOST_COMPARED)),
  });
  const clear = button({
    label: "Clear",
    icon: "close",
    title: "Select none",
    signal,
    onClick: () => context.clear(),
  });
  const sure = question(signal, (yes) => context.answer(yes));
  sure.node.hidden = true;
  const node = h("div", { class: "hfj-many" }, number, compare, cancel, sure.node, clear);
  return {
    node,
    show() {
      const running = context.cancellable.length;
      const focused = hasFocus(node);
      node.hidden = page.selected.size === 0;
      setText(number, `${count(page.selected.size)} selected`);
      const [few, many] = [page.selected.size < 2, page.selected.size > MOST_COMPARED];
      compare.disabled = few || many || store.connection.lost;
      compare.title = few
        ? "Select two or more to lay their training curves over each other"
        : many
          ? `At most ${MOST_COMPARED} can be compared`
          : "Lay their training curves over each other";
      const asking = page.asking?.what === "cancel-many";
      const begins = asking && sure.node.hidden === true;
      cancel.hidden = asking;
      cancel.disabled = running === 0 || store.connection.lost;
      setLabel(cancel, running === 0 ? "None of them runs" : `Cancel ${plural(running, "job")}`);
      if (asking) sure.ask(`Cancel ${plural(running, "job")}?`, "Keep", begins);
      else sure.hide(cancel, clear);
      if (focused && node.hidden) focusRows(node);
    },
  };
}
