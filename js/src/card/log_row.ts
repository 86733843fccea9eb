/** One row of the log: its number or time (drawn by CSS, so that it is neither selected nor copied) and its text. */
import { CUT, type Piece, parseLine } from "../log/ansi.ts";
import { mark } from "../log/marks.ts";
import { h } from "../ui/dom.ts";
import { count } from "../ui/format.ts";
import { icon } from "../ui/icons.ts";

export interface Row {
  node: HTMLElement;
  /** The text it shows, undefined for a line that is still on its way. */
  line: string | undefined;
  /** The search whose matches it marks. */
  wanted: RegExp | null;
  /** Number of the output that appeared here. */
  output: number | null;
}

/** What the job's runner prints where an output appears, behind what the program had begun to print in that line. */
const CUE = /\[output \d+\] ([^\r\n]*)$/;

/** The kernel's own lines, about lines of the job's that never came, begin with this. */
const GAP = "\u22ef ";

/** A piece of a line, in its colours. */
export function span({ text, classes, color, background }: Piece): Node {
  if (classes.length === 0 && color === null && background === null) return document.createTextNode(text);
  const node = h("span", { class: classes.join(" ") }, text);
  const { classList, style } = node;
  if (typeof background === "number") {
    classList.add("hfj-bg");
    style.setProperty("--hfj-bg", themeColor(background));
  } else if (background !== null) style.backgroundColor = background;
  // A colour chosen for a background keeps to it: a light theme must not put dark text of its own on dark blue.
  const own = typeof background === "string";
  if (own && typeof color !== "string") classList.add("hfj-on-color");
  else if (typeof color === "number") {
    // Black and white stand out on a terminal's background; on a theme's tint of it the theme's own text does.
    if (typeof background !== "number" || (color % 8) % 7 > 0) style.color = themeColor(color);
  } else if (own && color !== null) style.color = color;
  else if (color !== null) {
    // A colour of the job's own is kept as far as it can be read on the theme's background (log.css).
    classList.add("hfj-own");
    style.setProperty("--hfj-own", color);
  }
  return node;
}

const themeColor = (number: number): string => `var(--hfj-ansi-${number})`;

export function logRow(
  number: number,
  line: string | undefined,
  wanted: RegExp | null,
  output: number | null = null,
  time?: number,
): Row {
  const gutter = h("span", {
    class: "hfj-number",
    "data-n": number + 1,
    "data-t": time ? new Date(time * 1000).toTimeString().slice(0, 8) : number + 1,
    "aria-hidden": "true",
  });
  if (line === undefined) {
    return {
      node: h("div", { class: "hfj-row" }, gutter, h("span", { class: "hfj-missing", title: "On its way" }, "·····")),
      line,
      wanted,
      output,
    };
  }
  const cue = output === null ? null : CUE.exec(line);
  const { pieces, folded, whole } = parseLine(cue ? line.slice(0, cue.index) : line);
  const cut = folded > 0 ? null : CUT.exec(pieces.at(-1)?.text ?? "");
  const tail = cut ? pieces.splice(-1)[0] : undefined;
  if (tail && cut)
    pieces.push({ ...tail, text: tail.text.slice(0, cut.index) }, { ...tail, text: cut[0], classes: ["hfj-folded"] });
  const text = h(
    "span",
    { class: `hfj-text${line.startsWith(GAP) ? " hfj-gap" : ""}` },
    ...mark(pieces, wanted).map(span),
  );
  if (folded > 0) {
    text.append(
      h(
        "span",
        {
          class: "hfj-folded",
          title: whole ? "Copy and Download have the whole line" : "job.logs() has the whole line",
        },
        ` … +${count(folded)} characters`,
      ),
    );
  }
  if (cue) text.append(way(output as number, cue[1] as string));
  return { node: h("div", { class: "hfj-row" }, gutter, text), line, wanted, output };
}

/** The way from the log to an output; one that was cleared has none. */
const way = (number: number, words: string): HTMLElement =>
  number === 0
    ? h("span", { class: "hfj-folded" }, `${words} (cleared)`)
    : h(
        "button",
        { type: "button", class: "hfj-way", "data-output": number, title: "Show this output" },
        icon("output"),
        h("span", { class: "hfj-label" }, words),
      );
