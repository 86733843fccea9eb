/** Rows of the jobs table: how they are filterRows, sortRows and counted. No page, no clock of its own. */

import { asNumber } from "../charts/by_value.ts";
import type { Curve } from "../charts/overlay.ts";
import { isTerminal, STAGES, type Stage } from "../kernel/protocol.ts";
import { significant } from "../ui/format.ts";
import type { Curves, JobRow, Prices } from "./readers.ts";

export const COLUMNS = ["Stage", "Name", "Flavor", "Age", "Duration", "Cost", "Cell", "Owner"] as const;
/** Of a sweep's table "Run", the place of a parameter, and the best and last value of a metric. */
export type Column = (typeof COLUMNS)[number] | "Run" | number | "Best" | "Last";

/** Characters of a number that stand in any column. */
const LONG = 9;

export interface Sort {
  by: Column;
  /** The largest first; of ages the youngest. */
  down: boolean;
}

/** Seconds a job ran; null where it has not begun, or nobody knows when it ended. */
export function ran(row: JobRow, now: number): number | null {
  const end = row.finished_at ?? (isTerminal(row.stage) ? null : now);
  return row.started_at === null || end === null ? null : Math.max(0, end - row.started_at);
}

export function cost(row: JobRow, prices: Prices, now: number): number | null {
  if (row.reused) return 0;
  const [seconds, price] = [ran(row, now), prices[row.flavor] ?? null];
  return seconds === null || price === null ? null : (price * seconds) / 60;
}

/** 12 s, 5 min, 3 h, 4 d. */
export function age(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  return s < 172_800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86_400)} d`;
}

/** Rows that hold every typed word. */
export function filterRows(rows: Iterable<JobRow>, typed: string): JobRow[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return [...rows].filter((row) => words.every((word) => row.words.includes(word)));
}

export function counts(rows: readonly JobRow[]): Map<Stage, number> {
  const found = new Map<Stage, number>(STAGES.map((stage) => [stage, 0]));
  for (const { stage } of rows) found.set(stage, (found.get(stage) ?? 0) + 1);
  return found;
}

/** Without the jobs of a sweep whose run was started again since. */
export function newestOfRuns(rows: Iterable<JobRow>): JobRow[] {
  const all = [...rows];
  const newest = new Map<number, number>();
  for (const { run, created_at } of all) newest.set(run, Math.max(newest.get(run) ?? 0, created_at ?? 0));
  return all.filter(({ run, created_at }) => run === 0 || (created_at ?? 0) >= (newest.get(run) ?? 0));
}

/** What the log of a job says of a metric. */
export const curveOf = (row: JobRow, curves: ReadonlyMap<string, Curves>, metric: string | null): Curve | undefined =>
  curves.get(row.id)?.curves.find(({ key }) => key === metric);

/** A number that is longer than its column, in a few digits; any other text as it is. */
export const short = (text = ""): string =>
  text.length > LONG && asNumber(text) !== null ? significant(Number(text)) : text;

/** What tells a run of a sweep from the others, as "lr=0.001 seed=1"; the name of another job. */
export const nameOf = (row: JobRow, parameters: readonly string[]): string =>
  row.run > 0 ? parameters.map((name, i) => `${name}=${row.values[i] ?? ""}`).join(" ") : row.name;

/** Sorted anew; rows that lack the value stand last either way, equal ones with the newest first. */
export function sortRows(
  rows: readonly JobRow[],
  sort: Sort,
  prices: Prices,
  now: number,
  curve: (row: JobRow) => Curve | undefined = () => undefined,
): JobRow[] {
  const key = (row: JobRow): number | string | null => {
    switch (sort.by) {
      case "Stage":
        return STAGES.indexOf(row.stage);
      case "Name":
        return row.name.toLowerCase();
      case "Flavor":
        return row.flavor;
      case "Age":
        return row.created_at;
      case "Duration":
        return ran(row, now);
      case "Cost":
        return cost(row, prices, now);
      case "Cell":
        return row.cell || null;
      case "Owner":
        return row.owner.toLowerCase();
      case "Run":
        return row.run || null;
      case "Best":
        return curve(row)?.best ?? null;
      case "Last":
        return curve(row)?.last ?? null;
      default:
        return asNumber(row.values[sort.by]) ?? row.values[sort.by] ?? null;
    }
  };
  const keyed = rows.map((row) => [key(row), row] as const);
  const newer = (a: JobRow, b: JobRow) => (b.created_at ?? 0) - (a.created_at ?? 0) || (a.id < b.id ? 1 : -1);
  keyed.sort(([a, rowA], [b, rowB]) => {
    if (a === null || b === null) return a === b ? newer(rowA, rowB) : a === null ? 1 : -1;
    const order =
      typeof a === "number" && typeof b === "number"
        ? a - b
        : String(a).localeCompare(String(b), "en", { numeric: true });
    return (sort.down ? -order : order) || newer(rowA, rowB);
  });
  return keyed.map(([, row]) => row);
}
