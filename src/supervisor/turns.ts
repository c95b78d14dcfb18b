import { FleetError } from "./fleet-error.ts";

/** What costs others something is done by so many at once; the rest waits. */
export interface Turns {
  /** Rejects with a `FleetError` where too many wait already. */
  take<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** `refusal` is what is told to whom nobody can be put behind. */
export function createTurns(atOnce: number, waiting: number, refusal: string): Turns {
  const queue: (() => void)[] = [];
  let free = atOnce;

  async function begin(): Promise<void> {
    if (free > 0) {
      free--;
      return;
    }
    if (queue.length >= waiting) throw new FleetError(refusal);
    await new Promise<void>((resolve) => void queue.push(resolve));
  }

  function end(): void {
    const next = queue.shift();
    if (next === undefined) free++;
    else next();
  }

  return {
    async take(work) {
      await begin();
      try {
        return await work();
      } finally {
        end();
      }
    },
  };
}
