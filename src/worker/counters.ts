import type { Served } from "../serve/outcome.ts";

export interface Counters {
  served(served: Served): void;
  /** Counts something else that happened once. */
  count(name: string): void;
  /** All of them by name, for the supervisor: `requests`, `bytesSent`, `cache.HIT`, `reason.hit-fresh`, … */
  read(): Record<string, number>;
}

/** Plain integers that only grow. */
export function createCounters(): Counters {
  let requests = 0;
  let bytesSent = 0;
  const byWord = new Map<string, number>();
  const byReason = new Map<string, number>();
  const others = new Map<string, number>();
  return {
    served(served) {
      requests += 1;
      bytesSent += served.bytes;
      increment(byWord, served.cache);
      increment(byReason, served.reason);
    },
    count: (name) => increment(others, name),
    read: () => ({
      requests,
      bytesSent,
      ...prefixed("cache", byWord),
      ...prefixed("reason", byReason),
      ...Object.fromEntries(others),
    }),
  };
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function prefixed(prefix: string, counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].map(([name, count]) => [`${prefix}.${name}`, count]));
}
