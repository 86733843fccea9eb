/** A job that is to run again: what would be different and what that can cost, as the kernel says. */
import { fields, list, maybeNumber, maybeText, text } from "./raw.ts";

/** Options by name, as text: flavor, timeout, dependencies. */
export type Change = Record<string, string>;

export interface OfferRequest {
  type: "rerun";
  id: number;
  /** Null asks for what the kernel suggests. */
  change: Change | null;
  /** Submit it. */
  send: boolean;
  /** The kernel's question was answered with yes. */
  anyway: boolean;
}

export interface Offer {
  type: "rerun";
  id: number;
  /** Name and what it has; none where the flavor does not matter. */
  flavors: [string, string][];
  /** Without `dependencies` where no packages can be added. */
  change: Change;
  /** In a few words. */
  cost: string;
  /** Why it would be refused. */
  wrong: string;
  /** What has to be answered with yes first. */
  question: string;
  /** Id of the new job. */
  sent: string | null;
}

export const readTexts = (raw: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(fields(raw)).map(([name, value]) => [name, text(value)]));

export const readPairs = (raw: unknown): [string, string][] =>
  list(raw).map((row) => [text(list(row)[0]), text(list(row)[1])]);

export function readOffer(raw: unknown): Offer | null {
  const f = fields(raw);
  const id = maybeNumber(f.id);
  if (id === null) return null;
  return {
    type: "rerun",
    id,
    flavors: readPairs(f.flavors),
    change: readTexts(f.change),
    cost: text(f.cost),
    wrong: text(f.wrong),
    question: text(f.question),
    sent: maybeText(f.sent),
  };
}
