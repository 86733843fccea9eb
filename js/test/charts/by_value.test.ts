import assert from "node:assert/strict";
import { test } from "node:test";
import { groupValues, isNumeric } from "../../src/charts/by_value.ts";

test("each value has a colour of its own, numbers in their order", () => {
  const { groups, of } = groupValues(["0.001", "1e-4", "0.001", "0.01"]);
  assert.deepEqual(
    groups.map(({ label }) => label),
    ["1e-4", "0.001", "0.01"],
  );
  assert.deepEqual(of, [1, 0, 1, 2]);
  assert.deepEqual(
    groupValues(["sgd", "adam"]).groups.map(({ color, label }) => [color, label]),
    [
      [1, "sgd"],
      [2, "adam"],
    ],
  );
});

test("of many values those that lie together share a colour, and the legend says which", () => {
  const numbers = Array.from({ length: 24 }, (_, i) => String(24 - i));
  const { groups, of } = groupValues(numbers);
  assert.equal(groups.length, 8);
  assert.deepEqual([groups[0]?.label, groups[7]?.label], ["1 – 3", "22 – 24"]);
  assert.deepEqual([of[0], of[23]], [7, 0]);
  const fine = groupValues(Array.from({ length: 16 }, (_, i) => String(10 ** (-4 + i / 5))));
  assert.equal(fine.groups[0]?.label, "1e-4 – 1.58e-4");
  assert.equal(groupValues(numbers.map((text) => `n${text}`)).groups[0]?.label, "n24, n23, n22");
});

test("a parameter is numeric where all its values are numbers and they differ", () => {
  assert.equal(isNumeric(["1", "2e-3"]), true);
  assert.equal(isNumeric(["1", "1"]), false);
  assert.equal(isNumeric(["1", "None"]), false);
  assert.equal(isNumeric(["", "2"]), false);
});
