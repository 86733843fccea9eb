/** Where a search matches in the text of a line, and pieces cut there. */

import type { Query } from "../kernel/protocol.ts";
import type { Piece } from "./ansi.ts";

/** Marks in one line; more would make a row of `.` slow to lay out and tell nobody anything. */
const MAX_MARKS = 500;

/** The pattern of a query, or null for none and for one that only the kernel's regular expressions understand. */
export function pattern({ query, case: cased, regex }: Query): RegExp | null {
  if (query === "") return null;
  try {
    return new RegExp(regex ? query : query.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), cased ? "g" : "gi");
  } catch {
    return null;
  }
}

/** The pieces cut where `wanted` matches their text as a whole; those in a match have the class hfj-mark. */
export function mark(pieces: Piece[], wanted: RegExp | null): Piece[] {
  if (wanted === null) return pieces;
  const text = pieces.map((piece) => piece.text).join("");
  const ranges: [from: number, to: number][] = [];
  for (const {
    index,
    0: { length },
  } of text.matchAll(wanted)) {
    if (length > 0) ranges.push([index, index + length]);
    if (ranges.length === MAX_MARKS) break;
  }
  if (ranges.length === 0) return pieces;
  const cuts = [...new Set(ranges.flat())];
  const marked: Piece[] = [];
  let at = 0;
  for (const piece of pieces) {
    const end = at + piece.text.length;
    const edges = [at, ...cuts.filter((cut) => cut > at && cut < end), end];
    for (let i = 1; i < edges.length; i += 1) {
      const [from, to] = [edges[i - 1] as number, edges[i] as number];
      const inside = ranges.some(([start, stop]) => start <= from && to <= stop);
      marked.push({
        ...piece,
        text: piece.text.slice(from - at, to - at),
        classes: inside ? [...piece.classes, "hfj-mark"] : piece.classes,
      });
    }
    at = end;
  }
  return marked;
}
