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

/** What a page runs where the front end lets it; strings of JSON are strings of Python. */
export function revivalCode({ view, id, local, namespace, line }: Revival): string {
  const [kind, name, owner, shows] = [view, id, namespace, line].map((text) => JSON.stringify(text));
  const call = `revive(${kind}, ${name}, local=${local ? "True" : "False"}, namespace=${owner}, line=${shows})`;
  return `from hfjobs_magic.magics.revival import revive\n${call}\n`;
}
