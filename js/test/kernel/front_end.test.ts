import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../../src/kernel/connection.ts";
import { observe } from "../../src/kernel/front_end.ts";

/** What a page has of a browser: whether it is online, and where it comes from. */
function browser(hostname: string, onLine: boolean) {
  const page = Object.assign(new EventTarget(), { onLine });
  const own = { window: page, navigator: page, location: { hostname } };
  for (const [name, value] of Object.entries(own))
    Object.defineProperty(globalThis, name, { value, configurable: true });
  return page;
}

/** JupyterLab's session of a kernel that it calls idle. */
function jupyterLab() {
  const signal = { connect: () => true, disconnect: () => true };
  const sessionContext = {
    session: { kernel: { id: "k", disposed: signal } },
    kernelDisplayStatus: "idle",
    statusChanged: signal,
    connectionStatusChanged: signal,
    kernelChanged: signal,
    startKernel: async () => false,
  };
  return { context: { sessionContext } };
}

for (const [name, manager] of [
  ["a front end that says nothing of its kernel", undefined],
  ["JupyterLab, which calls the kernel idle until the socket ends", jupyterLab()],
] as const) {
  test(`a page without a network does not reach its kernel: ${name}`, () => {
    const page = browser("hub.example.org", false);
    let now = 1000;
    const connection = new Connection(() => now);
    observe(manager, connection, new AbortController().signal);
    now += 60;
    connection.check();
    assert.equal(connection.link, "offline");

    page.onLine = true;
    page.dispatchEvent(new Event("online"));
    assert.equal(connection.link, "live", "what was sent meanwhile is on its way");
    now += 60;
    connection.check();
    assert.equal(connection.link, "silent");
  });

  test(`a kernel on this machine needs no network: ${name}`, () => {
    browser("127.0.0.1", false);
    let now = 1000;
    const connection = new Connection(() => now);
    observe(manager, connection, new AbortController().signal);
    now += 60;
    connection.check();
    assert.equal(connection.link, "silent");
  });
}

test("a connection that VS Code throws away is a kernel that is gone, and nothing can be run in the next", () => {
  browser("hub.example.org", true);
  const slots: (() => void)[] = [];
  const disposed = { connect: (slot: () => void) => slots.push(slot), disconnect: () => true };
  const { sessionContext } = jupyterLab().context;
  // Its context is its session's, too.
  const context: object = Object.assign(sessionContext, { session: { kernel: { id: "k", disposed } } });
  const connection = new Connection(() => 1000);
  const run = observe(
    { context: Object.assign(context, { sessionContext: context }) },
    connection,
    new AbortController().signal,
  );
  assert.equal(run, null);
  assert.notEqual(observe(jupyterLab(), connection, new AbortController().signal), null);
  assert.equal(connection.link, "live");
  for (const slot of slots) slot();
  assert.equal(connection.link, "gone");
});
