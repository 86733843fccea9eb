/** A model as anywidget hands it out, without a kernel; and makers of what the kernel sends. */

export class FakeModel {
  readonly sent: unknown[] = [];
  #listeners = new Map<string, Set<(...values: unknown[]) => void>>();

  constructor(private readonly traits: Record<string, unknown> = {}) {}

  get(name: string): unknown {
    return this.traits[name];
  }

  on(event: string, callback: (...values: unknown[]) => void): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(callback));
  }

  off(event: string, callback: (...values: unknown[]) => void): void {
    this.#listeners.get(event)?.delete(callback);
  }

  send(message: unknown): void {
    this.sent.push(message);
  }

  set(name: string, value: unknown): void {
    this.traits[name] = value;
    this.emit(`change:${name}`);
  }

  emit(event: string, ...values: unknown[]): void {
    for (const callback of [...(this.#listeners.get(event) ?? [])]) callback(...values);
  }

  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }
}

export const makeJob = (changes: Record<string, unknown> = {}) => ({
  id: "6923b1c7a1f0c2d4e5f60718",
  name: "train",
  url: "https://huggingface.co/jobs/ada/6923b1c7a1f0c2d4e5f60718",
  stage: "RUNNING",
  message: null,
  flavor: "cpu-basic",
  hardware: "2 vCPU · 16 GB",
  namespace: "ada",
  local: false,
  image: null,
  created_at: 1000,
  started_at: 1003,
  finished_at: null,
  now: 1086,
  timeout_s: 1800,
  usd_per_minute: 0.01,
  attempts: 1,
  failure: null,
  ...changes,
});

/** `count` lines from `first`, named by their numbers. */
export const makeLines = (first: number, count: number, text = "line"): string[] =>
  Array.from({ length: count }, (_, i) => `${text} ${first + i}`);

export const makeTail = (total: number, size = 500, text = "line") => {
  const first = Math.max(0, total - size);
  return { first, lines: makeLines(first, total - first, text), total, times: [] as [number, number][] };
};

export const makeRow = (number: number, changes: Record<string, unknown> = {}) => ({
  id: (number + 0x6923b1).toString(16).padStart(24, "0"),
  name: `job-${number}`,
  stage: "RUNNING",
  message: null,
  flavor: "cpu-basic",
  url: null,
  owner: "ada",
  labels: {},
  created_at: 1000,
  started_at: 1003,
  finished_at: null,
  ...changes,
});
