import assert from "node:assert/strict";
import { test } from "node:test";
import { JSDOM } from "jsdom";
import { arrange, visibleRows } from "../../src/ui/visible_rows.ts";

const rows = (top: number, height: number, count: number, overscan = 0) =>
  visibleRows({ top, height, rowHeight: 20, count, overscan });

test("rows are visible when any part of them is, and some more for scrolling", () => {
  assert.deepEqual(rows(0, 60, 100), [0, 1, 2]);
  assert.deepEqual(rows(30, 60, 100), [1, 2, 3, 4]);
  assert.deepEqual(rows(200, 40, 100, 2), [8, 9, 10, 11, 12, 13]);
});

test("there are no rows before the first and after the last", () => {
  assert.deepEqual(rows(0, 60, 2, 5), [0, 1]);
  assert.deepEqual(rows(-50, 60, 100), [0]);
  assert.deepEqual(rows(0, 60, 0, 5), []);
  assert.deepEqual(rows(9000, 60, 100), []);
});

test("nodes are put in order before the others, and what stands where it should is not touched", async () => {
  const { window } = new JSDOM("<p>a</p><p>b</p><p>c</p><p>card</p>");
  const { body } = window.document;
  const [a, b, c] = [...body.children] as [Element, Element, Element];
  const text = () => [...body.children].map((node) => node.textContent);
  const moved: (string | null)[] = [];
  const observer = new window.MutationObserver((records) => {
    for (const record of records) moved.push(...[...record.addedNodes].map((node) => node.textContent));
  });
  observer.observe(body, { childList: true });
  arrange(body, [a, b, c]);
  await Promise.resolve();
  assert.deepEqual(moved, []);
  const d = window.document.createElement("p");
  d.textContent = "d";
  arrange(body, [d, a, c, b]);
  await Promise.resolve();
  assert.deepEqual(text(), ["d", "a", "c", "b", "card"]);
  assert.deepEqual(moved, ["d", "c"]);
  observer.disconnect();
  window.close();
});
