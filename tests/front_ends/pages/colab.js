/**
 * A notebook as Colab shows it, as far as its widget API says (googlecolab/colab-cdn-widget-manager, src/api.ts): every
 * output in a frame of its own with a widget manager of its own, models from a state that the page above keeps, with a
 * comm only while the kernel is there. What a kernel says that answers no request of the moment is dropped, as Colab is
 * said to do while no cell runs (colabtools 3373). Colab's page itself is closed source: this is a page like it.
 */
import { KernelAPI, ServerConnection } from "@jupyterlab/services";
import { KernelConnection } from "@jupyterlab/services/lib/kernel/default";

const serverSettings = ServerConnection.makeSettings({ baseUrl: `${location.origin}/`, token: "" });
let kernel;
/** Message id of a cell's request -> where its outputs are. */
const cells = new Map();
/** Display id -> frames that show it. */
const displays = new Map();
/** Model id -> its state, and whoever hears of it; what was shown outlives its kernel. */
const models = new Map();
/** Requests that the kernel is at. */
const current = new Set();

function connect(model) {
  kernel = new KernelConnection({ model, serverSettings, handleComms: false });
  kernel.iopubMessage.connect((_, message) => take(message));
}

function take({ header, parent_header, content }) {
  if (header.msg_type === "status") {
    if (content.execution_state === "busy") current.add(parent_header.msg_id);
    else current.delete(parent_header.msg_id);
  } else if (!current.has(parent_header.msg_id)) return;
  else if (header.msg_type === "comm_open") models.set(content.comm_id, { state: content.data.state, listeners: new Set() });
  else if (header.msg_type === "comm_msg") hear(content.comm_id, content.data);
  else if (header.msg_type === "update_display_data")
    for (const frame of displays.get(content.transient.display_id) ?? []) frame.contentWindow.output.show(content.data);
  else if (content.data || content.text || content.traceback) {
    const data = content.data ?? { "text/plain": content.text ?? content.traceback.join("\n") };
    if (cells.has(parent_header.msg_id)) addOutput(cells.get(parent_header.msg_id), data, content.transient?.display_id);
  }
}

function hear(id, data) {
  const model = models.get(id);
  if (model === undefined) return;
  if (data.method === "update") Object.assign(model.state, data.state);
  for (const listener of model.listeners) listener(data);
}

function addOutput(cell, data, display) {
  const frame = document.createElement("iframe");
  frame.className = "output";
  frame.style = "width: 100%; border: 0; height: 420px";
  frame.src = "colab_output.html";
  frame.onload = () => frame.contentWindow.output.show(data);
  cell.append(frame);
  if (display) displays.set(display, [...(displays.get(display) ?? []), frame]);
}

/** What a frame's manager is given. */
window.environment = {
  /** A copy, as of messages between frames. */
  getModelState(id) {
    const model = models.get(id);
    if (model === undefined) return undefined;
    const state = structuredClone(model.state);
    const of = kernel;
    const comm = {
      send: (data) => of.sendShellMessage(message(of, id, data), false, true),
      listen: (listener) => model.listeners.add((data) => listener(structuredClone(data))),
    };
    return { state, comm: model.lost ? undefined : comm };
  },
};

const message = ({ clientId, username }, comm_id, data) => ({
  header: {
    date: new Date().toISOString(),
    msg_id: crypto.randomUUID(),
    msg_type: "comm_msg",
    session: clientId,
    username,
    version: "5.3",
  },
  parent_header: {},
  metadata: {},
  channel: "shell",
  content: { comm_id, data },
  buffers: [],
});

window.notebook = {
  /** Run a cell; with `wait` until it has ended. */
  async run(code, wait = true) {
    const cell = document.body.appendChild(document.createElement("section"));
    cell.className = "cell";
    const future = kernel.requestExecute({ code, allow_stdin: true });
    cells.set(future.msg.header.msg_id, cell);
    if (wait) await future.done;
  },

  /** A frame is drawn again when its notebook is opened again; its models have no comm where there is no kernel. */
  async reopen() {
    await KernelAPI.shutdownKernel(kernel.model.id, serverSettings);
    kernel.dispose();
    for (const model of models.values()) {
      model.lost = true;
      model.listeners.clear();
    }
    for (const frame of document.querySelectorAll("iframe")) frame.contentWindow.location.reload();
  },
};

connect(await KernelAPI.startNew({ name: "python3" }, serverSettings));
await kernel.info;
document.documentElement.dataset.ready = "";
