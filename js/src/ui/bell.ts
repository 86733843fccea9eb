/** The bell: a notification of the browser when a job ends while the tab is hidden. One switch for all jobs shown. */

import { button, setPressed } from "./button.ts";

/** What readers chose, in this browser; also an event for the page's other bells: each widget has its own module. */
const CHOICE = "hfjobs-magic.bell";

const permission = (): NotificationPermission =>
  typeof Notification === "undefined" ? "denied" : Notification.permission;

/** Whether ends are to be notified, and may be. */
export function rings(): boolean {
  try {
    return permission() === "granted" && localStorage.getItem(CHOICE) === "on";
  } catch {
    return false; // A frame without a storage of its own has no notifications either.
  }
}

async function turn(): Promise<void> {
  const on = !rings();
  if (permission() === "default") await Notification.requestPermission();
  if (permission() === "granted") localStorage.setItem(CHOICE, on ? "on" : "");
  window.dispatchEvent(new Event(CHOICE));
}

/** Say that jobs have ended, if nobody looks; `tag` is the job's, which may be shown in several places. */
export function ring(tag: string, title: string, body = ""): void {
  if (!document.hidden || !rings()) return;
  try {
    const shown = new Notification(title, { body, tag });
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  } catch {
    // Browsers of phones have them for service workers only.
  }
}

export function bell(signal: AbortSignal): HTMLButtonElement {
  const node = button({ label: "", icon: "bell", class: "hfj-toggle hfj-bell", signal, onClick: () => void turn() });
  const show = () => {
    const blocked = permission() === "denied";
    node.title = blocked
      ? "This page may show no notifications: they are blocked, or not to be had in a frame"
      : "Notify me when a job ends while this tab is hidden";
    node.setAttribute("aria-label", node.title);
    setPressed(node, rings());
    node.setAttribute("aria-disabled", String(blocked));
  };
  for (const event of [CHOICE, "storage"]) window.addEventListener(event, show, { signal });
  show();
  return node;
}
