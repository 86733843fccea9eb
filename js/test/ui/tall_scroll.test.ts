import assert from "node:assert/strict";
import { test } from "node:test";
import { elementHeight, isOff, MAX_HEIGHT, scrollTopFor, topAfter, topAt } from "../../src/ui/tall_scroll.ts";

const ROW = 18;
const VIEW = 306;
const sizesOf = (lines: number) => ({ list: lines * ROW, view: VIEW });
const LONG = sizesOf(5_000_000);
const BAR = MAX_HEIGHT - VIEW;

test("no element is higher than Firefox draws it: 2 ** 30 units of a sixtieth of a pixel", () => {
  for (const lines of [1, 150_000, 900_000, 5_000_000, 1e9]) assert.ok(elementHeight(lines * ROW) < 2 ** 30 / 60);
});

test("nor than Chromium does on a sharp screen with the page at 500 %: 2 ** 31 units of a 64th of a tenth", () => {
  for (const lines of [1, 150_000, 900_000, 5_000_000, 1e9]) assert.ok(elementHeight(lines * ROW) < 2 ** 31 / 64 / 10);
});

test("a list that an element can hold scrolls as it is", () => {
  const sizes = sizesOf(150_000);
  for (const place of [0, 1, 17.5, 1e6, 150_000 * ROW - VIEW]) {
    assert.equal(topAt(place, sizes), place);
    assert.equal(scrollTopFor(place, sizes), place);
    assert.equal(topAfter(123, 123, place, sizes), place);
    assert.equal(isOff(place, place, sizes), false);
  }
  assert.equal(topAt(50, sizesOf(3)), 0);
});

test("every line of a longer one is at some position of the scroll bar, and none lies beyond the element", () => {
  for (const lines of [167_000, 1_000_000, 5_000_000, 200_000_000]) {
    const sizes = sizesOf(lines);
    for (let i = 0; i <= 10_000; i += 1) {
      const line = Math.floor((i / 10_000) * (lines - 1));
      const top = Math.min(line * ROW, sizes.list - VIEW);
      const at = scrollTopFor(top, sizes);
      assert.ok(at >= 0 && at <= BAR, `${lines}: ${line}`);
      assert.ok(Math.abs(topAt(at, sizes) - top) < 0.01, `${lines}: ${line}`);
      const y = line * ROW - (top - at);
      assert.ok(y >= 0 && y + ROW <= MAX_HEIGHT, `${lines}: ${line} is drawn at ${y}`);
    }
  }
});

test("both ends of the scroll bar are both ends of the list", () => {
  assert.equal(topAt(0, LONG), 0);
  assert.equal(topAt(BAR, LONG), LONG.list - VIEW);
  assert.equal(topAt(BAR - 90, LONG), LONG.list - VIEW - 90);
  assert.equal(topAt(-20, LONG), 0);
  assert.equal(topAt(BAR + 20, LONG), LONG.list - VIEW);
});

test("a wheel scrolls line by line, and whoever takes the scroll bar gets where it is", () => {
  const top = 45_000_000;
  const at = scrollTopFor(top, LONG);
  assert.equal(topAfter(top, at, at + 100, LONG), top + 100);
  assert.equal(topAfter(top, at, at - 100, LONG), top - 100);
  assert.equal(topAfter(top, at, BAR / 4, LONG), topAt(BAR / 4, LONG));
});

test("scrolling step by step from anywhere reaches both ends", () => {
  for (const step of [-3_900, 3_900, -100, 100]) {
    let top = step < 0 ? 400_000 : LONG.list - VIEW - 400_000;
    let at = scrollTopFor(top, LONG);
    for (let i = 0; i < 5_000 && top > 0 && top < LONG.list - VIEW; i += 1) {
      const next = Math.min(Math.max(at + step, 0), BAR);
      top = topAfter(top, at, next, LONG);
      at = isOff(next, top, LONG) ? scrollTopFor(top, LONG) : next;
    }
    assert.equal(top, step < 0 ? 0 : LONG.list - VIEW, `in steps of ${step}`);
    assert.equal(at, step < 0 ? 0 : BAR);
  }
});

test("what drifts far from the scroll bar puts it right", () => {
  const top = 45_000_000;
  const at = scrollTopFor(top, LONG);
  assert.equal(isOff(at, top, LONG), false);
  assert.equal(isOff(at + 20_000, top + 20_000, LONG), false);
  assert.equal(isOff(at + 200_000, top + 200_000, LONG), true);
  assert.equal(isOff(0, 45, LONG), true);
});
