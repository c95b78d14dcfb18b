/** Which worker asks the origin for a key now: collapsed requests across workers (RFC 9111 §4). */
export interface Claims {
  /** Null: the worker leads the key now. Else the number of the worker that does. */
  claim(key: string, worker: number): number | null;
  release(key: string, worker: number): void;
  /** The worker has ended: nobody waits for it any more. */
  releaseAll(worker: number): void;
}

/** Holds one entry a request that is at the origin now. */
export function createClaims(): Claims {
  const leaders = new Map<string, number>();
  return {
    claim(key, worker) {
      const leader = leaders.get(key);
      if (leader !== undefined && leader !== worker) return leader;
      leaders.set(key, worker);
      return null;
    },
    release(key, worker) {
      if (leaders.get(key) === worker) leaders.delete(key);
    },
    releaseAll(worker) {
      for (const [key, leader] of leaders) if (leader === worker) leaders.delete(key);
    },
  };
}
