/** What a kernel that knows nothing of a view needs to make its model anew; see hfjobs_magic/magics/revival.py. */
export interface Revival {
  view: "card" | "table" | "scheduled";
  /** By what a page finds its places (twins.ts). */
  id: string;
  local: boolean;
  /** Whose it is, on the Hub; empty for one's own. */
  namespace: string;
  /** Of a table, the line that lists its jobs. */
  line: string;
}

/** What a page runs where the front end lets it, of what was asked for and all else; text of JSON is text of Python. */
export function revivalCode(asked: Revival, others: Iterable<Revival>): string {
  const lost = new Map([asked, ...others].map((one) => [one.id, one]));
  const all = JSON.stringify(JSON.stringify([...lost.values()]));
  return `from hfjobs_magic.magics.revival import reconnect\nreconnect(${all})\n`;
}
