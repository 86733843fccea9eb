/** One row of the log: its number in the gutter (drawn by CSS, so that it is neither selected nor copied) and its text. */
import { CUT, type Piece, parseLine } from "../log/ansi.ts";
import { mark } from "../log/marks.ts";
import { h } from "../ui/dom.ts";
import { count } from "../ui/format.ts";

export interface Row {
  node: HTMLElement;
  /** The text it shows, undefined for a line that is still on its way. */
  line: string | undefined;
  /** The search whose matches it marks. */
  wanted: RegExp | null;
}

/** The kernel's own lines, about lines of the job's that never came, begin with this. */
const GAP = "\u22ef ";

function span(piece: Piece): Node {
  if (piece.classes.length === 0 && !piece.color && !piece.background) return document.createTextNode(piece.text);
  const node = h("span", { class: piece.classes.join(" ") }, piece.text);
  // A colour of the job's own is kept as far as it can be read on the theme's background (styles.css).
  if (piece.color && piece.background) node.style.color = piece.color;
  else if (piece.color) {
    node.classList.add("hfj-own");
    node.style.setProperty("--hfj-own", piece.color);
  }
  if (piece.background) node.style.backgroundColor = piece.background;
  // A colour chosen for a background keeps to it: a light theme must not put dark text of its own on dark blue.
  if (piece.background && !piece.color) node.classList.add("hfj-on-color");
  return node;
}

export function logRow(number: number, line: string | undefined, wanted: RegExp | null): Row {
  const gutter = h("span", { class: "hfj-number", "data-n": number + 1, "aria-hidden": "true" });
  if (line === undefined) {
    return {
      node: h("div", { class: "hfj-row" }, gutter, h("span", { class: "hfj-missing", title: "On its way" }, "·····")),
      line,
      wanted,
    };
  }
  const { pieces, folded, whole } = parseLine(line);
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
  return { node: h("div", { class: "hfj-row" }, gutter, text), line, wanted };
}
