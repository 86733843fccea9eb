/** The Cancel button: asks once, sends once, and says so at once, however busy the kernel is. */

import { button } from "../ui/button.ts";
import { copyButton } from "../ui/copy.ts";
import { focusOn, h, hasFocus, setText } from "../ui/dom.ts";
import { BUSY_TEXT, patience } from "../ui/patience.ts";
import { question } from "../ui/question.ts";
import type { JobStore } from "./store.ts";
import { cancelLine } from "./ways.ts";

export function cancelControl(store: JobStore, signal: AbortSignal): HTMLElement {
  let asking = false;
  const cancel = button({
    label: "Cancel",
    class: "hfj-cancel",
    title: "Cancel this job",
    signal,
    onClick: () => turn(true),
  });
  const sure = question(signal, (yes) => {
    turn(false);
    if (yes) store.cancel();
  });
  const said = h("span", { class: "hfj-muted hfj-going", role: "status" });
  const command = () => cancelLine(store.job);
  // For a job on the Hub there is another way, from any terminal, that does not wait for this kernel.
  const copy = copyButton(signal, "", async () => command(), "Copy command");
  const going = h("span", { class: "hfj-question" }, said, copy);
  const node = h("span", { class: "hfj-control" });

  const show = () => {
    // Nothing looks sent that is not: while the kernel is not heard there is no Cancel, but another way.
    const { lost } = store.connection;
    asking &&= !lost;
    cancel.disabled = lost;
    cancel.title = lost ? "Not connected" : "Cancel this job";
    waited.wait(store.cancelling && !store.cancelHeard);
    setText(said, waited.over ? BUSY_TEXT : "cancelling…");
    copy.hidden = !waited.over || store.job.local || store.job.id === null;
    copy.title = `Copy \u201c${command()}\u201d: it cancels the job from a terminal, at once`;
    const shown = store.hasEnded ? null : store.cancelling ? going : asking ? sure.node : cancel;
    if (node.firstChild === shown) return;
    const focused = hasFocus(node);
    node.replaceChildren(...(shown ? [shown] : []));
    // A keyboard stays in the card.
    const next = shown === cancel ? cancel : node.closest(".hfj-header")?.querySelector("button");
    if (focused) focusOn(next);
  };
  const waited = patience(signal, show);
  const turn = (on: boolean) => {
    asking = on;
    show();
    if (on) sure.ask("Cancel job?", "Keep");
  };
  store.watch(["job", "cancelling", "notice"], signal, show);
  return node;
}
