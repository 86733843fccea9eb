/** The Script tab: the exact uv script that was submitted. */
import { copyButton } from "../ui/copy.ts";
import { h, setText } from "../ui/dom.ts";
import { plural } from "../ui/format.ts";
import type { JobStore } from "./store.ts";
import { syntaxLines } from "./syntax.ts";
import type { Panel } from "./tabs.ts";

export function scriptPanel(store: JobStore, signal: AbortSignal): Panel {
  const size = h("span", { class: "hfj-count" });
  const code = h("code");
  const scroller = h("pre", { class: "hfj-script", tabindex: 0, role: "region", "aria-label": "Script" }, code);
  store.watch(["script"], signal, () => {
    const lines = syntaxLines(store.script.replace(/\n$/, ""));
    setText(size, store.script === "" ? "" : plural(lines.length, "line"));
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
  });
  const copy = copyButton(signal, "Copy the script", async () => store.script);
  const command = copyButton(signal, "", async () => store.command, "Copy command");
  store.watch(["command", "job"], signal, () => {
    command.hidden = store.command === "";
    const file = `${store.job.name}.py`;
    command.title = `Copy the \u201chf jobs\u201d command that starts this job, with the script saved as ${file}`;
  });
  return {
    node: h(
      "div",
      {},
      h("div", { class: "hfj-bar" }, size, h("span", { class: "hfj-bar-actions" }, command, copy)),
      scroller,
    ),
  };
}
