/** One row of the jobs table. It is built once and told what changed, so that a click or a focus in it survives a refresh. */
import { STAGE_TEXT } from "../card/header.ts";
import { button, h, icon, setText } from "../dom.ts";
import { duration, money, safeUrl } from "../format.ts";
import { isTerminal } from "../protocol.ts";
import { question } from "./question.ts";
import { age, cost, ran, type JobRow } from "./rows.ts";
import type { TableContext } from "./table.ts";

export interface RowView {
  node: HTMLElement;
  show(row: JobRow, index: number): void;
  /** Show the times of now. */
  tick(): void;
}

/** Labels that every job of ours has; they are found by typing and named in the title. */
const OURS = /^(tool|notebook|cell|hfjobs-\w+)=/;

const cell = (column: string, ...children: (Node | string)[]) => h("span", { role: "cell", class: `hfj-cell hfj-c-${column}` }, ...children);

export function rowView(first: JobRow, { store, page, signal, act, select }: TableContext): RowView {
  const { id } = first;
  let row = first;
  const check = h("input", { type: "checkbox", class: "hfj-check" });
  check.addEventListener("click", (event) => select(id, check.checked, event.shiftKey), { signal });
  const toggle = button({ label: "", icon: "chevron", class: "hfj-collapse", signal, onClick: () => act.open(page.open === id ? null : id) });
  const pill = h("span", { class: "hfj-pill" });
  const name = h("span", { class: "hfj-name" });
  const labels = h("span", { class: "hfj-labels" });
  const [flavor, born, time, price, owner] = [cell("flavor"), cell("age"), cell("duration"), cell("cost"), cell("owner")];
  const title = cell("name", name, labels);
  title.addEventListener("click", () => act.open(page.open === id ? null : id), { signal });

  const cancel = button({ label: "Cancel", class: "hfj-cancel", signal, onClick: () => act.ask({ what: "cancel", id }) });
  const rerun = button({ label: "", icon: "rerun", class: "hfj-only-icon", signal, onClick: () => act.ask({ what: "rerun", id }) });
  const link = h("a", { class: "hfj-button hfj-only-icon", target: "_blank", rel: "noopener noreferrer" }, icon("external"));
  const said = h("span", { class: "hfj-muted" }, "cancelling…");
  const tools = h("span", { class: "hfj-tools" }, cancel, said, rerun, link);
  const asks = question(signal, act.answer);
  const actions = cell("actions", tools);
  const node = h(
    "div",
    { role: "row", class: "hfj-trow", "data-id": id },
    cell("check", check), cell("stage", toggle, pill), title, flavor, born, time, price, owner, actions,
  );

  let asking: string | null = null;

  const tick = () => {
    const now = store.now();
    setText(born, row.created_at === null ? "" : age(now - row.created_at));
    const seconds = ran(row, now);
    setText(time, seconds === null ? "" : duration(seconds));
    const usd = cost(row, store.place.prices, now);
    setText(price, usd === null ? "" : money(usd));
  };

  const show = (shown: JobRow, index: number) => {
    const stale = shown !== row || pill.childElementCount === 0;
    row = shown;
    if (stale) {
      pill.dataset.stage = row.stage;
      pill.replaceChildren(icon(row.stage), h("span", { class: "hfj-label" }, STAGE_TEXT[row.stage]));
      pill.title = row.message ?? "";
      setText(name, row.name);
      title.title = [row.name, row.id, ...row.labels].join("\n");
      setText(labels, row.labels.filter((label) => !OURS.test(label)).join("  "));
      setText(flavor, row.flavor);
      setText(owner, row.owner);
      born.title = row.created_at === null ? "" : new Date(row.created_at * 1000).toLocaleString();
      check.setAttribute("aria-label", `Select ${row.name}`);
      for (const [control, title] of [[cancel, "Cancel"], [rerun, "Run again"], [link, "Open the page of"]] as const) {
        control.title = `${title} ${row.name}`;
        control.setAttribute("aria-label", control.title);
      }
      const url = safeUrl(row.url);
      link.hidden = url === null;
      if (url) link.href = url;
    }
    const going = store.isCancelling(row);
    cancel.hidden = isTerminal(row.stage) || going;
    said.hidden = !going;
    rerun.hidden = going;
    const open = page.open === id;
    toggle.setAttribute("aria-expanded", String(open));
    toggle.title = `${open ? "Close" : "Show"} the card of ${row.name}`;
    toggle.setAttribute("aria-label", toggle.title);
    check.checked = page.selected.has(id);
    node.classList.toggle("hfj-selected", check.checked);
    node.classList.toggle("hfj-opened", open);
    node.setAttribute("aria-rowindex", String(index + 2));
    const wanted = page.asking && page.asking.what !== "cancel-many" && page.asking.id === id ? page.asking.what : null;
    if (wanted !== asking) {
      const focused = asks.node.contains(document.activeElement);
      asking = wanted;
      actions.replaceChildren(wanted ? asks.node : tools);
      if (wanted === "cancel") asks.ask("Cancel job?", "Keep");
      else if (wanted) asks.ask("Run again?", "No");
      else if (focused) (cancel.hidden ? rerun : cancel).focus({ preventScroll: true });
    }
    tick();
  };
  return { node, show, tick };
}
