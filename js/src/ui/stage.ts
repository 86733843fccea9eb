/** The stage of a job as a word and a picture, wherever a job is named. */

import type { Stage } from "../kernel/protocol.ts";
import { h } from "./dom.ts";
import { type IconName, icon } from "./icons.ts";

export const STAGE_TEXT: Record<Stage, string> = {
  SCHEDULING: "Scheduling",
  RUNNING: "Running",
  COMPLETED: "Completed",
  ERROR: "Error",
  CANCELED: "Canceled",
  DELETED: "Deleted",
};

export const pill = (): HTMLElement => h("span", { class: "hfj-pill" });

/** Show a word in a pill, in the colours of a stage; one that shows it already is left alone. */
export function showPill(node: HTMLElement, text: string, picture: IconName, color: Stage | ""): void {
  if (node.textContent === text) return;
  node.dataset.stage = color;
  node.replaceChildren(icon(picture), h("span", { class: "hfj-label" }, text));
}

export const showStage = (node: HTMLElement, stage: Stage): void => showPill(node, STAGE_TEXT[stage], stage, stage);
