import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../../src/kernel/connection.ts";
import { observe } from "../../src/kernel/front_end.ts";

/** What a page has of a browser: whether it is online, and where it comes from. */
function browser(hostname: string, onLine: boolean) {
  const page = Object.assign(new EventTarget(), { onLine });
  const protocol = hostname.startsWith("vscode") ? "vscode-webview:" : "https:";
  const own = { window: page, navigator: page, location: { hostname, protocol } };
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

  const here = ["127.0.0.1", "127.1.2.3", "localhost", "lab.localhost", "[::1]", "vscode-webview"];
  const elsewhere = ["127.example.org", "localhost.example.org", "10.127.0.1"];
  for (const host of [...here, ...elsewhere])
    test(`only a kernel on this machine needs no network: ${name} at ${host}`, () => {
      browser(host, false);
      let now = 1000;
      const connection = new Connection(() => now);
      observe(manager, connection, new AbortController().signal);
      now += 60;
      connection.check();
      assert.equal(connection.link, here.includes(host) ? "silent" : "offline");
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

test("a kernel that is silent from the first moment of a cell on is busy, though JupyterLab has not heard so", () => {
  browser("hub.example.org", true);
  const cells = [{}, { executionState: "idle" }, { executionState: "idle" }];
  const { context } = jupyterLab();
  let now = 1000;
  const connection = new Connection(() => now);
  observe({ context: { ...context, model: { cells } } }, connection, new AbortController().signal);
  const pass = (seconds: number) => {
    now += seconds;
    connection.check();
  };
  connection.beat(0.8);
  cells[2] = { executionState: "running" };
  pass(0.8);
  assert.equal(connection.link, "live");
  pass(3);
  assert.equal(connection.link, "busy");
  // Nothing is said of the cell's end either, and the kernel is not heard.
  cells[2] = { executionState: "idle" };
  pass(2);
  assert.equal(connection.link, "silent");
  connection.beat(0.8);
  assert.equal(connection.link, "live");
});
