/**
 * The AFM entry that anywidget loads (https://anywidget.dev/en/afm): the only file that knows `model` and `el`.
 *
 * The export is a function, called once per model, so that all views of a model share one copy of its state. What is
 * shown is chosen by the constant trait `view`; a model without one is a job card. A `reviver` shows nothing.
 */
import type { AnyModel, Host, InitializeProps, RenderProps } from "@anywidget/types";
import { card } from "../card/card.ts";
import { newPage } from "../card/page.ts";
import { JobStore } from "../card/store.ts";
import { scheduled } from "../scheduled/scheduled.ts";
import { ScheduledStore } from "../scheduled/store.ts";
import { newTablePage } from "../table/page.ts";
import { TableStore } from "../table/store.ts";
import { table } from "../table/table.ts";
import { onAbort } from "../ui/timing.ts";
import { enliven, lend, lostOf, type Player, reviveLost, settle } from "../ui/twins.ts";
import { observe } from "./front_end.ts";
import { type Revival, revivalCode } from "./revival.ts";
import type { Synced } from "./synced.ts";

type Model = AnyModel;
/** anywidget hands out a host from 0.11 on; others that load AFM modules may not. */
type Props = Pick<RenderProps, "model" | "el" | "signal"> & { host?: Host };
type Widget = ReturnType<typeof widget>;

/** Synced state, as this file sees it. */
type Store = Pick<
  Synced<string, object>,
  "topics" | "twin" | "revival" | "set" | "receive" | "hear" | "connection" | "reconnect"
>;

interface Kind<S extends Store, P extends object> {
  store(send: (message: object) => void): S;
  /** Page state of the first view. */
  page(): P;
  view(options: { store: S; page: P; signal: AbortSignal; host: Host | undefined }): HTMLElement;
}

const kind =
  <S extends Store, P extends object>(made: Kind<S, P>) =>
  () =>
    widget(made);

const CARD = kind({ store: (send) => new JobStore(send), page: newPage, view: card });
const TABLE = kind({ store: (send) => new TableStore(send), page: newTablePage, view: table });
const SCHEDULED = kind({ store: (send) => new ScheduledStore(send), page: () => ({}), view: scheduled });

/** What `view` can say. */
const KINDS: Record<string, () => Widget> = { card: CARD, table: TABLE, scheduled: SCHEDULED };

function connect<S extends Store>(model: Model, store: S, signal: AbortSignal): S {
  for (const topic of store.topics) {
    const changed = () => {
      store.set(topic, model.get(topic));
      store.connection.hear();
    };
    store.set(topic, model.get(topic), false);
    model.on(`change:${topic}`, changed);
    onAbort(signal, () => model.off(`change:${topic}`, changed));
  }
  const receive = (message: unknown) => {
    if (store.hear(message)) return;
    store.receive(message);
    store.connection.hear();
  };
  model.on("msg:custom", receive);
  onAbort(signal, () => model.off("msg:custom", receive));
  const run = observe(model.widget_manager, store.connection, signal);
  store.reconnect = run && ((asked) => run(revivalCode(asked, lostOf(model.widget_manager))));
  return store;
}

function widget<S extends Store, P extends object>(made: Kind<S, P>) {
  let store: S | null = null;
  /** The page state of the view that was closed last. */
  let page = made.page();
  /** That of the view that was opened last. */
  let newest: P | null = null;
  let player: Player | null = null;

  const open = (model: Model, signal: AbortSignal): S => {
    const post = (message: object) => {
      try {
        model.send(message);
      } catch {
        // JupyterLab: the comm's kernel was restarted or is shut down.
        opened.connection.lose();
      }
    };
    const opened: S = connect(model, made.store(post), signal);
    store = opened;
    onAbort(signal, () => {
      if (store === opened) store = null;
    });
    return opened;
  };

  /** Put a view that looks like `before` into `el` until the signal. */
  const show = (el: HTMLElement, opened: S, before: P, signal: AbortSignal, host?: Host): P => {
    // A copy: two views of one job scroll and change tabs on their own.
    const viewPage = { ...before };
    newest = viewPage;
    const view = made.view({ store: opened, page: viewPage, signal, host });
    onAbort(signal, () => {
      page = viewPage;
      view.remove();
    });
    el.append(view);
    return viewPage;
  };

  return {
    initialize(model: Model, signal: AbortSignal): void {
      const opened = open(model, signal);
      // A twin takes the place of a view that may not be closed yet.
      if (opened.twin === "") return;
      player = {
        mount: (el, life, before) =>
          // Of the same job, so of the same kind.
          show(el, opened, (before as P | undefined) ?? newest ?? page, AbortSignal.any([life, signal])),
        isLost: () => opened.connection.lost,
        revival: () => opened.revival,
        manager: model.widget_manager,
      };
      enliven(opened.twin, player, signal);
      onAbort(
        signal,
        opened.connection.watch(() => settle(opened.twin)),
      );
    },
    render({ model, el, signal, host }: Props): () => void {
      // Hosts older than the signal call the returned function instead.
      const own = new AbortController();
      const life = signal ? AbortSignal.any([signal, own.signal]) : own.signal;
      const opened = store ?? open(model, life);
      const shown = show(el, opened, page, life, host);
      if (player !== null) lend(el, opened.twin, player, shown, life);
      return () => own.abort();
    },
  };
}

/** Tell a kernel that has loaded the extension what an earlier one left in this page. */
function revive(model: Model, wanted: Revival): void {
  try {
    model.send({ type: "revive", ...wanted });
  } catch {
    // It is gone as well.
  }
}

export default () => {
  let shown: Widget | null = null;
  const of = (model: Model) => (shown ??= (KINDS[String(model.get("view"))] ?? CARD)());

  return {
    initialize({ model, signal }: Pick<InitializeProps, "model" | "signal">): void {
      if (model.get("view") === "reviver") {
        reviveLost((wanted) => revive(model, wanted), signal);
        return;
      }
      of(model).initialize(model, signal);
    },
    render: (props: Props): (() => void) => of(props.model).render(props),
  };
};
