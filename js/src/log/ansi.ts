/**
 * A log line -> styled pieces of text. Nothing here makes markup; views put `text` into the page as text.
 *
 * anser understands the colour sequences (SGR). Around it: every other escape is dropped, control characters become
 * visible symbols, and a line too long to lay out is folded.
 */
import Anser from "anser";

/** Characters. Beyond this a browser spends frames on laying out one row that nobody reads to its end. */
export const MAX_LINE = 5000;

/** One of the theme's own sixteen colours by its number, or a CSS colour of the 256 and truecolor palettes. */
export type Color = number | string;

export interface Piece {
  text: string;
  /** Class names: hfj-bold, hfj-italic ... */
  classes: string[];
  color: Color | null;
  background: Color | null;
}

/** Escapes that run to a terminator: OSC (titles, links, clipboard), DCS, SOS, PM, APC. */
const STRINGS = /\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)/g;
/** Control sequences, by their last byte; `m` is SGR and kept. An unfinished one at the end goes too. */
const CSI = /\x1b\[([\x30-\x3f]*)[\x20-\x2f]*([\x40-\x7e]|$)/g;
/** What is left of escapes: two- and three-byte ones, and a lone ESC. ESC [ has been dealt with. */
const OTHER = /\x1b(?!\[)[\x20-\x2f]*[\x30-\x7e]?/g;
/** C0 without tab and ESC, DEL, C1, line and paragraph separators, and the bidi controls that reorder what follows. */
const CONTROLS = /[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

function symbol(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\u2426";
}

function sgr(sequence: string, parameters: string, final: string): string {
  if (final !== "m" || /[^\d;:]/.test(parameters)) return "";
  // 38:2:<colour space>:r:g:b, the ISO form with colons, to the form with semicolons that anser knows.
  const plain = parameters.replace(/([34]8):2:(?:\d*:)?(\d+:\d+:\d+)/g, "$1:2:$2").replaceAll(":", ";");
  return sequence.includes(":") ? `\x1b[${plain}m` : sequence;
}

/** Only text, tabs and SGR sequences are left. */
const clean = (line: string): string =>
  line.replace(STRINGS, "").replace(CSI, sgr).replace(OTHER, "").replace(CONTROLS, symbol);

/** The text alone, for the clipboard and for files: no escapes, but characters as the job wrote them. */
export const plainText = (line: string): string =>
  line.includes("\x1b") ? line.replace(STRINGS, "").replace(CSI, "").replace(OTHER, "") : line;

const OPTIONS = { use_classes: true, json: true };

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const LEVELS = [0, 95, 135, 175, 215, 255];

/** anser's colour name -> the number of one of the theme's sixteen colours, or a CSS colour. */
function paint(name: string | null, truecolor: string | null): Color | null {
  if (!name) return null;
  if (name === "ansi-truecolor") return truecolor && `rgb(${truecolor})`;
  if (name.startsWith("ansi-palette-")) {
    const n = Number(name.slice("ansi-palette-".length));
    if (n >= 232)
      return `rgb(${Array(3)
        .fill(8 + (n - 232) * 10)
        .join(", ")})`;
    const cube = n - 16;
    return `rgb(${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((i) => LEVELS[i]).join(", ")})`;
  }
  const bright = name.startsWith("ansi-bright-");
  const index = NAMES.indexOf(name.slice(bright ? "ansi-bright-".length : "ansi-".length));
  return index < 0 ? null : index + (bright ? 8 : 0);
}

const plain = (text: string): Piece => ({ text, classes: [], color: null, background: null });

function piece(entry: Anser.AnserJsonEntry): Piece {
  const classes = entry.decorations
    .filter((name) => name !== "reverse" && name !== "blink")
    .map((name) => `hfj-${name}`);
  let [fg, bg] = [paint(entry.fg, entry.fg_truecolor), paint(entry.bg, entry.bg_truecolor)];
  if (entry.decorations.includes("reverse")) {
    [fg, bg] = [bg, fg];
    classes.push(...(fg === null ? ["hfj-fg-inverse"] : []), ...(bg === null ? ["hfj-bg-inverse"] : []));
  }
  return {
    text: entry.content,
    classes: [...new Set(classes)],
    color: fg,
    background: bg,
  };
}

/** The kernel's mark for what it did not send of a line. */
export const CUT = /… \+([\d,]+) characters$/;

/** The pieces of a line, how many of its characters were folded away, and whether all of them are in the page. */
export function parseLine(line: string): { pieces: Piece[]; folded: number; whole: boolean } {
  const cut = line.length > MAX_LINE ? CUT.exec(line) : null;
  const whole = cut === null;
  const here = Math.max(0, (cut?.index ?? line.length) - MAX_LINE);
  const folded = here + Number(cut?.[1]?.replaceAll(",", "") ?? 0);
  // toWellFormed's job done by hand: a cut through a surrogate pair would show as a stray symbol.
  const shown = folded > 0 ? line.slice(0, MAX_LINE).replace(/[\ud800-\udbff]$/, "") : line;
  const cleaned = clean(shown);
  if (!cleaned.includes("\x1b")) return { pieces: cleaned ? [plain(cleaned)] : [], folded, whole };
  const parser = new Anser();
  // Chunk by chunk: anser's own loop swaps inverse colours by itself and puts black and white for those not set.
  const [first = "", ...styled] = cleaned.split("\x1b[");
  const pieces = [
    plain(first),
    // At once to a piece: anser hands out its own list of decorations and changes it with the next chunk.
    ...styled.map((chunk) => piece(parser.processChunkJson(chunk, OPTIONS, true))),
  ].filter(({ text }) => text);
  return { pieces, folded, whole };
}
