/**
 * A notebook as VS Code's Jupyter extension shows it: its own widget manager, a kernel of Jupyter Server, all outputs
 * in one document. What the extension does around its manager is done here (microsoft/vscode-jupyter,
 * src/webviews/webview-side/ipywidgets): it loads anywidget's module through require.js, shows the HTML of a widget
 * whose model it does not have, asks no kernel for its models when the window is loaded again, and throws manager and
 * connection away when a kernel is restarted, without closing models or views.
 */
import { KernelAPI, ServerConnection } from "@jupyterlab/services";
import { KernelConnection } from "@jupyterlab/services/lib/kernel/default";
import { activate } from "@vscode/jupyter-ipywidgets8";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const serverSettings = ServerConnection.makeSettings({ baseUrl: `${location.origin}/`, token: "" });

activate();
window.vscIPyWidgets8.load();
window.requirejs.config({ baseUrl: location.pathname.replace(/[^/]*$/, ""), paths: { anywidget: "anywidget" } });

/** VS Code's connection knows nothing of subshells. */
class Connection extends KernelConnection {
  get supportsSubshells() {
    return false;
  }
}

/** [{display, data}] of each cell, which outlive a reload as a saved notebook does. */
const saved = JSON.parse(sessionStorage.getItem("notebook") ?? "[]");
const save = () => sessionStorage.setItem("notebook", JSON.stringify(saved));
let kernel;
let manager;
/** Message id of a cell's request -> the cell. */
const cells = new Map();
/** Display id -> its outputs in the page. */
const displays = new Map();

function connect(model) {
  kernel = new Connection({ model, serverSettings });
  kernel.iopubMessage.connect((_, message) => take(message));
  const loader = {
    widgetsRegisteredInRequireJs: new Set(["anywidget"]),
    errorHandler: (...what) => console.error("error", ...what),
    loadWidgetScript: async () => {},
    successHandler: () => {},
  };
  manager = new window.vscIPyWidgets.WidgetManager(kernel, document.body, loader, () => {});
}

/** Draw an output by its richest type that can be shown; again, when it is brought up to date. */
async function draw(node, data) {
  node.replaceChildren();
  const id = data[WIDGET]?.model_id;
  if (id && manager.has_model(id)) {
    const view = await manager.create_view(await manager.get_model(id), { el: node });
    await manager.display_view(data, view, { node });
  } else if (data["text/html"] === undefined) node.textContent = data["text/plain"];
  else node.innerHTML = data["text/html"];
}

function addOutput(cell, output) {
  const node = cell.node.appendChild(document.createElement("div"));
  node.className = "output";
  if (output.display) displays.set(output.display, [...(displays.get(output.display) ?? []), { node, output }]);
  void draw(node, output.data);
}

function take({ header, parent_header, content }) {
  const cell = cells.get(parent_header.msg_id);
  const display = content.transient?.display_id;
  if (header.msg_type === "update_display_data") {
    for (const { node, output } of displays.get(display) ?? []) {
      output.data = content.data;
      void draw(node, output.data);
    }
  } else if (header.msg_type === "stream" || header.msg_type === "error" || content.data) {
    const data = content.data ?? { "text/plain": content.text ?? content.traceback.join("\n") };
    cell?.outputs.push({ display, data });
    if (cell) addOutput(cell, cell.outputs.at(-1));
  }
  save();
}

function addCell(outputs) {
  const cell = { node: document.body.appendChild(document.createElement("section")), outputs };
  cell.node.className = "cell";
  return cell;
}

window.notebook = {
  /** Run a cell; with `wait` until it has ended. */
  async run(code, wait = true) {
    const cell = addCell([]);
    saved.push(cell.outputs);
    const future = kernel.requestExecute({ code, allow_stdin: true });
    cells.set(future.msg.header.msg_id, cell);
    if (wait) await future.done;
  },

  async restart() {
    const { model } = kernel;
    await KernelAPI.restartKernel(model.id, serverSettings);
    manager.dispose();
    kernel.dispose();
    connect(model);
    await kernel.info;
  },
};

const known = sessionStorage.getItem("kernel");
const model = known ? JSON.parse(known) : await KernelAPI.startNew({ name: "python3" }, serverSettings);
sessionStorage.setItem("kernel", JSON.stringify(model));
connect(model);
for (const outputs of saved) {
  const cell = addCell(outputs);
  for (const output of outputs) addOutput(cell, output);
}
await kernel.info;
document.documentElement.dataset.ready = "";
