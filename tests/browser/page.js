// A host for the card without Jupyter: a model whose traits the test sets, and a kernel that answers for lines.
import factory from "/static/index.js";

class FakeModel {
  sent = [];
  #listeners = new Map();

  constructor(traits) {
    this.traits = traits;
    if (window.host.session) this.widget_manager = { context: { sessionContext: window.host.session } };
  }

  get(name) {
    return this.traits[name];
  }

  on(event, callback) {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(callback));
  }

  off(event, callback) {
    this.#listeners.get(event)?.delete(callback);
  }

  send(message) {
    if (message.type === "here") return;
    this.sent.push(message);
    window.kernel.onMessage(message, this);
  }

  emit(event, ...values) {
    for (const callback of [...(this.#listeners.get(event) ?? [])]) callback(...values);
  }

  get listeners() {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }
}

/** The whole log, whether the kernel is free to answer, and whether it lives. */
window.kernel = {
  lines: [],
  answers: true,
  beats: true,
  onMessage(message, model) {
    if (!this.answers) return;
    if (message.type === "search") queueMicrotask(() => model.emit("msg:custom", this.matches(message)));
    if (message.type !== "lines") return;
    const { first, count } = message;
    queueMicrotask(() => model.emit("msg:custom", { type: "lines", first, lines: this.lines.slice(first, first + count) }));
  },
  /** As the kernel answers: on what is seen, at most a thousand numbers. */
  matches({ id, query, case: cased, regex, from }) {
    const answer = { type: "matches", id, query, total: 0, lines: [], complete: true, searched: this.lines.length, error: null };
    let wanted;
    try {
      wanted = new RegExp(regex ? query : query.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), cased ? "" : "i");
    } catch (wrong) {
      return { ...answer, error: `This is no regular expression: ${wrong.message}.` };
    }
    const all = this.lines.flatMap((line, n) => (wanted.test(line.replace(/\x1b\[[\d;]*m/g, "")) ? [n] : []));
    const later = all.filter((n) => n >= from);
    return { ...answer, total: all.length, lines: later.slice(0, 1000), complete: later.length <= 1000 };
  },
};

const TAIL = 500;

/** A session as JupyterLab's, whose kernel is as the test says. */
window.makeSession = () => {
  const slots = new Set();
  const signal = { connect: (slot) => slots.add(slot), disconnect: (slot) => slots.delete(slot) };
  const never = { connect() {}, disconnect() {} };
  return {
    kernelDisplayStatus: "idle",
    session: { kernel: { id: "one", disposed: never } },
    statusChanged: signal,
    connectionStatusChanged: signal,
    kernelChanged: signal,
    startKernel: async () => false,
    say(status) {
      this.kernelDisplayStatus = status;
      for (const slot of [...slots]) slot();
    },
  };
};

window.host = {
  /** What the front end says of the kernel; null where it says nothing. */
  session: null,
  /** Widgets that a model refers to, as anywidget's host hands them out; none without traits for them. */
  children: {
    async getWidget(reference) {
      const model = new FakeModel(window.host.cards[reference]);
      return {
        async render({ el, signal }) {
          factory().render({ model, el, signal });
        },
      };
    },
  },
  cards: {},
  model: null,
  views: [],

  async open(traits, answersBefore = true) {
    window.kernel.answers = answersBefore;
    this.model = new FakeModel(traits);
    this.widget = factory();
    this.modelLife = new AbortController();
    await this.widget.initialize({ model: this.model, signal: this.modelLife.signal });
    await this.show();
  },

  beat() {
    // Clocks are the test's own.
    if (window.kernel.beats) this.model.emit("msg:custom", { type: "pulse", now: null, next_s: 0.2 });
  },

  async show() {
    clearInterval(this.pulse);
    this.pulse = setInterval(() => this.beat(), 200);
    const el = document.createElement("div");
    document.querySelector("main").append(el);
    const life = new AbortController();
    this.views.push({ el, life });
    await this.widget.render({ model: this.model, el, signal: life.signal, host: this.children });
  },

  hide(index = 0) {
    if (this.views.length === 1) clearInterval(this.pulse);
    const [{ el, life }] = this.views.splice(index, 1);
    life.abort();
    el.remove();
  },

  set(traits) {
    for (const [name, value] of Object.entries(traits)) {
      this.model.traits[name] = value;
      this.model.emit(`change:${name}`);
    }
  },

  /** Print lines and push the newest, as the kernel does. */
  print(...lines) {
    for (const line of lines) window.kernel.lines.push(line);
    this.push();
  },

  push() {
    const total = window.kernel.lines.length;
    const first = Math.max(0, total - TAIL);
    this.set({ log: { first, lines: window.kernel.lines.slice(first), total } });
  },
};
window.ready = true;
