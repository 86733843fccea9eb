import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLine } from "../../src/log/ansi.ts";
import { mark, pattern } from "../../src/log/marks.ts";

const marked = (line: string, query: string, options: { case?: boolean; regex?: boolean } = {}) =>
  mark(parseLine(line).pieces, pattern({ query, case: options.case ?? false, regex: options.regex ?? false }))
    .map(({ text, classes }) => (classes.includes("hfj-mark") ? `[${text}]` : text))
    .join("");

test("matches are marked, in any case unless the case matters", () => {
  assert.equal(marked("Loss and loss", "loss"), "[Loss] and [loss]");
  assert.equal(marked("Loss and loss", "loss", { case: true }), "Loss and [loss]");
});

test("a query is text, a regular expression only when asked for", () => {
  assert.equal(marked("a.b axb (c)", "a.b"), "[a.b] axb (c)");
  assert.equal(marked("a.b axb", "a.b", { regex: true }), "[a.b] [axb]");
  assert.equal(marked("step 10", "\\d+$", { regex: true }), "step [10]");
});

test("a match across colours keeps them and the text", () => {
  const pieces = mark(
    parseLine("\x1b[31mlo\x1b[32mss\x1b[0m=1").pieces,
    pattern({ query: "loss", case: false, regex: false }),
  );
  assert.deepEqual(
    pieces.map(({ text, classes, color }) => [text, classes, color]),
    [
      ["lo", ["hfj-mark"], 1],
      ["ss", ["hfj-mark"], 2],
      ["=1", [], null],
    ],
  );
});

test("what is no pattern, matches nothing or everywhere does no harm", () => {
  assert.equal(pattern({ query: "(", case: false, regex: true }), null);
  assert.equal(pattern({ query: "", case: false, regex: false }), null);
  assert.equal(marked("abc", "x*", { regex: true }), "abc");
  assert.equal(marked("a".repeat(4000), ".", { regex: true }).length, 4000 + 2 * 500);
});
