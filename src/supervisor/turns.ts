import { FleetError } from "./fleet-error.ts";

/** What costs others something is done by so many at once; the rest waits. */
export interface Turns {
  /**
   * Rejects with a `FleetError` where too many wait already, and when the signal says that nobody waits for it any more: then
   * its place is free for another.
   */
  take<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
}

/** `refusal` is what is told to whom nobody can be put behind. */
export function createTurns(atOnce: number, waiting: number, refusal: string): Turns {
  /** In the order in which they came. */
  const queue = new Set<() => void>();
  let free = atOnce;

  async function begin(signal: AbortSignal): Promise<void> {
    if (free > 0) {
      free--;
      return;
    }
    if (queue.size >= waiting) throw new FleetError(refusal);
    const turn = Promise.withResolvers<void>();
    const leave = () => {
      queue.delete(turn.resolve);
      turn.reject(nobodyWaits());
    };
    queue.add(turn.resolve);
    signal.addEventListener("abort", leave, { once: true });
    await turn.promise.finally(() => signal.removeEventListener("abort", leave));
  }

  function end(): void {
    const [next] = queue;
    if (next === undefined) free++;
    else {
      queue.delete(next);
      next();
    }
  }

  return {
    async take(work, signal) {
      if (signal.aborted) throw nobodyWaits();
      await begin(signal);
      try {
        // It may have gone at the very moment in which its turn came.
        if (signal.aborted) throw nobodyWaits();
        return await work();
      } finally {
        end();
      }
    },
  };
}

function nobodyWaits(): FleetError {
  return new FleetError("nobody waits for the answer any more");
}
