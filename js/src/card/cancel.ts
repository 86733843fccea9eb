/** The Cancel button: asks once, sends once, and says so at once, however busy the kernel is. */

import { isTerminal } from "../kernel/protocol.ts";
import { copyButton } from "../ui/copy.ts";
import { button, h, setText } from "../ui/dom.ts";
import type { JobStore } from "./store.ts";

/** Milliseconds in which a kernel that is free, or has a subshell, says that it heard. */
const HEARD_MS = 1500;

export function cancelControl(store: JobStore, signal: AbortSignal): HTMLElement {
  let asking = false;
  /** The kernel runs a cell and has no subshell: it hears of the cancel when the cell is done. */
  let unheard = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = button({
    label: "Cancel",
    class: "hfj-cancel",
    title: "Cancel this job",
    signal,
    onClick: () => turn(true),
  });
  const yes = button({ label: "Yes", class: "hfj-danger", title: "Cancel the job", signal, onClick: () => confirm() });
  const keep = button({ label: "Keep", title: "Keep the job running", signal, onClick: () => turn(false) });
  const question = h(
    "span",
    { class: "hfj-question", role: "group", "aria-label": "Cancel job?", "data-lm-suppress-shortcuts": "true" },
    h("span", {}, "Cancel job?"),
    yes,
    keep,
  );
  const said = h("span", { class: "hfj-muted hfj-going", role: "status" });
  const command = () => `hf jobs cancel ${store.job.namespace ? `${store.job.namespace}/` : ""}${store.job.id}`;
  // For a job on the Hub there is another way, from any terminal, that does not wait for this kernel.
  const copy = copyButton(signal, "", async () => command(), "Copy command");
  const going = h("span", { class: "hfj-question" }, said, copy);
  const node = h("span", { class: "hfj-control" });

  const show = () => {
    if (store.cancelHeard || !store.cancelling) unheard = false;
    if (store.cancelling && !store.cancelHeard) {
      timer ??= setTimeout(() => {
        unheard = store.cancelling && !store.cancelHeard;
        show();
      }, HEARD_MS);
    } else {
      clearTimeout(timer);
      timer = undefined;
    }
    setText(said, unheard ? "will be sent when the kernel is free" : "cancelling…");
    copy.hidden = !unheard || store.job.local || store.job.id === null;
    copy.title = `Copy \u201c${command()}\u201d: it cancels the job from a terminal, at once`;
    const shown = isTerminal(store.job.stage) ? null : store.cancelling ? going : asking ? question : ask;
    if (node.firstChild !== shown) node.replaceChildren(...(shown ? [shown] : []));
  };
  const turn = (on: boolean) => {
    asking = on;
    show();
    // Keep has the focus: Enter pressed once too often must not end a job.
    (on ? keep : ask).focus();
  };
  const confirm = () => {
    asking = false;
    store.cancel();
  };
  question.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      turn(false);
    },
    { signal },
  );
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  store.watch(["job", "cancelling", "notice"], signal, show);
  return node;
}
