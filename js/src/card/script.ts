/** The Script tab: the exact uv script that was submitted, and what came along from the notebook. */
import { copyButton } from "../ui/copy.ts";
import { h, setText } from "../ui/dom.ts";
import { plural } from "../ui/format.ts";
import type { JobStore } from "./store.ts";
import { syntaxLines } from "./syntax.ts";
import type { Panel } from "./tabs.ts";

export function scriptPanel(store: JobStore, signal: AbortSignal): Panel {
  const size = h("span", { class: "hfj-count" });
  const code = h("code");
  const scroller = h(
    "pre",
    { class: "hfj-code hfj-script", tabindex: 0, role: "region", "aria-label": "Script" },
    code,
  );
  store.watch(["script"], signal, () => {
    const lines = showCode(code, store.script);
    setText(size, store.script === "" ? "" : plural(lines, "line"));
  });
  const copy = copyButton(signal, "Copy the script", async () => store.script);
  const command = copyButton(signal, "", async () => store.command, "Copy command", "terminal");
  store.watch(["command", "job"], signal, () => {
    command.hidden = store.command === "";
    const file = `${store.job.name}.py`;
    const what = store.job.local
      ? "line for a cell that starts this job here"
      : "command for a terminal that starts this job";
    command.title = `Copy the ${what}, with the script saved as ${file}`;
  });
  return {
    node: h(
      "div",
      {},
      h("div", { class: "hfj-bar" }, size, h("span", { class: "hfj-bar-actions" }, command, copy)),
      namesPart(store, signal),
      scroller,
    ),
  };
}

/** What came along from the notebook, folded: its names in one line, their code below it. */
function namesPart(store: JobStore, signal: AbortSignal): HTMLElement {
  const words = h("span", { class: "hfj-names-list" });
  const code = h("code");
  const label = "Code from this notebook";
  const node = h(
    "details",
    { class: "hfj-names" },
    h("summary", {}, "From this notebook: ", words),
    h("pre", { class: "hfj-code", tabindex: 0, role: "region", "aria-label": label }, code),
  );
  store.watch(["names"], signal, () => {
    const { names } = store;
    node.hidden = names.names.length === 0;
    if (node.hidden) return;
    setText(words, names.names.join(", "));
    showCode(code, names.code);
  });
  return node;
}

/** Draw Python in colours, with numbers of lines; how many there are. */
function showCode(code: HTMLElement, source: string): number {
  const lines = syntaxLines(source.replace(/\n$/, ""));
  code.style.setProperty("--hfj-digits", String(Math.max(2, String(lines.length).length)));
  code.replaceChildren(
    ...lines.map((line, i) =>
      h(
        "span",
        { class: "hfj-code-line" },
        h("span", { class: "hfj-number", "data-n": i + 1, "aria-hidden": "true" }),
        // In an element of their own: a flex box leaves out spaces between its children.
        h("span", {}, ...line.map(({ text, type }) => (type ? h("span", { "data-token": type }, text) : text)), "\n"),
      ),
    ),
  );
  return lines.length;
}
