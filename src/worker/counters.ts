import type { Served } from "../serve/answer/outcome.ts";

export interface WorkerCounters {
  served(served: Served): void;
  /** A fresh stored response was the answer, `bytes` long; the same as `served`, for the path where that is too dear. */
  hit(bytes: number): void;
  /** Counts something else that happened, once or so many times. */
  count(name: string, times?: number): void;
  /**
   * All of them by name, for the supervisor: `requests`, `bytesSent`, `cache.HIT`, `bytes.HIT`, `reason.hit-fresh`,
   * `forwarded.vary-miss` (why the origin was asked), and `effect.invalidated-by-method` (stored responses that
   * requests removed or freshened beside their answers).
   */
  read(): Record<string, number>;
}

/** Plain integers that only grow. */
export function createCounters(): WorkerCounters {
  let requests = 0;
  let hits = 0;
  let bytesSent = 0;
  let bytesOfHits = 0;
  const byWord = new Map<string, number>();
  const bytesByWord = new Map<string, number>();
  const byReason = new Map<string, number>();
  const byForwarded = new Map<string, number>();
  const others = new Map<string, number>();
  return {
    served(served) {
      requests += 1;
      bytesSent += served.bytes;
      increment(byWord, served.cache);
      increment(bytesByWord, served.cache, served.bytes);
      increment(byReason, served.reason);
      if (served.forwarded !== undefined) increment(byForwarded, served.forwarded);
    },
    hit(bytes) {
      hits += 1;
      bytesOfHits += bytes;
    },
    count: (name, times = 1) => increment(others, name, times),
    read: () => ({
      requests: requests + hits,
      bytesSent: bytesSent + bytesOfHits,
      ...prefixed("cache", withMore(byWord, "HIT", hits)),
      ...prefixed("bytes", withMore(bytesByWord, "HIT", bytesOfHits)),
      ...prefixed("reason", withMore(byReason, "hit-fresh", hits)),
      ...prefixed("forwarded", byForwarded),
      ...Object.fromEntries(others),
    }),
  };
}

function withMore(
  counts: ReadonlyMap<string, number>,
  name: string,
  more: number,
): ReadonlyMap<string, number> {
  return more === 0 ? counts : new Map(counts).set(name, (counts.get(name) ?? 0) + more);
}

function increment(counts: Map<string, number>, name: string, times = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + times);
}

function prefixed(prefix: string, counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].map(([name, count]) => [`${prefix}.${name}`, count]));
}
