import type { Traffic } from "./measures/traffic.ts";

export interface WorkerCounters {
  /** Counts something that happened beside answers, once or so many times. */
  count(name: string, times?: number): void;
  /** What was counted so, by name. */
  readonly counted: ReadonlyMap<string, number>;
  /**
   * All of them by name, for the supervisor: what `Traffic.sums` tells of answers, and beside it such as
   * `effect.invalidated-by-method` (stored responses that requests removed or freshened beside their answers).
   */
  read(): Record<string, number>;
}

/** Plain integers that only grow. */
export function createCounters(traffic: Pick<Traffic, "sums">): WorkerCounters {
  const counted = new Map<string, number>();
  return {
    count: (name, times = 1) => void counted.set(name, (counted.get(name) ?? 0) + times),
    counted,
    read: () => ({ ...traffic.sums(), ...Object.fromEntries(counted) }),
  };
}
