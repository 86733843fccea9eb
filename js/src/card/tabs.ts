/** Tabs after the ARIA pattern: one stop for the Tab key, arrows between them; a panel is built when first shown. */
import { h, setText } from "../ui/dom.ts";
import { isCommand } from "../ui/keys.ts";

export interface Panel {
  node: HTMLElement;
  /** Called each time the panel comes into view. */
  shown?: () => void;
}

export interface TabsOptions<T extends string> {
  names: readonly T[];
  selected: T;
  build: Record<T, () => Panel>;
  onSelect: (name: T) => void;
  signal: AbortSignal;
}

/** Ids must be unique in a page that may hold many cards. */
let cards = 0;

export interface Tabs<T extends string> {
  node: HTMLElement;
  /** The panel in view came into view. */
  shown: () => void;
  /** Select a tab. */
  select: (name: T, focus?: boolean) => void;
  /** Have a tab or not; the one that is selected stays. */
  offer: (name: T, on: boolean) => void;
  /** What stands in a tab behind its name. */
  count: (name: T, text: string) => void;
}

export function tabs<T extends string>(options: TabsOptions<T>): Tabs<T> {
  const { names, build, onSelect, signal } = options;
  cards += 1;
  const id = `hfj-${cards}-${Math.random().toString(36).slice(2, 8)}`;
  let selected = options.selected;
  const panels = new Map<T, Panel>();
  const holders = new Map<T, HTMLElement>();
  const buttons = new Map<T, HTMLButtonElement>();
  const bar = h("div", {
    class: "hfj-tabs",
    role: "tablist",
    "aria-label": "Job",
  });

  const select = (name: T, focus = false) => {
    selected = name;
    for (const other of names) {
      const on = other === name;
      const tab = buttons.get(other) as HTMLButtonElement;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      (holders.get(other) as HTMLElement).hidden = !on;
      if (on && focus) tab.focus();
    }
    if (!panels.has(name)) {
      const panel = build[name]();
      panels.set(name, panel);
      (holders.get(name) as HTMLElement).append(panel.node);
    }
    panels.get(name)?.shown?.();
    onSelect(name);
  };

  for (const [i, name] of names.entries()) {
    const tab = h(
      "button",
      { type: "button", role: "tab", class: "hfj-tab", id: `${id}-tab-${i}`, "aria-controls": `${id}-panel-${i}` },
      name,
      h("span", { class: "hfj-tab-count" }),
    );
    tab.addEventListener("click", () => select(name), { signal });
    buttons.set(name, tab);
    holders.set(
      name,
      h("div", { role: "tabpanel", class: "hfj-panel", id: `${id}-panel-${i}`, "aria-labelledby": `${id}-tab-${i}` }),
    );
    bar.append(tab);
  }
  bar.addEventListener(
    "keydown",
    (event) => {
      const offered = names.filter((name) => !buttons.get(name)?.hidden);
      const [at, last] = [offered.indexOf(selected), offered.length - 1];
      const to = { ArrowRight: at + 1, ArrowLeft: at + last, Home: 0, End: last }[event.key];
      if (to === undefined || isCommand(event)) return;
      event.preventDefault();
      select(offered[to % offered.length] as T, true);
    },
    { signal },
  );
  select(selected);
  const node = h("div", { class: "hfj-body" }, bar, ...names.map((name) => holders.get(name) as HTMLElement));
  return {
    node,
    shown: () => panels.get(selected)?.shown?.(),
    select,
    offer: (name, on) => {
      (buttons.get(name) as HTMLButtonElement).hidden = !on && name !== selected;
    },
    count: (name, text) => setText(buttons.get(name)?.lastElementChild as HTMLElement, text),
  };
}
