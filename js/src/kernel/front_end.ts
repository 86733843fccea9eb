/**
 * What a front end says of its kernel, and whether it lets a page run code there.
 *
 * JupyterLab's widget manager, which is Notebook 7's too, has the notebook's session. VS Code's has the look of one: it
 * tells of the kernel that it began with, and runs nothing in the next. Others have nothing of the kind: there silence
 * is all that a page has to go by. Both can offer a line to copy, no click.
 */
import type { Connection } from "./connection.ts";

interface JupyterSignal {
  connect(slot: () => void): unknown;
  disconnect(slot: () => void): unknown;
}

interface Reply {
  content: { status: string; ename?: string; evalue?: string };
}

interface Kernel {
  id: string;
  disposed: JupyterSignal;
  isDisposed: boolean;
  info: Promise<unknown>;
  requestExecute(content: { code: string; store_history: boolean; allow_stdin: boolean }): { done: Promise<Reply> };
}

/** JupyterLab's ISessionContext, as far as it is used here. */
interface Session {
  session: { kernel: Kernel | null } | null;
  kernelDisplayStatus: string;
  statusChanged: JupyterSignal;
  connectionStatusChanged: JupyterSignal;
  kernelChanged: JupyterSignal;
  startKernel(): Promise<boolean>;
}

/** Run code in the front end's kernel, a new one where there is none; rejects with what is wrong. */
export type Run = (code: string) => Promise<void>;

/** Kernel states in which all that was connected to it is lost. */
const ENDED = ["restarting", "autorestarting", "terminating", "dead"];
/** Those in which nothing that is run in it is answered: what takes its place is waited for. */
const ENDING = ENDED.slice(0, 3);
const OFFLINE = ["connecting", "disconnected"];

/** Tell `connection` what the front end says, until the signal; how a page runs code, null where it cannot. */
export function observe(manager: unknown, connection: Connection, signal: AbortSignal): Run | null {
  const session = sessionOf(manager);
  const isOnline = () => navigator.onLine || isLocal(location);
  const watchNetwork = (changed: () => void) => {
    for (const event of ["online", "offline"]) window.addEventListener(event, changed, { signal });
  };
  if (session === null) {
    const changed = () => connection.observe("unknown", isOnline());
    watchNetwork(changed);
    changed();
    return null;
  }
  // What a model was made by; a kernel that took its place knows nothing of it.
  const own = session.session?.kernel;
  const changed = () => {
    const status = session.kernelDisplayStatus;
    if (ENDED.includes(status) || session.session?.kernel?.id !== own?.id) connection.lose();
    // A socket does not notice a network that is gone: JupyterLab may say idle for minutes.
    else connection.observe(runsCell(manager) ? "busy" : word(status), isOnline() && !OFFLINE.includes(status));
  };
  connection.look = changed;
  watchNetwork(changed);
  for (const event of [session.statusChanged, session.connectionStatusChanged, session.kernelChanged]) {
    event.connect(changed);
    signal.addEventListener("abort", () => event.disconnect(changed), { once: true });
  }
  // VS Code throws the connection of a kernel away that it restarts; nothing is said after that.
  const lose = () => connection.lose();
  own?.disposed.connect(lose);
  signal.addEventListener("abort", () => own?.disposed.disconnect(lose), { once: true });
  changed();
  return canRun(manager) ? (code) => run(session, code) : null;
}

const word = (status: string) => (status === "busy" ? "busy" : status === "idle" ? "idle" : "unknown");

/** A page of this machine needs no network, nor does a program's own, such as VS Code, whose kernel may be here. */
const isLocal = ({ protocol, hostname }: Location): boolean =>
  !protocol.startsWith("http") || /^(.*\.)?localhost$|^\[::1\]$|^127(\.\d+){3}$/.test(hostname);

interface Manager {
  context?: { sessionContext?: Partial<Session>; model?: { cells?: Iterable<{ executionState?: string }> } | null };
}

/** Whether a cell was sent to the kernel and is not done, as the notebook shows it. */
function runsCell(manager: unknown): boolean {
  for (const { executionState } of (manager as Manager).context?.model?.cells ?? [])
    if (executionState === "running") return true;
  return false;
}

/** The document's context of VS Code stands in for its session, too: it starts no kernel and keeps to the first. */
function canRun(manager: unknown): boolean {
  const { context } = manager as Manager;
  return context?.sessionContext !== (context as unknown);
}

function sessionOf(manager: unknown): Session | null {
  const found = (manager as Manager | undefined)?.context?.sessionContext;
  const whole = found?.kernelDisplayStatus !== undefined && found.statusChanged && found.startKernel;
  return whole ? (found as Session) : null;
}

const pause = () => new Promise((done) => setTimeout(done, 100));

async function run(session: Session, code: string, again = true): Promise<void> {
  while (ENDING.includes(session.kernelDisplayStatus)) await pause();
  if (!session.session?.kernel) await session.startKernel();
  const kernel = session.session?.kernel;
  // None yet where the reader has to choose one, in a dialog of the front end.
  if (!kernel) throw new Error("No kernel runs. Choose one for this notebook.");
  let reply: Reply;
  try {
    await kernel.info;
    reply = await kernel.requestExecute({ code, store_history: false, allow_stdin: false }).done;
  } catch (error) {
    // One that was gone, which the front end has only now noticed: the next is asked once.
    if (!again || !(kernel.isDisposed || ENDED.includes(session.kernelDisplayStatus))) throw error;
    for (let waits = 0; kernel.isDisposed && session.session?.kernel === kernel && waits < 50; waits++) await pause();
    return run(session, code, false);
  }
  const { content } = reply;
  if (content.status !== "ok") throw new Error(`${content.ename ?? content.status}: ${content.evalue ?? ""}`);
}
