/** The ways back to a job whose kernel is not heard any more. */

import { isTerminal, type Job } from "../kernel/protocol.ts";
import type { Ways } from "../ui/connection_bar.ts";
import type { JobStore } from "./store.ts";

/** The line that shows a job's card again. */
export const attachLine = ({ id, local }: Pick<Job, "id" | "local">): string =>
  `%hfjobs attach ${id}${local ? " --local" : ""}`;

/** The line that ends a job without the kernel: a local one from any notebook, one on the Hub from any terminal. */
export function cancelLine({ id, local, namespace }: Pick<Job, "id" | "local" | "namespace">): string {
  if (local) return `%hfjobs cancel ${id} --local`;
  return `hf jobs cancel ${namespace ? `${namespace}/` : ""}${id}`;
}

export function ways(store: JobStore): Ways | null {
  const { job, isOver, unconfirmed } = store;
  const ended = isTerminal(job.stage);
  if (job.id === null || (ended && isOver && !unconfirmed)) return null;
  return {
    what: ended ? "the log may go on" : "the job may still run",
    unconfirmed: `${store.unheard} was not confirmed.`,
    line: attachLine(job),
    cancel: ended ? "" : cancelLine(job),
  };
}
