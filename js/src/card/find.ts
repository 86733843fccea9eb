/** The search box, which floats over the log: opened by `/`, closed by Escape; Enter and n go on. */

import type { Query } from "../kernel/protocol.ts";
import { pattern } from "../log/marks.ts";
import { Search } from "../log/search.ts";
import { button, setPressed } from "../ui/button.ts";
import { h, setText } from "../ui/dom.ts";
import { count } from "../ui/format.ts";
import { isCommand } from "../ui/keys.ts";
import { onAbort } from "../ui/timing.ts";
import type { Page } from "./page.ts";
import type { JobStore } from "./store.ts";

/** Milliseconds of quiet before what is being typed is looked for. */
const TYPING_MS = 150;

export interface FindOptions {
  store: JobStore;
  page: Page;
  signal: AbortSignal;
  /** Show the marks of `wanted`, with `line` as the one the reader is at, in view when `go`. */
  onFound: (wanted: RegExp | null, line: number | null, go: boolean) => void;
  /** Where the focus goes when the box closes. */
  onClose: () => void;
}

export interface Find {
  node: HTMLElement;
  open: () => void;
  /** A key pressed in the log, handled when it is one of the search's. */
  key: (event: KeyboardEvent) => void;
}

export function find({ store, page, signal, onFound, onClose }: FindOptions): Find {
  const search = new Search({
    ask: (query, from, answer) => store.search(query, from, answer),
    topLine: () => page.topLine,
    onFound: (go) => show(go),
  });
  const input = h("input", {
    type: "search",
    class: "hfj-query",
    placeholder: "Find in the log",
    "aria-label": "Find in the log",
    spellcheck: "false",
    autocomplete: "off",
  });
  const status = h("span", { class: "hfj-found", role: "status" });
  const flag = (label: string, title: string) => {
    const element = button({
      label,
      title,
      class: "hfj-toggle",
      signal,
      onClick: () => {
        setPressed(element, element.getAttribute("aria-pressed") !== "true");
        look();
      },
    });
    setPressed(element, false);
    element.setAttribute("aria-label", title);
    return element;
  };
  const on = (element: HTMLElement) => element.getAttribute("aria-pressed") === "true";
  const icon = (name: "up" | "down" | "close", title: string, onClick: () => void) => {
    const element = button({ label: "", icon: name, title, signal, onClick });
    element.setAttribute("aria-label", title);
    return element;
  };
  const cased = flag("Aa", "Match case");
  const regex = flag(".*", "Regular expression");
  const before = icon("up", "Previous match (Shift+Enter)", () => search.go(-1));
  const after = icon("down", "Next match (Enter)", () => search.go(1));
  const node = h(
    "div",
    { class: "hfj-find", role: "search", "aria-label": "Log", hidden: true },
    input,
    status,
    cased,
    regex,
    before,
    after,
    icon("close", "Close (Escape)", () => close()),
  );

  let wanted: RegExp | null = null;
  const set = (query: Query) => {
    // One pattern a search: rows are made again when it is another object.
    wanted = pattern(query);
    search.set(query);
  };
  const look = () => set({ query: input.value, case: on(cased), regex: on(regex) });
  const show = (go: boolean) => {
    const { total, line, rank, error, waiting } = search.found;
    const nothing = search.query.query !== "" && total === 0 && !waiting;
    node.classList.toggle("hfj-nothing", nothing || error !== null);
    status.title = error ?? "Lines of the whole log that match";
    const counted = rank === null ? count(total) : `${count(rank)} of ${count(total)}`;
    setText(
      status,
      search.query.query === "" ? "" : error ? "Not valid" : nothing ? "None" : waiting && total === 0 ? "…" : counted,
    );
    input.setAttribute("aria-invalid", String(error !== null));
    before.disabled = after.disabled = total === 0;
    if (error) status.setAttribute("aria-label", error);
    else status.removeAttribute("aria-label");
    onFound(error ? null : wanted, line, go);
  };
  const open = () => {
    node.hidden = false;
    input.focus();
    input.select();
    if (input.value !== search.query.query) look();
  };
  const close = () => {
    node.hidden = true;
    set({ ...search.query, query: "" });
    onClose();
  };

  let typing: ReturnType<typeof setTimeout> | undefined;
  input.addEventListener(
    "input",
    () => {
      clearTimeout(typing);
      typing = setTimeout(look, TYPING_MS);
    },
    { signal },
  );
  node.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape") close();
      else if (event.key !== "Enter" || event.target !== input || isCommand(event)) return;
      else if (input.value !== search.query.query) look();
      else search.go(event.shiftKey ? -1 : 1);
      event.preventDefault();
      event.stopPropagation();
    },
    { signal },
  );
  onAbort(signal, () => clearTimeout(typing));
  store.watch(["log"], signal, () => search.grow(store.lines.total));

  const key = (event: KeyboardEvent) => {
    if (isCommand(event)) return;
    if (event.key === "Escape" && !node.hidden) close();
    else if (node.hidden) return;
    else if (event.key === "n" || event.key === "Enter") search.go(1);
    else if (event.key === "N") search.go(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { node, open, key };
}
