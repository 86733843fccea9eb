/**
 * Saved twins of cards, made live where their job's model is.
 *
 * When a job has ended, the notebook keeps nothing of its card but static HTML, so that it can be read where no model
 * is: JupyterLab shows "model not found" for a widget without one, and not the HTML beside it. A page that has
 * the model puts the card in the place of the twin, and nobody sees the change. Where the model ends, the twin is back.
 *
 * A model whose kernel is gone gives its places, of twins and views, to one of the same job from a kernel that lives,
 * with the tab and the line at which the reader was. A kernel that has just loaded the extension is told what is lost,
 * and of tables that nobody has a model of: which jobs run it knows itself, which lists are in the page it does not.
 */
import type { Revival } from "../kernel/revival.ts";
import { focusOn } from "./dom.ts";
import { giveBack, isInHand, noteHands } from "./hands.ts";
import { onAbort } from "./timing.ts";

/** Put a view into `host`, which looks as `before`, the page's state of the one that was there; its own state. */
export type Mount = (host: HTMLElement, signal: AbortSignal, before?: object) => object;

export interface Player {
  mount: Mount;
  /** Its kernel is not heard: a newer model of the job takes its places. */
  isLost(): boolean;
  /** What another kernel needs to take it up. */
  revival(): Revival | null;
  /** Of the widgets of one notebook; several may be in a page. */
  manager: unknown;
}

/** Have a model made anew by the kernel that runs now. */
export type Revive = (wanted: Revival) => void;

/** Each model's bundle is a module of its own; the document's one observer serves them all. */
const SHARED = Symbol.for("hfjobs-magic.twins");
const TWIN = "[data-hfjob]";

/** A card in the place of a twin. */
interface Live {
  player: Player;
  /** The page's state of its view. */
  page: object;
  life: AbortController;
  /** Make it a twin again; return the view, which lives on. */
  vacate(): ChildNode[];
  end(): void;
}

/** A card whose twin has just left the page. */
interface Left {
  host: HTMLElement;
  live: Live;
  /** What it was taken from, itself or with what held it. */
  place: Node;
}

class Twins {
  /** Id of a job -> how its card is put into a twin; the newest model of a job has it. */
  #players = new Map<string, Player>();
  #live = new Map<HTMLElement, Live>();
  /** View -> whose it is. */
  #views = new Map<HTMLElement, { job: string; player: Player; page: object }>();
  /** Of the kernel that was told last. */
  #revive: Revive | null = null;
  /** Saved tables that it was told of. */
  #told = new Set<string>();
  #observer = new MutationObserver((records) => this.#onChange(records));

  constructor() {
    noteHands();
  }

