/** What can be done with the job of one row: Cancel, Run again, its page; and the question before it is done. */

import { isTerminal } from "../kernel/protocol.ts";
import { button } from "../ui/button.ts";
import { focusOn, h, hasFocus } from "../ui/dom.ts";
import { icon } from "../ui/icons.ts";
import { openJobPages, showJobLink } from "../ui/job_link.ts";
import { question } from "../ui/question.ts";
import type { TableContext } from "./context.ts";
import type { JobRow } from "./readers.ts";

export interface RowTools {
  node: HTMLElement;
  /** What a keyboard can reach in it, in order. */
  controls: HTMLElement[];
  show(row: JobRow): void;
}

export function rowTools(context: TableContext): RowTools {
  const { store, page, signal } = context;
  let id = "";
  const ask = (what: "cancel" | "rerun") => () => context.ask({ what, id });
  const cancel = button({ label: "Cancel", class: "hfj-cancel", signal, onClick: ask("cancel") });
  const rerun = button({ label: "", icon: "rerun", class: "hfj-only-icon", signal, onClick: ask("rerun") });
  const link = h(
    "a",
    { class: "hfj-button hfj-only-icon", target: "_blank", rel: "noopener noreferrer" },
    icon("external"),
  );
  openJobPages(link, store.pages, signal);
  const said = h("span", { class: "hfj-muted" }, "cancelling…");
  const tools = h("span", { class: "hfj-tools" }, cancel, said, rerun, link);
  const sure = question(signal, (yes) => context.answer(yes));
  const node = h("span", { role: "cell", class: "hfj-cell hfj-c-actions" }, tools);
  const named = [
    [cancel, "Cancel"],
    [rerun, "Run again"],
  ] as const;
  let asking: string | null = null;

  return {
    node,
    controls: [cancel, rerun, link],
    show(row) {
      const focused = hasFocus(node);
      id = row.id;
      for (const [control, verb] of named) {
        control.title = `${verb} ${row.name}`;
        control.setAttribute("aria-label", control.title);
      }
      showJobLink(link, { ...row, local: store.place.local }, `Open the page of ${row.name}`);
      const going = store.isCancelling(row);
      cancel.disabled = rerun.disabled = store.connection.lost;
      cancel.hidden = isTerminal(row.stage) || going;
      said.hidden = !going;
      rerun.hidden = going;
      const question = page.asking;
      const wanted = question && "id" in question && question.id === id ? question.what : null;
      if (wanted !== asking) {
        asking = wanted;
        node.replaceChildren(wanted ? sure.node : tools);
        if (wanted === "cancel") sure.ask("Cancel job?", "Keep");
        else if (wanted) sure.ask("Run again?", "No");
      }
      // What had the focus may have gone, with the question or with the job's end.
      const left = document.activeElement as HTMLElement;
      if (focused && (left.hidden || !hasFocus(node))) focusOn([cancel, rerun, link].find(({ hidden }) => !hidden));
    },
  };
}
