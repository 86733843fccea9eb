/** What can be done with a schedule, and a word on what is being done. */

import { button, setLabel } from "../ui/button.ts";
import { focusOn, h, setText } from "../ui/dom.ts";
import { BUSY_TEXT, patience } from "../ui/patience.ts";
import { question } from "../ui/question.ts";
import type { Verb } from "./readers.ts";
import { type ScheduledStore, TOPICS } from "./store.ts";

const DOING: Record<string, string> = {
  suspend: "suspending…",
  resume: "resuming…",
  trigger: "starting a job…",
  delete: "deleting…",
} satisfies Record<Verb, string>;

export function actions(store: ScheduledStore, signal: AbortSignal): { node: HTMLElement; said: HTMLElement } {
  let asking = false;
  // The buttons stay while the kernel is at it, so that the keyboard's focus does, too.
  const toggle = button({
    label: "",
    class: "hfj-act",
    signal,
    onClick: () => store.act(store.job.suspended ? "resume" : "suspend"),
  });
  const trigger = button({
    label: "Trigger",
    title: "Start a job now; the schedule stays as it is",
    class: "hfj-act",
    signal,
    onClick: () => store.act("trigger"),
  });
  const remove = button({
    label: "Delete",
    title: "Forget this schedule; jobs that it started go on",
    class: "hfj-cancel",
    signal,
    onClick: () => store.doing.verb || store.connection.lost || turn(true),
  });
  const buttons = [toggle, trigger, remove];
  const sure = question(signal, (yes) => {
    turn(false);
    if (yes) store.act("delete");
  });
  const said = h("span", { class: "hfj-muted hfj-going", role: "status" });
  const node = h("span", { class: "hfj-actions" });
  const show = () => {
    const { verb, heard } = store.doing;
    waited.wait(!heard);
    setText(said, waited.over ? BUSY_TEXT : (DOING[verb] ?? ""));
    const { deleted, suspended } = store.job;
    setLabel(toggle, suspended ? "Resume" : "Suspend");
    toggle.title = suspended ? "Go on with the schedule" : "Start no more jobs until it is resumed";
    const { lost } = store.connection;
    asking &&= !lost;
    for (const one of buttons) one.setAttribute("aria-disabled", String(verb !== "" || lost));
    const shown = deleted ? [] : asking ? [sure.node] : buttons;
    // The same nodes put in again would lose the focus.
    if (node.firstChild !== (shown[0] ?? null)) node.replaceChildren(...shown);
  };
  const waited = patience(signal, show);
  const turn = (on: boolean) => {
    asking = on;
    show();
    if (on) sure.ask("Delete schedule?", "Keep");
    else focusOn(remove);
  };
  store.watch(TOPICS, signal, show);
  return { node, said };
}
