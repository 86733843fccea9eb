/** Colours of runs by a parameter of theirs: a colour a value, or a range of values where there are many. */

import { significant } from "../ui/format.ts";

/** An end of a range: the whole value is in its row. */
const short = (text: string) => significant(Number(text), 3);

/** Colours of lines in the style sheet. */
const COLORS = 8;

/** A colour, and what has it. */
export interface Group {
  color: number;
  label: string;
}

/** A number where the text is one, so that 1e-4 stands before 0.001. */
export const asNumber = (text: string | undefined): number | null =>
  text !== undefined && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : null;

/** Whether every value of a parameter is a number, and there are two or more. */
export const isNumeric = (values: readonly string[]): boolean =>
  new Set(values).size > 1 && values.every((value) => asNumber(value) !== null);

/** The groups in the order of the values, and the place of each value's group. */
export function groupValues(values: readonly string[]): { groups: Group[]; of: number[] } {
  const numeric = values.every((value) => asNumber(value) !== null);
  const distinct = [...new Set(values)];
  if (numeric) distinct.sort((a, b) => Number(a) - Number(b));
  const many = distinct.length > COLORS;
  const size = many ? Math.ceil(distinct.length / COLORS) : 1;
  const placeOf = new Map(distinct.map((value, i) => [value, Math.floor(i / size)]));
  const groups = Array.from({ length: Math.ceil(distinct.length / size) }, (_, i) => {
    const some = distinct.slice(i * size, (i + 1) * size);
    const [first = "", last = ""] = [some[0], some.at(-1)];
    const label = first === last ? first : numeric ? `${short(first)} – ${short(last)}` : some.join(", ");
    return { color: i + 1, label };
  });
  return { groups, of: values.map((value) => placeOf.get(value) ?? 0) };
}
