/**
 * The AFM entry that anywidget loads (https://anywidget.dev/en/afm): the only file that knows `model` and `el`.
 *
 * The export is a function, called once per model, so that all views of a job share one copy of its state.
 */
import type { AnyModel, InitializeProps, RenderProps } from "@anywidget/types";
import { card } from "./card/card.ts";
import { newPage, type Page } from "./page.ts";
import { READERS } from "./protocol.ts";
import { JobStore, type Topic } from "./store.ts";
import { enliven } from "./twins.ts";

type Model = AnyModel;

function connect(model: Model, signal: AbortSignal): JobStore {
  const store = new JobStore((message) => model.send(message));
  for (const topic of Object.keys(READERS) as Topic[]) {
    const changed = () => store.set(topic, model.get(topic));
    store.set(topic, model.get(topic), false);
    model.on(`change:${topic}`, changed);
    signal.addEventListener("abort", () => model.off(`change:${topic}`, changed), { once: true });
  }
  const receive = (message: unknown) => store.receive(message);
  model.on("msg:custom", receive);
  signal.addEventListener("abort", () => model.off("msg:custom", receive), { once: true });
  return store;
}

export default () => {
  let store: JobStore | null = null;
  /** The page state of the view that was closed last. */
  let page: Page = newPage();
  /** That of the view that was opened last. */
  let newest: Page | null = null;

  function open(model: Model, signal: AbortSignal): JobStore {
    const opened = connect(model, signal);
    store = opened;
    signal.addEventListener("abort", () => {
      if (store === opened) store = null;
    }, { once: true });
    return opened;
  }

  /** Put a card that looks like `before` into `el` until the signal. */
  function show(el: HTMLElement, opened: JobStore, before: Page, signal: AbortSignal): void {
    // A copy: two views of one job scroll and change tabs on their own.
    const viewPage = { ...before };
    newest = viewPage;
    const view = card({ store: opened, page: viewPage, signal });
    signal.addEventListener("abort", () => {
      page = viewPage;
      view.remove();
    }, { once: true });
    el.append(view);
  }

  return {
    initialize({ model, signal }: Pick<InitializeProps, "model" | "signal">): void {
      const opened = open(model, signal);
      const { id } = opened.job;
      if (id === null) return;
      // A twin takes the place of a view that may not be closed yet.
      const mount = (host: HTMLElement, life: AbortSignal) =>
        show(host, opened, newest ?? page, AbortSignal.any([life, signal]));
      enliven(id, mount, signal);
    },

    render({ model, el, signal }: Pick<RenderProps, "model" | "el" | "signal">): () => void {
      // Hosts older than the signal call the returned function instead.
      const own = new AbortController();
      const life = signal ? AbortSignal.any([signal, own.signal]) : own.signal;
      show(el, store ?? open(model, life), page, life);
      return () => own.abort();
    },
  };
};
