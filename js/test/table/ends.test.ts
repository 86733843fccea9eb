import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stage } from "../../src/kernel/protocol.ts";
import { newlyEnded } from "../../src/table/ends.ts";
import type { JobRow } from "../../src/table/readers.ts";

const row = (id: string, stage: Stage) => ({ id, name: id, stage, message: null }) as JobRow;

test("an end is new once, and only of a job that was seen before it", () => {
  const open = new Set<string>();
  const ids = (...rows: JobRow[]) => newlyEnded(rows, open).map(({ id }) => id);
  assert.deepEqual(ids(row("a", "RUNNING"), row("b", "SCHEDULING"), row("c", "COMPLETED")), []);
  assert.deepEqual(ids(row("a", "ERROR"), row("b", "RUNNING"), row("c", "COMPLETED")), ["a"]);
  assert.deepEqual(ids(row("a", "ERROR"), row("b", "CANCELED")), ["b"]);
  assert.deepEqual(ids(row("a", "ERROR"), row("b", "CANCELED")), []);
});
