import type { Cancel, Clock } from "../system/clock.ts";

/** Which worker asks the origin for a key now: collapsed requests across workers (RFC 9111 §4). */
export interface Claims {
  /** `request` is the worker's own number for this claim: a later one of the same worker takes its place. */
  claim(key: string, worker: number, request: number): Answer;
  /** Of that claim and no later one. For so many milliseconds the origin should not be asked but for a client. */
  release(key: string, worker: number, request: number, restMilliseconds: number): void;
  /** The worker has ended: nobody waits for it any more. */
  releaseAll(worker: number): void;
}

export interface Answer {
  /** Null: the worker that asked. Else the number of the one that leads. */
  readonly leader: number | null;
  readonly restMilliseconds: number;
}

/** Rests beyond so many are not remembered: each worker knows its own. */
const mostRests = 10_000;

interface Rest {
  readonly until: number;
  readonly cancel: Cancel;
}

/** Holds one entry a request that is at the origin now, and one a key for which the origin has just failed. */
export function createClaims(clock: Clock): Claims {
  const leaders = new Map<string, { readonly worker: number; readonly request: number }>();
  const rests = new Map<string, Rest>();

  function rest(key: string, milliseconds: number): void {
    rests.get(key)?.cancel();
    rests.delete(key);
    if (milliseconds <= 0 || rests.size >= mostRests) return;
    const cancel = clock.after(milliseconds, () => rests.delete(key));
    rests.set(key, { until: clock.steady() + milliseconds, cancel });
  }

  return {
    claim(key, worker, request) {
      const restMilliseconds = Math.max(0, (rests.get(key)?.until ?? 0) - clock.steady());
      const leader = leaders.get(key);
      if (leader !== undefined && leader.worker !== worker) {
        return { leader: leader.worker, restMilliseconds };
      }
      leaders.set(key, { worker, request });
      return { leader: null, restMilliseconds };
    },
    release(key, worker, request, restMilliseconds) {
      const leader = leaders.get(key);
      if (leader?.worker !== worker || leader.request !== request) return;
      leaders.delete(key);
      rest(key, restMilliseconds);
    },
    releaseAll(worker) {
      for (const [key, leader] of leaders) if (leader.worker === worker) leaders.delete(key);
    },
  };
}
