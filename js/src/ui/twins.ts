/**
 * Saved twins of cards, made live where their job's model is.
 *
 * When a job has ended, the notebook keeps nothing of its card but static HTML, so that it can be read where no model
 * is: JupyterLab shows "model not found" for a widget without one, and not the HTML beside it. A page that has
 * the model puts the card in the place of the twin, and nobody sees the change. Where the model ends, the twin is back.
 *
 * A model whose kernel is gone gives its places, of twins and views, to one of the same job from a kernel that lives.
 */
export type Mount = (host: HTMLElement, signal: AbortSignal) => void;

export interface Player {
  mount: Mount;
  /** Its kernel is not heard: a newer model of the job takes its places. */
  isLost(): boolean;
}

/** Each model's bundle is a module of its own; the document's one observer serves them all. */
const SHARED = Symbol.for("hfjobs-magic.twins");
const TWIN = "[data-hfjob]";

class Twins {
  /** Id of a job -> how its card is put into a twin; the newest model of a job has it. */
  #players = new Map<string, Player>();
  /** Twin -> whose card is in its place, and what makes it a twin again. */
  #live = new Map<HTMLElement, { player: Player; end: () => void }>();
  /** View -> whose it is. */
  #views = new Map<HTMLElement, { job: string; player: Player }>();
  #observer = new MutationObserver((records) => this.#onChange(records));

  add(job: string, player: Player, signal: AbortSignal): void {
    if (this.#players.size === 0) this.#observer.observe(document, { childList: true, subtree: true });
    this.#players.set(job, player);
    this.settle(job);
    signal.addEventListener(
      "abort",
      () => {
        if (this.#players.get(job) === player) this.#players.delete(job);
        for (const live of [...this.#live.values()]) if (live.player === player) live.end();
        // Another model of the job may be there.
        this.#enliven(document);
        if (this.#players.size === 0) this.#observer.disconnect();
      },
      { once: true },
    );
    this.#enliven(document);
  }

  /** Give the places of lost models of a job to the newest one, where that is not lost itself. */
  settle(job: string): void {
    const player = this.#players.get(job);
    if (player === undefined || player.isLost()) return;
    for (const [host, live] of [...this.#live]) {
      if (host.dataset.hfjob !== job || live.player === player || !live.player.isLost()) continue;
      live.end();
      this.#fill(host, player);
    }
    for (const [host, view] of this.#views) {
      const live = this.#live.get(host);
      const holder = live?.player ?? view.player;
      if (view.job !== job || holder === player || !holder.isLost()) continue;
      live?.end();
      this.#fill(host, player);
    }
  }

  /** Note a view that a host made, until the signal. */
  addView(host: HTMLElement, job: string, player: Player, signal: AbortSignal): void {
    this.#views.set(host, { job, player });
    signal.addEventListener("abort", () => this.#views.delete(host), { once: true });
  }

  #onChange(records: MutationRecord[]): void {
    // A notebook takes cells out of the page that are scrolled away, and puts them back.
    for (const [host, live] of [...this.#live]) if (!host.isConnected) live.end();
    for (const record of records) {
      for (const node of record.addedNodes) if (node.nodeType === 1) this.#enliven(node as HTMLElement);
    }
  }

  #enliven(root: Document | HTMLElement): void {
    const found = root.querySelectorAll<HTMLElement>(TWIN);
    for (const host of "matches" in root && root.matches(TWIN) ? [root, ...found] : found) {
      const player = this.#players.get(host.dataset.hfjob ?? "");
      if (player !== undefined && !this.#live.has(host) && host.isConnected) this.#fill(host, player);
    }
  }

  #fill(host: HTMLElement, player: Player): void {
    const life = new AbortController();
    const saved = [...host.childNodes];
    const style = host.getAttribute("style");
    // JupyterLab's looks of HTML outputs are not meant for widgets.
    const html = host.closest(".jp-RenderedHTMLCommon");
    this.#live.set(host, {
      player,
      end: () => {
        this.#live.delete(host);
        life.abort();
        host.replaceChildren(...saved);
        if (style !== null) host.setAttribute("style", style);
        html?.classList.add("jp-RenderedHTMLCommon");
      },
    });
    host.replaceChildren();
    host.removeAttribute("style");
    html?.classList.remove("jp-RenderedHTMLCommon");
    player.mount(host, life.signal);
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
export function lend(host: HTMLElement, job: string, player: Player, signal: AbortSignal): void {
  if (job !== "") twins().addView(host, job, player, signal);
}
