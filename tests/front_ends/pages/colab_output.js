/** One output of colab.js: a widget manager that makes models of the states it is given. */
import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import { MessageLoop } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const { environment } = window.parent;

/** A module as AMD defines it, which all of them are published as. */
async function load(name) {
  const source = await (await fetch(`${name}.js`)).text();
  const { promise, resolve } = Promise.withResolvers();
  const define = (...given) => {
    const [needs, factory] = given.slice(-2);
    resolve(factory(...needs.map(() => base)));
  };
  new Function("define", source)(Object.assign(define, { amd: true }));
  return promise;
}

class Comm {
  constructor(id, channel) {
    Object.assign(this, { comm_id: id, target_name: "jupyter.widget", channel });
  }
  send(data, callbacks) {
    void this.channel.send(JSON.parse(JSON.stringify(data)));
    callbacks?.iopub?.status?.({ content: { execution_state: "idle" } });
    return "";
  }
  on_msg(callback) {
    this.channel.listen((data) => callback({ content: { comm_id: this.comm_id, data }, buffers: [] }));
  }
  on_close() {}
  close() {}
}

class Manager extends ManagerBase {
  #models = new Map();

  get_model(id) {
    if (!this.#models.has(id)) {
      const making = this.#make(id);
      this.#models.set(id, making);
      making.catch(() => this.#models.delete(id));
    }
    return this.#models.get(id);
  }

  async #make(id) {
    const found = environment.getModelState(id);
    if (found === undefined) throw new Error(`No model ${id}`);
    const { state, comm } = found;
    const names = {
      model_name: state._model_name,
      model_module: state._model_module,
      model_module_version: state._model_module_version,
    };
    return this.new_model({ ...names, model_id: id, comm: comm && new Comm(id, comm) }, state);
  }

  async loadClass(name, module) {
    return (module === "@jupyter-widgets/base" ? base : await (this.module ??= load(module)))[name];
  }

  async _create_comm() {
    throw new Error("No widget of a page's own is needed here");
  }
  async _get_comm_info() {
    return {};
  }
}

const manager = new Manager();

window.output = {
  async show(data) {
    document.body.replaceChildren();
    if (data[WIDGET] !== undefined) {
      const view = await manager.create_view(await manager.get_model(data[WIDGET].model_id));
      MessageLoop.sendMessage(view.luminoWidget, Widget.Msg.BeforeAttach);
      document.body.append(view.el);
      MessageLoop.sendMessage(view.luminoWidget, Widget.Msg.AfterAttach);
    } else if (data["text/html"] === undefined) document.body.textContent = data["text/plain"];
    else document.body.innerHTML = data["text/html"];
  },
};
