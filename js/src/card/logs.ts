/** The Logs tab: a thin bar (how many lines, follow, search, copy, download) over the list. */

import { plainText } from "../log/ansi.ts";
import { button, setPressed } from "../ui/button.ts";
import { copyButton, saveFile, taskButton } from "../ui/copy.ts";
import { focusOn, h, setText } from "../ui/dom.ts";
import { fileName, plural } from "../ui/format.ts";
import type { IconName } from "../ui/icons.ts";
import { find } from "./find.ts";
import { LogList } from "./log_list.ts";
import { type Page, remember } from "./page.ts";
import type { JobStore } from "./store.ts";
import type { Panel } from "./tabs.ts";

export interface LogsPanel extends Panel {
  /** Open the search box, where there is something to search. */
  find: () => void;
}

/**
 * @param toOutput takes the reader to an output, by its number
 */
export function logsPanel(
  store: JobStore,
  page: Page,
  signal: AbortSignal,
  toOutput: (number: number) => void,
): LogsPanel {
  const list = new LogList({ store, page, signal, onFollow: () => showFollow(), onOutput: toOutput });
  const lines = h("span", { class: "hfj-count" });
  const follow = button({
    label: "Follow",
    class: "hfj-toggle",
    title: "Keep the newest line in view",
    signal,
    onClick: () => (page.follow ? pause() : latest()),
  });
  const box = find({
    store,
    page,
    signal,
    onFound: (wanted, line, go) => {
      list.mark(wanted, line);
      if (go && line !== null) list.toLine(line);
    },
    onClose: () => focusOn(list.node),
  });
  const search = button({
    label: "Find",
    icon: "search",
    class: "hfj-search",
    title: "Find in the log (/)",
    signal,
    onClick: () => box.open(),
  });
  list.node.addEventListener("keydown", box.key, { signal });
  const jump = button({ label: "Jump to latest", icon: "down", class: "hfj-jump", signal, onClick: () => latest() });
  const empty = h("p", { class: "hfj-empty" });

  const showFollow = () => {
    setPressed(follow, page.follow);
    jump.hidden = page.follow || store.lines.total === 0;
  };
  const top = button({
    label: "Top",
    icon: "up",
    class: "hfj-top",
    title: "Go to the first line",
    signal,
    onClick: () => {
      list.toStart();
      showFollow();
    },
  });
  /** A button for how all logs are to look. */
  const choice = (key: "wrap" | "times", label: string, name: IconName, title: string): HTMLElement => {
    const show = () => {
      setPressed(node, page[key]);
      list.rewrap();
    };
    const onClick = () => {
      page[key] = !page[key];
      remember(page);
      show();
    };
    const node = button({ label, icon: name, class: "hfj-toggle", title, signal, onClick });
    show();
    return node;
  };
  const wrap = choice("wrap", "Wrap", "wrap", "Wrap long lines");
  const times = choice("times", "Times", "SCHEDULING", "When lines were printed");
  const pause = () => {
    page.follow = false;
    showFollow();
  };
  const latest = () => {
    list.toEnd();
    showFollow();
  };
  const text = async (say: (text: string) => void, stop: AbortSignal): Promise<string> => {
    const all = await store.requests.all(stop, (share) => say(`${Math.floor(share * 100)} %`));
    return all.map((line) => `${plainText(line)}\n`).join("");
  };
  const copy = copyButton(signal, "Copy all lines", text);
  const download = taskButton({
    label: "Download",
    icon: "download",
    title: "Save all lines as a file",
    done: "Saved",
    signal,
    run: async (say, stop) => saveFile(fileName(store.job, "log"), [await text(say, stop)]),
  });

  const area = h("div", { class: "hfj-list" }, list.node, box.node, jump, empty);
  store.watch(["log", "job", "stream"], signal, () => {
    const { total } = store.lines;
    // Nothing more will come: there is nothing to follow.
    const ended = store.hasEnded && store.stream === "complete";
    setText(lines, plural(total, "line"));
    const over = store.hasEnded && store.stream !== "connecting" && store.stream !== "reconnecting";
    empty.hidden = total > 0;
    const { stage, message } = store.job;
    const waits = stage === "SCHEDULING" ? message || "Waiting for a machine…" : "Waiting for the first line…";
    setText(empty, over ? "This job printed nothing." : waits);
    // Of a job that had ended before, what is here is all.
    if (!store.hasEnded) area.classList.add("hfj-reserved");
    // Older lines than those in the page, and what is found in them, only the kernel has.
    const { lost } = store.connection;
    search.disabled = lost;
    copy.disabled = download.disabled = lost && store.lines.gap(0, total) !== null;
    for (const element of [search, copy, download]) element.classList.toggle("hfj-off", element.disabled);
    for (const element of [list.node, wrap, times, top, search, copy, download, lines]) element.hidden = total === 0;
    follow.hidden = total === 0 || ended;
    showFollow();
  });
  const node = h(
    "div",
    { class: "hfj-logs" },
    h(
      "div",
      { class: "hfj-bar" },
      lines,
      h("span", { class: "hfj-bar-actions" }, follow, wrap, times, top, search, copy, download),
    ),
    area,
  );
  return {
    node,
    shown: () => list.restore(),
    find: () => store.lines.total > 0 && !store.connection.lost && box.open(),
  };
}
