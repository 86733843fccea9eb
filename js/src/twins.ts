/**
 * Saved twins of cards, made live where their job's model is.
 *
 * When a job has ended, the notebook keeps nothing of its card but static HTML, so that it can be read wherever there is
 * no model: JupyterLab shows "model not found" for a widget without one, and not the HTML beside it. A page that has
 * the model puts the card in the place of the twin, and nobody sees the change.
 */
export type Mount = (host: HTMLElement, signal: AbortSignal) => void;

/** Each model's bundle is a module of its own; the document's one observer serves them all. */
const SHARED = Symbol.for("hfjobs-magic.twins");
const TWIN = "[data-hfjob]";

class Twins {
  /** Id of a job -> how its card is put into a twin; the newest model of a job has it. */
  #mounts = new Map<string, Mount>();
  #live = new Map<HTMLElement, AbortController>();
  #observer = new MutationObserver((records) => this.#changed(records));

  add(job: string, mount: Mount, signal: AbortSignal): void {
    if (this.#mounts.size === 0) this.#observer.observe(document, { childList: true, subtree: true });
    this.#mounts.set(job, mount);
    signal.addEventListener("abort", () => {
      if (this.#mounts.get(job) !== mount) return;
      this.#mounts.delete(job);
      if (this.#mounts.size === 0) this.#observer.disconnect();
    }, { once: true });
    this.#enliven(document);
  }

  #changed(records: MutationRecord[]): void {
    // A notebook takes cells out of the page that are scrolled away, and puts them back.
    for (const [host, life] of [...this.#live]) {
      if (host.isConnected) continue;
      this.#live.delete(host);
      life.abort();
    }
    for (const record of records) {
      for (const node of record.addedNodes) if (node.nodeType === 1) this.#enliven(node as HTMLElement);
    }
  }

  #enliven(root: Document | HTMLElement): void {
    const found = root.querySelectorAll<HTMLElement>(TWIN);
    for (const host of "matches" in root && root.matches(TWIN) ? [root, ...found] : found) {
      const mount = this.#mounts.get(host.dataset.hfjob ?? "");
      if (mount === undefined || this.#live.has(host) || !host.isConnected) continue;
      const life = new AbortController();
      this.#live.set(host, life);
      host.replaceChildren();
      host.removeAttribute("style");
      // JupyterLab's looks of HTML outputs are not meant for widgets.
      host.closest(".jp-RenderedHTMLCommon")?.classList.remove("jp-RenderedHTMLCommon");
      mount(host, life.signal);
    }
  }
}

/** From now until the signal, show a job's card by `mount` wherever a twin of it is in the page. */
export function enliven(job: string, mount: Mount, signal: AbortSignal): void {
  const shared = globalThis as { [SHARED]?: Twins };
  shared[SHARED] ??= new Twins();
  shared[SHARED].add(job, mount, signal);
}