  add(job: string, player: Player, signal: AbortSignal): void {
    this.#observe();
    this.#players.set(job, player);
    this.settle(job);
    onAbort(signal, () => {
      if (this.#players.get(job) === player) this.#players.delete(job);
      for (const live of [...this.#live.values()]) if (live.player === player) live.end();
      // Another model of the job may be there.
      this.#enliven(document);
      this.#rest();
    });
    this.#enliven(document);
  }

  /** What is observed already is not observed twice. */
  #observe(): void {
    this.#observer.observe(document, { childList: true, subtree: true });
  }

  #rest(): void {
    if (this.#players.size === 0 && this.#revive === null) this.#observer.disconnect();
  }

  /** Give the places of lost models of a job to the newest one, where that is not lost itself. */
  settle(job: string): void {
    const player = this.#players.get(job);
    if (player === undefined) return;
    if (player.isLost()) {
      this.#tell(job, player);
      return;
    }
    for (const [host, live] of [...this.#live]) {
      if (host.dataset.hfjob !== job || live.player === player || !live.player.isLost()) continue;
      this.#replace(host, player, live.page, live);
    }
    for (const [host, view] of this.#views) {
      const live = this.#live.get(host);
      const holder = live?.player ?? view.player;
      if (view.job !== job || holder === player || !holder.isLost()) continue;
      this.#replace(host, player, (live ?? view).page, live);
    }
  }

  /** Show another model's view in the place of a lost one; whoever was in that, as on Reconnect, is in this. */
  #replace(host: HTMLElement, player: Player, before: object, live?: Live, from = host): void {
    const held = isInHand(from);
    live?.end();
    this.#fill(host, player, before);
    if (held) focusOn(host.querySelector<HTMLElement>("button:not([hidden])"));
  }

  /** From now until the signal, let `revive` make anew what is lost in this page. */
  addKernel(revive: Revive, signal: AbortSignal): void {
    this.#revive = revive;
    this.#told.clear();
    this.#observe();
    this.#enliven(document);
    for (const [job, player] of this.#players) if (player.isLost()) this.#tell(job, player);
    onAbort(signal, () => {
      if (this.#revive === revive) this.#revive = null;
      this.#rest();
    });
  }

  #tell(job: string, player: Player): void {
    const wanted = this.#wanted(job, player);
    if (wanted !== null) this.#revive?.(wanted);
  }

  /** What another kernel needs to take up what the page shows of a job; null where it shows nothing. */
  #wanted(job: string, player: Player): Revival | null {
    const isShown =
      [...this.#live.keys()].some((host) => host.dataset.hfjob === job) ||
      [...this.#views.values()].some((view) => view.job === job);
    return isShown ? player.revival() : null;
  }

  /** What is shown and lost of a notebook. */
  lostOf(manager: unknown): Revival[] {
    const lost = [...this.#players].filter(([, player]) => player.manager === manager && player.isLost());
    return lost.map(([job, player]) => this.#wanted(job, player)).filter((one) => one !== null);
  }

  /** Note a view that a host made, until the signal. */
  addView(host: HTMLElement, job: string, player: Player, page: object, signal: AbortSignal): void {
    this.#views.set(host, { job, player, page });
    onAbort(signal, () => this.#views.delete(host));
  }

  #onChange(records: MutationRecord[]): void {
    // A twin that is written anew, as at a job's end, gets the view of the one whose place it takes: who types in its
    // search box goes on typing. There may be several, as where JupyterLab shows an output in a tab as well.
    const left: Left[] = [];
    for (const [host, live] of this.#live) if (!host.isConnected) left.push({ host, live, place: host });
    for (const { target, removedNodes } of records)
      for (const one of left) for (const node of removedNodes) if (node.contains(one.place)) one.place = target;
    for (const record of records) {
      for (const node of record.addedNodes) if (node.nodeType === 1) this.#enliven(node as HTMLElement, left);
    }
    // A notebook takes cells out of the page that are scrolled away, and puts them back.
    for (const { host, live } of left) if (this.#live.get(host) === live) live.end();
  }

  #enliven(root: Document | HTMLElement, left: Left[] = []): void {
    const found = root.querySelectorAll<HTMLElement>(TWIN);
    for (const host of "matches" in root && root.matches(TWIN) ? [root, ...found] : found) {
      const { hfjob: id = "", line, local } = host.dataset;
      const player = this.#players.get(id);
      if (player !== undefined && !this.#live.has(host) && host.isConnected) {
        const isHere = (one: Left) => one.host.dataset.hfjob === id && one.place.contains(host);
        const before = left.find((one) => isHere(one) && this.#live.get(one.host) === one.live);
        const held = before?.live;
        // A job may have several models, as where it was attached in another cell: each keeps its views.
        const stays = held?.player === player || held?.player.isLost() === false;
        if (held && !stays) this.#replace(host, player, held.page, held, before?.host);
        else this.#fill(host, held?.player ?? player, held?.page, held);
      }
      if (player || !line || !this.#revive || this.#told.has(id)) continue;
      this.#told.add(id);
      this.#revive({ view: "table", id, local: local === "true", namespace: "", line });
    }
  }

  #fill(host: HTMLElement, player: Player, before?: object, held?: Live): void {
    const life = held?.life ?? new AbortController();
    const saved = [...host.childNodes];
    const style = host.getAttribute("style");
    // JupyterLab's looks of HTML outputs are not meant for widgets; a twin written anew may find them gone.
    const html = host.closest(".jp-RenderedHTML");
    const vacate = () => {
      const view = [...host.childNodes];
      this.#live.delete(host);
      host.replaceChildren(...saved);
      if (style !== null) host.setAttribute("style", style);
      // What was written anew in its place is live by now.
      if (html?.contains(host)) html.classList.add("jp-RenderedHTMLCommon");
      return view;
    };
    const end = () => {
      life.abort();
      vacate();
    };
    const live = { player, page: before ?? {}, life, vacate, end };
    this.#live.set(host, live);
    host.replaceChildren(...(held?.vacate() ?? []));
    host.removeAttribute("style");
    html?.classList.remove("jp-RenderedHTMLCommon");
    if (held) giveBack(host);
    else live.page = player.mount(host, life.signal, before);
  }
}

function twins(): Twins {
  const shared = globalThis as { [SHARED]?: Twins };
  shared[SHARED] ??= new Twins();
  return shared[SHARED];
}

/** From now until the signal, show a job's card by `player` wherever a twin of it is in the page. */
export function enliven(job: string, player: Player, signal: AbortSignal): void {
  twins().add(job, player, signal);
}

/** Let a newer model of a job, if there is one, take the places of one that was just lost. */
export const settle = (job: string): void => twins().settle(job);

/** Until the signal, give `host`, where a view of the job is, to a newer model when `player` is lost. */
export function lend(host: HTMLElement, job: string, player: Player, page: object, signal: AbortSignal): void {
  if (job !== "") twins().addView(host, job, player, page, signal);
}

/** What another kernel needs to take up all that is shown and lost of a notebook. */
export const lostOf = (manager: unknown): Revival[] => twins().lostOf(manager);

/** From now until the signal, tell a kernel what is lost in this page. */
export const reviveLost = (revive: Revive, signal: AbortSignal): void => twins().addKernel(revive, signal);
