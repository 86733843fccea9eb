import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../src", import.meta.url));

/** Folders, and a module that stands above its folder; each may import its own folder and what is left of it. */
const LAYERS = [["kernel"], ["log", "ui"], ["charts"], ["card"], ["table", "scheduled"], ["kernel/index.ts"]];

/** As biome.jsonc has it; the formatter breaks code, but no comment. */
const LINE_WIDTH = 120;

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|css)$/.test(name))
    .sort();

/** Every import of a module, of types too, as paths below src/. */
function imports(module: string): string[] {
  const text = readFileSync(join(SRC, module), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, path = ""]) =>
    relative(SRC, join(SRC, dirname(module), path)),
  );
}

const MODULES = files(SRC).filter((name) => name.endsWith(".ts"));
const GRAPH = new Map(MODULES.map((module) => [module, imports(module)]));

/** The first circle of a graph, as the way round it; empty where there is none. */
function circle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (module: string, way: readonly string[]): string[] => {
    if (way.includes(module)) return [...way.slice(way.indexOf(module)), module];
    if (done.has(module)) return [];
    for (const next of graph.get(module) ?? []) {
      const found = visit(next, [...way, module]);
      if (found.length > 0) return found;
    }
    done.add(module);
    return [];
  };
  return [...graph.keys()].map((module) => visit(module, [])).find((way) => way.length > 0) ?? [];
}

test("every import is read and names a module", () => {
  assert.ok(MODULES.length > 40);
  for (const [module, targets] of GRAPH) {
    for (const target of targets) assert.ok(GRAPH.has(target), `${module} imports ${target}, which is not there`);
  }
  assert.deepEqual(imports("kernel/raw.ts"), []);
  assert.ok(imports("card/cancel.ts").includes("ui/question.ts"));
});

test("no modules import each other in a circle", () => {
  assert.deepEqual(circle(GRAPH), []);
  const round = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["b"]],
  ]);
  assert.deepEqual(circle(round), ["b", "c", "b"]);
});

test("no import points up", () => {
  const layer = (module: string) => {
    const own = LAYERS.findIndex((names) => names.includes(module));
    return own >= 0 ? own : LAYERS.findIndex((names) => names.includes(dirname(module)));
  };
  for (const [module, targets] of GRAPH) {
    assert.ok(layer(module) >= 0, `${module} is in no layer`);
    for (const target of targets) {
      const below = layer(target) < layer(module) || dirname(target) === dirname(module);
      assert.ok(below, `${module} imports ${target}`);
    }
  }
});

test("no line is longer than the formatter's width", () => {
  for (const folder of [SRC, fileURLToPath(new URL(".", import.meta.url))]) {
    for (const name of files(folder)) {
      for (const [i, line] of readFileSync(join(folder, name), "utf8").split("\n").entries()) {
        assert.ok([...line].length <= LINE_WIDTH, `${name}:${i + 1} has ${line.length} characters`);
      }
    }
  }
});
