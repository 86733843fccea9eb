/** The Files tab: what is in the bucket of the job's folder, sortable, and brought beside the notebook by a click. */
import type { FileRow } from "../kernel/protocol.ts";
import { button } from "../ui/button.ts";
import { h, setText } from "../ui/dom.ts";
import { fileSize } from "../ui/format.ts";
import { inNextFrame, onAbort } from "../ui/timing.ts";
import { arrange, visibleRows } from "../ui/visible_rows.ts";
import type { JobStore } from "./store.ts";
import type { Panel } from "./tabs.ts";

/** Pixels; the style sheet has it, too. */
const ROW_HEIGHT = 26;
const MAX_VISIBLE_ROWS = 12;
const OVERSCAN = 8;
/** Milliseconds between two questions while the tab is in view. */
const ASK_MS = 5000;
const COLUMNS = ["File", "Size", "Modified"] as const;

export function filesPanel(store: JobStore, signal: AbortSignal): Panel {
  const count = h("span", { class: "hfj-count" });
  const note = h("p", { class: "hfj-note", role: "status" });
  const sizer = h("div", { class: "hfj-tsizer", role: "rowgroup" });
  const scroller = h("div", { class: "hfj-tscroll" }, sizer);
  let by: 0 | 1 | 2 = 0;
  let down = false;
  let sorted: FileRow[] = [];
  /** Rows by all that is in them: a row that stays keeps the focus. */
  let shown = new Map<string, HTMLElement>();

  const pull = (path: string | null) =>
    button({
      label: path === null ? "Fetch all" : "",
      icon: "download",
      title: `Fetch ${path ?? "all"} into ${store.outDir} beside the notebook`,
      signal,
      onClick: () => store.pull(path),
    });
  const row = (file: FileRow) =>
    h(
      "div",
      { role: "row", class: "hfj-trow hfj-file" },
      ...[file[0], fileSize(file[1]), new Date(file[2] * 1000).toLocaleString("sv")].map((text) =>
        h("span", { role: "cell", class: "hfj-cell", title: text }, text),
      ),
      h("span", { role: "cell" }, pull(file[0])),
    );
  const draw = inNextFrame(signal, () => {
    scroller.style.height = `${Math.min(sorted.length, MAX_VISIBLE_ROWS) * ROW_HEIGHT}px`;
    sizer.style.height = `${sorted.length * ROW_HEIGHT}px`;
    const { scrollTop: top, clientHeight: height } = scroller;
    const old = shown;
    shown = new Map();
    for (const at of visibleRows({ top, height, rowHeight: ROW_HEIGHT, count: sorted.length, overscan: OVERSCAN })) {
      const file = sorted[at] as FileRow;
      const key = file.join();
      const node = old.get(key) ?? row(file);
      node.style.transform = `translateY(${at * ROW_HEIGHT}px)`;
      old.delete(key);
      shown.set(key, node);
    }
    for (const node of old.values()) node.remove();
    arrange(sizer, shown.values());
  });
  scroller.addEventListener("scroll", draw, { signal, passive: true });

  const sort = () => {
    const turn = down ? -1 : 1;
    // What is equal stays in the kernel's order, which is that of the paths.
    sorted = (store.files?.files ?? []).toSorted((a, b) => turn * (+(a[by] > b[by]) - +(a[by] < b[by])));
    // The style sheet turns the arrow.
    for (const [i, title] of titles.entries())
      title.setAttribute("aria-sort", i !== by ? "none" : down ? "descending" : "ascending");
    draw();
  };
  const titles = COLUMNS.map((label, i) =>
    h(
      "span",
      { role: "columnheader", class: "hfj-cell" },
      button({
        label,
        icon: "up",
        class: "hfj-sort",
        signal,
        onClick: () => {
          // Words begin with A, numbers with the largest.
          [by, down] = [i as 0 | 1 | 2, by === i ? !down : i > 0];
          sort();
        },
      }),
    ),
  );
  const all = pull(null);
  const table = h(
    "div",
    { role: "table", class: "hfj-files", "aria-label": "Files of the job" },
    h("div", { role: "rowgroup" }, h("div", { role: "row", class: "hfj-trow hfj-thead hfj-file" }, ...titles)),
    scroller,
  );
  store.watch(["out_dir"], signal, () => {
    const { files, pulled } = store;
    setText(count, files?.summary ?? "");
    setText(note, `${pulled} ${files?.note ?? "Looking…"}`.trim());
    for (const element of [all, table]) element.hidden = !files?.summary;
    sort();
  });

  const ask = () => {
    if (node.checkVisibility() && !document.hidden) store.askFiles();
  };
  const timer = setInterval(() => store.isOver || ask(), ASK_MS);
  onAbort(signal, () => clearInterval(timer));
  const node = h("div", {}, h("div", { class: "hfj-bar" }, count, all), table, note);
  store.watch(["stream"], signal, ask);
  return {
    node,
    shown: () => {
      ask();
      draw();
    },
  };
}
