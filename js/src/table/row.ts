/** One row of the jobs table. It is built once and told what it shows, so that a focus in it survives a refresh and scrolling builds nothing. */
import { STAGE_TEXT } from "../card/header.ts";
import { isTerminal } from "../kernel/protocol.ts";
import { button, h, icon, setText } from "../ui/dom.ts";
import { duration, money, safeUrl } from "../ui/format.ts";
import { question } from "../ui/question.ts";
import { age, cost, type JobRow, ran } from "./rows.ts";
import type { TableContext } from "./table.ts";

export interface RowView {
  node: HTMLElement;
  /** What a keyboard can reach in it, in order. */
  controls: HTMLElement[];
  show(row: JobRow, index: number): void;
  /** Whether it is the row that the Tab key reaches. */
  reach(on: boolean): void;
  /** Show the times of now. */
  tick(): void;
}

/** Labels that every job of ours has; they are found by typing and named in the title. */
const OURS = /^(tool|notebook|cell|hfjobs-\w+)=/;

const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

const cell = (column: string, ...children: (Node | string)[]) =>
  h("span", { role: "cell", class: `hfj-cell hfj-c-${column}` }, ...children);

export function rowView({ store, page, signal, act, select }: TableContext): RowView {
  let row: JobRow;
  let before = "";
  const check = h("input", { type: "checkbox", class: "hfj-check" });
  check.addEventListener("click", (event) => select(row.id, check.checked, event.shiftKey), { signal });
  const toggle = button({ label: "", icon: "chevron", class: "hfj-collapse", signal, onClick: () => turn() });
  const turn = () => act.open(page.open === row.id ? null : row.id);
  const pill = h("span", { class: "hfj-pill" });
  const name = h("span", { class: "hfj-name" });
  const labels = h("span", { class: "hfj-labels" });
  const [flavor, born, time, price, owner] = [
    cell("flavor"),
    cell("age"),
    cell("duration"),
    cell("cost"),
    cell("owner"),
  ];
  const title = cell("name", name, labels);
  title.addEventListener("click", turn, { signal });

  const cancel = button({
    label: "Cancel",
    class: "hfj-cancel",
    signal,
    onClick: () => act.ask({ what: "cancel", id: row.id }),
  });
  const rerun = button({
    label: "",
    icon: "rerun",
    class: "hfj-only-icon",
    signal,
    onClick: () => act.ask({ what: "rerun", id: row.id }),
  });
  const link = h(
    "a",
    { class: "hfj-button hfj-only-icon", target: "_blank", rel: "noopener noreferrer" },
    icon("external"),
  );
  const said = h("span", { class: "hfj-muted" }, "cancelling…");
  const tools = h("span", { class: "hfj-tools" }, cancel, said, rerun, link);
  const asks = question(signal, act.answer);
  const actions = cell("actions", tools);
  const node = h(
    "div",
    { role: "row", class: "hfj-trow" },
    cell("check", check),
    cell("stage", toggle, pill),
    title,
    flavor,
    born,
    time,
    price,
    owner,
    actions,
  );

  const controls = [check, toggle, cancel, rerun, link];
  let asking: string | null = null;
  let reached: boolean | null = null;

  const tick = () => {
    const now = store.now();
    setText(born, row.created_at === null ? "" : age(now - row.created_at));
    const seconds = ran(row, now);
    setText(time, seconds === null ? "" : duration(seconds));
    const usd = cost(row, store.place.prices, now);
    setText(price, usd === null ? "" : money(usd));
  };

  const show = (shown: JobRow, index: number) => {
    const stale = shown !== row;
    row = shown;
    const { id } = row;
    const going = store.isCancelling(row);
    const open = page.open === id;
    const selected = page.selected.has(id);
    const wanted = page.asking && page.asking.what !== "cancel-many" && page.asking.id === id ? page.asking.what : null;
    const now = [going, open, selected, wanted, index].join();
    if (!stale && now === before) return;
    before = now;
    node.dataset.id = id;
    if (stale) {
      if (pill.dataset.stage !== row.stage) {
        pill.dataset.stage = row.stage;
        pill.replaceChildren(icon(row.stage), h("span", { class: "hfj-label" }, STAGE_TEXT[row.stage]));
      }
      pill.title = row.message ?? "";
      setText(name, row.name);
      title.title = [row.name, row.id, ...row.labels].join("\n");
      setText(labels, row.labels.filter((label) => !OURS.test(label)).join("  "));
      setText(flavor, row.flavor);
      setText(owner, row.owner);
      born.title = row.created_at === null ? "" : DATE.format(row.created_at * 1000);
      check.setAttribute("aria-label", `Select ${row.name}`);
      for (const [control, title] of [
        [cancel, "Cancel"],
        [rerun, "Run again"],
        [link, "Open the page of"],
      ] as const) {
        control.title = `${title} ${row.name}`;
        control.setAttribute("aria-label", control.title);
      }
      const url = safeUrl(row.url);
      link.hidden = url === null;
      if (url) link.href = url;
    }
    cancel.hidden = isTerminal(row.stage) || going;
    said.hidden = !going;
    rerun.hidden = going;
    toggle.setAttribute("aria-expanded", String(open));
    toggle.title = `${open ? "Close" : "Show"} the card of ${row.name}`;
    toggle.setAttribute("aria-label", toggle.title);
    check.checked = selected;
    node.classList.toggle("hfj-selected", selected);
    node.classList.toggle("hfj-opened", open);
    node.setAttribute("aria-rowindex", String(index + 2));
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
  return {
    node,
    controls,
    show,
    tick,
    reach(on) {
      if (on === reached) return;
      reached = on;
      for (const control of controls) control.tabIndex = on ? 0 : -1;
    },
  };
}
