/** What a page knows of outputs: in which order, which it lacks, and at which line of the log each stands. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Outputs } from "../../src/card/output_store.ts";
import type { OutputContent, OutputItem } from "../../src/kernel/protocol.ts";

const item = (number: number, revision = number, line: number | null = null): OutputItem => ({
  number,
  line,
  revision,
  label: "text",
});

const content = (number: number, revision = number): OutputContent => ({
  type: "output",
  number,
  revision,
  kind: "display_data",
  mime: "text/plain",
  text: `${number}.${revision}`,
  note: "",
});

const make = () => {
  const sent: unknown[] = [];
  return { sent, outputs: new Outputs((message) => sent.push(message)) };
};

test("what has not come is asked for once, and anew when it is brought up to date", () => {
  const { sent, outputs } = make();
  outputs.list([item(1), item(2)]);
  outputs.take(content(1));
  outputs.want();
  outputs.want();
  assert.deepEqual(sent, [{ type: "outputs", numbers: [2] }]);
  outputs.take(content(2));
  outputs.list([item(1), item(2, 5)]);
  outputs.want();
  assert.deepEqual(sent.slice(1), [{ type: "outputs", numbers: [2] }]);
});

test("an answer that is older than what is here is left alone", () => {
  const { outputs } = make();
  outputs.list([item(1, 4)]);
  outputs.take(content(1, 4));
  outputs.take(content(1, 2));
  assert.equal(outputs.get(1)?.text, "1.4");
});

test("what is no longer in the list is forgotten", () => {
  const { outputs } = make();
  outputs.list([item(1), item(2)]);
  outputs.take(content(1));
  outputs.list([item(2)]);
  assert.equal(outputs.get(1), undefined);
});

test("an output is found by its line of the log; those without one are nowhere", () => {
  const { outputs } = make();
  outputs.list([item(1, 1, 7), item(2)]);
  assert.deepEqual([outputs.at(7), outputs.at(0)], [1, null]);
});

test("the line of an output that was cleared is one that leads nowhere", () => {
  const { outputs } = make();
  outputs.list([item(2, 2, 7), item(0, 0, 3)]);
  assert.deepEqual(
    outputs.items.map(({ number }) => number),
    [2],
  );
  assert.deepEqual([outputs.at(7), outputs.at(3), outputs.at(4)], [2, 0, null]);
});
