/** What a card or a table says while its kernel is not heard, and the ways back: to the kernel, and to the job. */

import type { Link } from "../kernel/connection.ts";
import type { Synced } from "../kernel/synced.ts";
import { button, setLabel } from "./button.ts";
import { copyButton } from "./copy.ts";
import { h, setText } from "./dom.ts";
import { icon } from "./icons.ts";

/** The word in the place of "live", and what it means. */
export const LINK_TEXT: Record<Exclude<Link, "live">, [text: string, title: string]> = {
  busy: ["kernel busy", "The kernel is too busy to be heard; the job does not wait for it"],
  gone: ["kernel gone", "The kernel was restarted, shut down or died; the job does not depend on it"],
  offline: ["page offline", "This page does not reach its kernel, and goes on when it does"],
  silent: ["not connected", "The kernel is heard no more, and nobody says why"],
};

export interface Ways {
  /** What may still go on; empty where nothing does. */
  what: string;
  /** What is said of a click that the kernel did not confirm. */
  unconfirmed: string;
  /** A line for a cell that shows all of it again. */
  line: string;
  /** A line that ends the job without this kernel; empty where it has ended. */
  cancel: string;
}

type Store = Pick<Synced<string, object>, "connection" | "revival" | "reconnect" | "unconfirmed" | "topics" | "watch">;

/** `ways` says null where nothing is to be said: of a job that has ended and is here as a whole. */
export function connectionBar(store: Store, signal: AbortSignal, ways: () => Ways | null): HTMLElement {
  const text = h("span");
  let [trouble, running, offered] = ["", false, ""];
  const reconnect = button({
    label: "Reconnect",
    icon: "rerun",
    class: "hfj-reconnect",
    title: "Show it again, from the kernel that runs now",
    signal,
    onClick: () => void run(),
  });
  const actions = h("span", { class: "hfj-ways" }, reconnect);
  const node = h("div", { class: "hfj-message hfj-notice hfj-lost", role: "status" }, icon("alert"), text, actions);

  const run = async () => {
    const { revival } = store;
    if (running || !store.reconnect || !revival) return;
    [running, trouble] = [true, ""];
    show();
    try {
      await store.reconnect(revival);
    } catch (error) {
      trouble = ` Reconnect did not work: ${error instanceof Error ? error.message : String(error)}`;
    }
    running = false;
    if (!signal.aborted) show();
  };
  const show = () => {
    const { connection } = store;
    const way = connection.lost ? ways() : null;
    node.hidden = way === null;
    if (way === null) return;
    const since = clock(connection.since ?? 0, Date.now() / 1000);
    const word = connection.link === "offline" ? "Page offline" : "Not connected";
    const still = way.what ? `; ${way.what}` : "";
    setText(text, `${word} since ${since}${still}.${store.unconfirmed ? ` ${way.unconfirmed}` : ""}${trouble}`);
    reconnect.hidden = store.reconnect === null || store.revival === null || connection.link === "offline";
    // Not `disabled`, which would take the focus from who has pressed it.
    reconnect.setAttribute("aria-disabled", String(running));
    setLabel(reconnect, running ? "Reconnecting…" : "Reconnect");
    // A page that is offline comes back by itself, and no cell runs meanwhile.
    const attach = connection.link === "offline" || !reconnect.hidden ? "" : way.line;
    const lines = [attach, way.cancel].filter(Boolean);
    if (lines.join("\n") === offered) return;
    offered = lines.join("\n");
    actions.replaceChildren(reconnect, ...lines.map((line) => copy(signal, line)));
  };
  store.watch(store.topics, signal, show);
  return node;
}

/** A button that copies a line of a cell, or of a terminal, and is named by its verb. */
function copy(signal: AbortSignal, line: string): HTMLElement {
  const isMagic = line.startsWith("%");
  const verb = line
    .split(" ")
    .slice(0, isMagic ? 2 : 3)
    .join(" ");
  const title = `Copy \u201c${line}\u201d, for ${isMagic ? "a cell" : "a terminal"}`;
  return copyButton(signal, title, async () => line, `Copy ${verb}`);
}

/** 13:48, and the date where it is another day. */
export function clock(at: number, now: number): string {
  const [then, today] = [new Date(at * 1000), new Date(now * 1000)];
  const time = then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (then.toDateString() === today.toDateString()) return time;
  return `${then.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })}, ${time}`;
}
