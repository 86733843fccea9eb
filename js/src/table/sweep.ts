/** Below the bar of a sweep's table: how far it is and what it cost, what is done to all runs, and why some failed. */

import { isTerminal } from "../kernel/protocol.ts";
import { button, setLabel } from "../ui/button.ts";
import { clock } from "../ui/connection_bar.ts";
import { copyButton } from "../ui/copy.ts";
import { h, setText } from "../ui/dom.ts";
import { money, plural } from "../ui/format.ts";
import { question } from "../ui/question.ts";
import type { TableContext } from "./context.ts";
import type { JobRow } from "./readers.ts";
import { cost, curveOf, newestOfRuns, ran } from "./rows.ts";

interface SweepNote {
  node: HTMLElement;
  show(): void;
}

export function sweepNote(context: TableContext): SweepNote {
  const { store, page, signal } = context;
  const far = h("span", { class: "hfj-muted" });
  const curves = button({
    label: "Curves",
    signal,
    onClick: () => {
      page.all = true;
      context.changed();
    },
  });
  const copy = copyButton(signal, "Copy the table, for a spreadsheet", async () => asTable(context));
  const mark = copyButton(signal, "Copy the table, for a text", async () => asMarkdown(context), "Markdown");
  const retry = button({ label: "", icon: "rerun", signal, onClick: () => context.ask({ what: "sweep-retry" }) });
  const cancel = button({
    label: "Cancel all",
    class: "hfj-cancel",
    signal,
    onClick: () => context.ask({ what: "sweep-cancel" }),
  });
  const sure = question(signal, (yes) => context.answer(yes));
  sure.node.hidden = true;
  const why = h("ul", { class: "hfj-groups" });
  const ends = h("ul", { class: "hfj-groups" });
  const size = h("div", { class: "hfj-muted" });
  let [ending, said] = ["", ""];
  const showIdle = () => {
    const { idle } = store.status.sweep;
    const now = [idle, store.connection.lost].join();
    if (now === ending) return;
    ending = now;
    const lines = idle.map(([id, run, until]) => {
      const keep = button({
        label: "Keep",
        title: "Let it run on, however idle",
        signal,
        onClick: () => store.keep(id),
      });
      keep.disabled = store.connection.lost;
      return h("li", {}, `Run ${run} does nothing: will be cancelled at ${clock(until, store.now())} `, keep);
    });
    ends.replaceChildren(...lines);
  };
  const node = h(
    "div",
    { class: "hfj-sweep-note" },
    h("div", { class: "hfj-sweep-line" }, far, curves, copy, mark, retry, cancel, sure.node),
    ends,
    why,
    size,
  );
  return {
    node,
    show() {
      showIdle();
      const { sweep } = store.place;
      node.hidden = sweep === null;
      if (!sweep) return;
      const { waiting, stopped, groups, failed, retry: most, size: used } = store.status.sweep;
      setText(size, used);
      const rows = newestOfRuns(store.rows.values());
      // What was spent on runs that were started anew counts too.
      const now = store.now();
      const usd = [...store.rows.values()].reduce((sum, row) => sum + (cost(row, store.place.prices, now) ?? 0), 0);
      const isFree = store.place.local || rows.every((row) => row.reused);
      const spent = isFree ? "" : ` · ${money(usd)}`;
      const yet = waiting > 0 ? `, ${waiting} not started` : "";
      setText(far, `${plural(sweep.runs, "run")}${yet}${spent}`);
      const going = rows.filter((row) => !isTerminal(row.stage)).length;
      const lost = store.connection.lost;
      const over = going === 0 && (waiting === 0 || stopped !== "");
      const asked = page.asking?.what;
      if (asked === "sweep-cancel" ? over : asked === "sweep-retry" && failed === 0) page.asking = null;
      const asking = page.asking?.what;
      const asks = asking?.startsWith("sweep") === true;
      const begins = asks && sure.node.hidden === true;
      curves.hidden = page.all || page.metric === null;
      cancel.hidden = asks || over;
      retry.hidden = asks || failed === 0;
      for (const one of [curves, cancel, retry]) one.disabled = lost;
      setLabel(retry, `Rerun ${failed} that failed`);
      if (asking === "sweep-cancel") sure.ask(`Cancel ${plural(going, "job")} and start no more?`, "Keep", begins);
      if (asking === "sweep-retry")
        sure.ask(`Start ${plural(failed, "run")} anew${most ? `, up to ${most}` : ""}?`, "No", begins);
      if (!asks) sure.hide(cancel, retry, copy);
      const lines = [...groups, ...(stopped ? [stopped] : [])];
      if (said === lines.join()) return;
      said = lines.join();
      why.replaceChildren(...lines.map((line) => h("li", {}, line)));
    },
  };
}

type Shown = Pick<TableContext, "store" | "page" | "rows">;

/** Rows that are shown, with tabs between the cells. */
export const asTable = (shown: Shown): string =>
  cellsOf(shown)
    .map((line) => line.join("\t"))
    .join("\n");

/** The same as a table of Markdown. */
export function asMarkdown(shown: Shown): string {
  const [head = [], ...lines] = cellsOf(shown).map((line) => line.map((cell) => cell.replaceAll("|", "\\|")));
  return [head, head.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function cellsOf({ store, page, rows }: Shown): string[][] {
  const names = store.place.sweep?.columns ?? [];
  const now = store.now();
  const { metric } = page;
  const curve = (row: JobRow) => curveOf(row, store.curves, metric);
  const heads = metric === null ? [] : [`best ${metric}`, `last ${metric}`];
  const lines = rows.map((row) => [
    String(row.run),
    ...names.map((_, i) => row.values[i] ?? ""),
    ...(metric === null ? [] : [curve(row)?.best, curve(row)?.last].map((value) => String(value ?? ""))),
    row.stage,
    String(Math.round(ran(row, now) ?? 0)),
    (cost(row, store.place.prices, now) ?? 0).toFixed(4),
    row.id,
  ]);
  const clean = (cell: string) => cell.replace(/[\t\r\n]+/g, " ");
  return [["run", ...names, ...heads, "stage", "seconds", "usd", "job"], ...lines].map((line) => line.map(clean));
}
