import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOCK, LogLines } from "../../src/log/log_lines.ts";
import { makeLines, makeTail } from "../fakes.ts";

test("pushed lines are found by their number", () => {
  const lines = new LogLines();
  lines.push(makeTail(700));
  assert.equal(lines.total, 700);
  assert.equal(lines.get(699), "line 699");
  assert.equal(lines.get(200), "line 200");
  assert.equal(lines.get(199), undefined);
  assert.equal(lines.get(700), undefined);
});

test("a line pushed again with new text replaces the old", () => {
  const lines = new LogLines();
  lines.push({ first: 0, lines: ["start", " 10%"], total: 2, times: [] });
  lines.push({ first: 0, lines: ["start", "100%", "done"], total: 3, times: [] });
  assert.deepEqual(
    [0, 1, 2].map((n) => lines.get(n)),
    ["start", "100%", "done"],
  );
});

test("lines stay when the tail moves on, and those that may have been rewritten are asked for again", () => {
  const lines = new LogLines();
  lines.push(makeTail(600));
  lines.push(makeTail(2000));
  assert.equal(lines.get(471), "line 471");
  // It is shown meanwhile: whoever selects it keeps it.
  assert.equal(lines.get(472), "line 472");
  assert.deepEqual(lines.gap(440, 2000), { first: 472, count: 1028 });
  lines.fill(472, ["another 472"]);
  assert.equal(lines.get(472), "another 472");
  assert.equal(lines.has(472), true);
});

test("lines that may be rewritten are shown, asked for again after each push, and once more when settled", () => {
  const lines = new LogLines();
  lines.push(makeTail(1000, 30));
  lines.fill(860, makeLines(860, 110, " 10%"));
  assert.equal(lines.gap(860, 1000), null);
  lines.push(makeTail(1000, 30));
  assert.equal(lines.get(872), " 10% 872");
  assert.deepEqual(lines.gap(860, 1000), { first: 872, count: 98 });
  lines.fill(872, makeLines(872, 98, " 20%"));
  assert.equal(lines.gap(860, 1000), null);
  lines.push(makeTail(1100, 30));
  assert.equal(lines.get(871), " 10% 871");
  assert.deepEqual(lines.gap(860, 970), { first: 872, count: 98 });
  lines.fill(872, makeLines(872, 98, "100%"));
  lines.push(makeTail(1200, 30));
  assert.equal(lines.gap(860, 970), null);
  assert.equal(lines.get(872), "100% 872");
});

test("consecutive pushes leave no gap", () => {
  const lines = new LogLines();
  for (let total = 100; total <= 3000; total += 100) lines.push(makeTail(total));
  assert.equal(lines.gap(0, 3000), null);
});

test("answers fill blocks and never overrule the tail", () => {
  const lines = new LogLines();
  lines.push(makeTail(1000, 100, "new"));
  lines.fill(500, makeLines(500, 500, "old"));
  assert.equal(lines.get(899), "old 899");
  assert.equal(lines.get(900), "new 900");
  lines.fill(500, makeLines(500, 10, "old"));
  assert.equal(lines.gap(500, 1000), null);
});

test("a total that falls begins another log", () => {
  const lines = new LogLines();
  lines.push(makeTail(2000));
  lines.fill(0, makeLines(0, 500));
  lines.push({ first: 0, lines: ["again"], total: 1, times: [] });
  assert.equal(lines.total, 1);
  assert.equal(lines.get(0), "again");
  assert.equal(lines.get(1), undefined);
});

test("the page keeps a bounded window, the blocks wanted last", () => {
  const lines = new LogLines();
  lines.push(makeTail(1_000_000));
  for (let first = 0; first < 100_000; first += BLOCK) {
    lines.touch(0, 1);
    lines.fill(first, makeLines(first, BLOCK));
  }
  assert.equal(lines.get(0), "line 0");
  assert.equal(lines.get(99_999), "line 99999");
  assert.equal(lines.get(BLOCK), undefined);
  let kept = 0;
  for (let n = 0; n < 100_000; n += 1) kept += lines.get(n) === undefined ? 0 : 1;
  assert.ok(kept <= 20_000, `${kept} lines kept`);
});

test("a line has the second that began at it or before it, and none where nobody said", () => {
  const lines = new LogLines();
  lines.push({
    first: 10,
    lines: makeLines(10, 5),
    total: 15,
    times: [
      [11, 100],
      [13, 102],
    ],
  });
  lines.fill(2, makeLines(2, 3), [[2, 90]]);
  assert.deepEqual(
    [1, 2, 4, 5, 10, 11, 12, 13, 14, 15].map((n) => lines.time(n)),
    [undefined, 90, 90, undefined, undefined, 100, 100, 102, 102, undefined],
  );
  lines.push({ first: 0, lines: ["another log"], total: 1, times: [] });
  assert.equal(lines.time(12), undefined);
});
