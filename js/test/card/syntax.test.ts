import assert from "node:assert/strict";
import { test } from "node:test";
import { syntaxLines } from "../../src/card/syntax.ts";

const SCRIPT = `# a comment
from datasets import load_dataset

def train(n: int = 3):
    """Over
    two lines."""
    return f"{n} <b> steps" if n > 1 else None
`;

const plain = (script: string) =>
  syntaxLines(script)
    .map((line) => line.map(({ text }) => text).join(""))
    .join("\n");

test("a script in colours is the same script, line by line", () => {
  for (const script of [
    SCRIPT,
    "",
    "\n\n",
    "x = 'open",
    '"""never closed\nat all',
    "a\tb  # \u00e9 \ud83d\ude00",
    "%pip install x\n!ls",
  ])
    assert.equal(plain(script), script);
  assert.equal(plain("x = 1\n".repeat(50_000)), "x = 1\n".repeat(50_000));
});

test("comments, keywords, strings and names are told apart", () => {
  const lines = syntaxLines(SCRIPT);
  const types = (line: number) => Object.fromEntries((lines[line] ?? []).map(({ text, type }) => [text, type]));
  assert.equal(types(0)["# a comment"], "cmnt");
  assert.deepEqual([types(1).from, types(1).import, types(3).def], ["kwd", "kwd", "kwd"]);
  assert.equal(types(3).train, "func");
  // A text over several lines has its colour in each of them.
  assert.deepEqual(
    [4, 5].map((line) => lines[line]?.at(-1)?.type),
    ["cmnt", "cmnt"],
  );
  assert.equal(types(6).None, "bool");
});
