/** Values of any shape read as one of a kind: whatever is something else becomes its empty value. */
export type Fields = Record<string, unknown>;

export const fields = (raw: unknown): Fields => (raw !== null && typeof raw === "object" ? (raw as Fields) : {});
export const text = (raw: unknown): string => (typeof raw === "string" ? raw : "");
export const maybeText = (raw: unknown): string | null => (typeof raw === "string" ? raw : null);
export const maybeNumber = (raw: unknown): number | null =>
  typeof raw === "number" && Number.isFinite(raw) ? raw : null;
export const count = (raw: unknown): number => Math.max(0, Math.floor(maybeNumber(raw) ?? 0));
export const list = (raw: unknown): unknown[] => (Array.isArray(raw) ? raw : []);
export const oneOf = <T extends string>(raw: unknown, all: readonly T[], other: T): T =>
  all.includes(raw as T) ? (raw as T) : other;
