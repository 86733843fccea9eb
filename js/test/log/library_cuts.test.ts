/** What is left of anser says of every colour sequence what all of it says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import Anser from "anser";
// @ts-expect-error: a module of the build, without types
import { CUTS, cut } from "../../library_cuts.mjs";

test("anser without its HTML, links and palette reads sequences as it did", () => {
  const path = createRequire(import.meta.url).resolve("anser");
  const [, cuts] = CUTS.find(([filter]: [RegExp]) => filter.test(path));
  const made = { exports: Anser };
  new Function("module", cut(readFileSync(path, "utf8"), cuts))(made);
  const [whole, left] = [new Anser(), new made.exports()];
  assert.notEqual(made.exports, Anser);
  const codes = Array.from({ length: 110 }, (_, code) => String(code));
  const more = ["38;5;3", "48;5;12", "38;5;200", "48;5;250", "38;2;1;2;3", "48;2;9;8;7", "1;31", ""];
  for (const code of [...codes, ...more, ...codes]) {
    const [expected, found] = [whole, left].map((parser) => {
      const entry = parser.processChunkJson(`${code}mtext`, { use_classes: true, json: true }, true);
      return { ...entry, decorations: [...entry.decorations], isEmpty: null };
    });
    assert.deepEqual(found, expected, code);
  }
});
