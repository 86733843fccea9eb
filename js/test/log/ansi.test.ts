import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_LINE, parseLine, plainText } from "../../src/log/ansi.ts";

const shown = (line: string) =>
  parseLine(line)
    .pieces.map((piece) => piece.text)
    .join("");
const styles = (line: string) =>
  parseLine(line).pieces.map(({ text, classes, color, background }) => [text, classes.join(" "), color, background]);

test("a plain line is one piece", () => {
  assert.deepEqual(styles("hello\tworld"), [["hello\tworld", "", null, null]]);
  assert.deepEqual(styles(""), []);
});

test("the sixteen colours are the theme's, the others are themselves", () => {
  assert.deepEqual(styles("\x1b[31mred\x1b[92mgreen\x1b[0mplain"), [
    ["red", "", 1, null],
    ["green", "", 10, null],
    ["plain", "", null, null],
  ]);
  assert.deepEqual(styles("\x1b[38;5;208mx"), [["x", "", "rgb(255, 135, 0)", null]]);
  assert.deepEqual(styles("\x1b[38;5;9mx\x1b[38;5;244my"), [
    ["x", "", 9, null],
    ["y", "", "rgb(128, 128, 128)", null],
  ]);
  assert.deepEqual(styles("\x1b[48;2;1;2;3mx"), [["x", "", null, "rgb(1, 2, 3)"]]);
  assert.deepEqual(styles("\x1b[38:2::1:2:3mx\x1b[38:5:208my"), [
    ["x", "", "rgb(1, 2, 3)", null],
    ["y", "", "rgb(255, 135, 0)", null],
  ]);
});

test("decorations add up and end on their own", () => {
  assert.deepEqual(
    styles("\x1b[1mb\x1b[4mbu\x1b[22mu\x1b[9mus\x1b[mp").map(([text, classes]) => [text, classes]),
    [
      ["b", "hfj-bold"],
      ["bu", "hfj-bold hfj-underline"],
      ["u", "hfj-underline"],
      ["us", "hfj-underline hfj-strikethrough"],
      ["p", ""],
    ],
  );
});

test("inverse swaps what is set and takes the theme's colours for what is not", () => {
  assert.deepEqual(styles("\x1b[7;31mx"), [["x", "hfj-fg-inverse", null, 1]]);
  assert.deepEqual(styles("\x1b[7mx"), [["x", "hfj-fg-inverse hfj-bg-inverse", null, null]]);
});

test("every other escape sequence is dropped", () => {
  assert.equal(shown("a\x1b[2Jb\x1b[10;4Hc\x1b[?25ld\x1b(Be\x1b7f\x1b"), "abcdef");
  assert.equal(shown("\x1b]8;;https://x.y\x07link\x1b]8;;\x07 \x1b]0;title\x1b\\t"), "link t");
  assert.equal(shown("\x1bPq#0;2\x1b\\x\x1b_apc\x1b\\y"), "xy");
  assert.equal(shown("cut \x1b[38;5"), "cut ");
  assert.equal(shown("31mistaken\x1b[31m31minutes"), "31mistaken31minutes");
});

test("control and reordering characters become symbols", () => {
  assert.equal(shown("\x00\x07\x08\x0b\x1f\x7f"), "␀␇␈␋␟␡");
  assert.equal(shown("a\u202eb\u2066c\u2028d\x9be"), "a␦b␦c␦d␦e");
  assert.equal(shown("עברית e\u0301 🙂 \u200f"), "עברית e\u0301 🙂 \u200f");
});

test("a long line is folded and says how much is hidden", () => {
  const { pieces, folded } = parseLine("x".repeat(MAX_LINE + 12345));
  assert.equal(folded, 12345);
  assert.equal(pieces[0]?.text.length, MAX_LINE);
  const surrogate = parseLine(`${"x".repeat(MAX_LINE - 1)}🙂🙂`);
  assert.equal(surrogate.pieces[0]?.text.at(-1), "x");
  // What the kernel left out is counted with what the page leaves out.
  const cut = parseLine(`${"x".repeat(MAX_LINE + 10)}… +1,234 characters`);
  assert.deepEqual([cut.folded, cut.whole], [1244, false]);
});

test("copied text has no escapes but keeps the characters", () => {
  assert.equal(plainText("\x1b[1;31mred\x1b[0m \x1b]8;;x\x07a\u202eb"), "red a\u202eb");
});
