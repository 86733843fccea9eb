/** The Cancel button: asks once, sends once, and says so at once, however busy the kernel is. */
import { button, h } from "../dom.ts";
import { isTerminal } from "../protocol.ts";
import type { JobStore } from "../store.ts";

export function cancelControl(store: JobStore, signal: AbortSignal): HTMLElement {
  let asking = false;
  const ask = button({ label: "Cancel", class: "hfj-cancel", title: "Cancel this job", signal, onClick: () => turn(true) });
  const yes = button({ label: "Yes", class: "hfj-danger", title: "Cancel the job", signal, onClick: () => confirm() });
  const keep = button({ label: "Keep", title: "Keep the job running", signal, onClick: () => turn(false) });
  const question = h(
    "span",
    { class: "hfj-question", role: "group", "aria-label": "Cancel job?", "data-lm-suppress-shortcuts": "true" },
    h("span", {}, "Cancel job?"), yes, keep,
  );
  const going = h("span", { class: "hfj-muted", role: "status", title: "Sent as soon as the kernel is free" }, "cancelling…");
  const node = h("span", { class: "hfj-control" });

  const show = () => {
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
  question.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    turn(false);
  }, { signal });
  store.watch(["job", "cancelling", "notice"], signal, show);
  return node;
}
