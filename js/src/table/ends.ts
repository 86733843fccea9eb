/** Ends of jobs while nobody looks, said by the bell: one notification for those that ended together. */

import { isTerminal } from "../kernel/protocol.ts";
import { ring } from "../ui/bell.ts";
import { plural } from "../ui/format.ts";
import { STAGE_TEXT } from "../ui/stage.ts";
import type { JobRow } from "./readers.ts";
import { counts, newestOfRuns } from "./rows.ts";
import type { TableStore } from "./store.ts";

/** Of the rows, those that had not ended before; `open` is brought up to date. */
export function newlyEnded(rows: Iterable<JobRow>, open: Set<string>): JobRow[] {
  const ended: JobRow[] = [];
  for (const row of rows) {
    if (!isTerminal(row.stage)) open.add(row.id);
    else if (open.delete(row.id)) ended.push(row);
  }
  return ended;
}

/** "21 Completed, 3 Failed". */
function summary(store: TableStore): string {
  const found = [...counts(newestOfRuns(store.rows.values()))].filter(([, n]) => n > 0);
  return found.map(([stage, n]) => `${n} ${STAGE_TEXT[stage]}`).join(", ");
}

const endText = ({ name, id, stage }: JobRow): string => `${name || id}: ${STAGE_TEXT[stage]}`;

export function ringAtEnds(store: TableStore, signal: AbortSignal): void {
  const open = new Set<string>();
  let due = false;
  // Not in a frame: a hidden tab draws none.
  store.watch(["jobs", "status"], signal, () => {
    const [first, ...others] = newlyEnded(store.rows.values(), open);
    const { sweep } = store.place;
    if (sweep) {
      // One for all its runs, when the last has ended and no more are to be started.
      due ||= first !== undefined;
      const { waiting, stopped } = store.status.sweep;
      if (!due || open.size > 0 || (waiting > 0 && !stopped)) return;
      due = false;
      ring(store.twin, `Sweep ${sweep.id} ended`, summary(store));
      return;
    }
    if (!first) return;
    if (others.length === 0) ring(first.id, `Job ${endText(first)}`, first.message ?? "");
    else ring(store.twin, `${plural(others.length + 1, "job")} ended`, [first, ...others].map(endText).join("\n"));
  });
}
