/**
 * Saved twins of cards, made live where their job's model is.
 *
 * When a job has ended, the notebook keeps nothing of its card but static HTML, so that it can be read where no model
 * is: JupyterLab shows "model not found" for a widget without one, and not the HTML beside it. A page that has
 * the model puts the card in the place of the twin, and nobody sees the change. Where the model ends, the twin is back.
 */
export type Mount = (host: HTMLElement, signal: AbortSignal) => void;

/** Each model's bundle is a module of its own; the document's one observer serves them all. */
const SHARED = Symbol.for("hfjobs-magic.twins");
const TWIN = "[data-hfjob]";

class Twins {
  /** Id of a job -> how its card is put into a twin; the newest model of a job has it. */
  #mounts = new Map<string, Mount>();
  /** Twin -> whose card is in its place, and what makes it a twin again. */
  #live = new Map<HTMLElement, { mount: Mount; end: () => void }>();
  #observer = new MutationObserver((records) => this.#onChange(records));

  add(job: string, mount: Mount, signal: AbortSignal): void {
    if (this.#mounts.size === 0) this.#observer.observe(document, { childList: true, subtree: true });
    this.#mounts.set(job, mount);
    signal.addEventListener(
      "abort",
      () => {
        if (this.#mounts.get(job) === mount) this.#mounts.delete(job);
        for (const live of [...this.#live.values()]) if (live.mount === mount) live.end();
        // Another model of the job may be there.
        this.#enliven(document);
        if (this.#mounts.size === 0) this.#observer.disconnect();
      },
      { once: true },
    );
    this.#enliven(document);
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
      const mount = this.#mounts.get(host.dataset.hfjob ?? "");
      if (mount === undefined || this.#live.has(host) || !host.isConnected) continue;
      const life = new AbortController();
      const saved = [...host.childNodes];
      const style = host.getAttribute("style");
      // JupyterLab's looks of HTML outputs are not meant for widgets.
      const html = host.closest(".jp-RenderedHTMLCommon");
      this.#live.set(host, {
        mount,
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
