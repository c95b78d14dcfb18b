import { createChange } from "./change.ts";

/** Values that are read before they are needed, so that it is known how many there are. */
export interface ReadAhead<Value> {
  /** The next one; undefined where there is none any more. Rejects with what the source has thrown. */
  next(): Promise<Value | undefined>;
  /** How many have been read so far, and whether these are all. */
  readonly known: number;
  readonly isWhole: boolean;
}

/** After so many in a row, others of this process have their turn. */
const stretch = 250;

/** Reads on until so many wait. Once the signal has come there is no more. */
export function readAhead<Value>(
  source: AsyncIterable<Value>,
  most: number,
  signal: AbortSignal,
): ReadAhead<Value> {
  let waiting: Value[] = [];
  let taken = 0;
  let known = 0;
  let end: { readonly error?: unknown } | undefined;
  const change = createChange();

  async function read(): Promise<void> {
    for await (const value of source) {
      waiting.push(value);
      known += 1;
      change.happen();
      if (known % stretch === 0) await new Promise(setImmediate);
      while (waiting.length - taken >= most && !signal.aborted) await change.next();
      if (signal.aborted) return;
    }
  }
  signal.addEventListener("abort", change.happen);
  read()
    .then(
      () => {
        end = {};
      },
      (error: unknown) => {
        end = { error };
      },
    )
    .finally(change.happen);

  function take(): Value | undefined {
    const value = waiting[taken];
    taken += 1;
    // Not one by one, which would move all the others each time.
    if (taken >= 1024) {
      waiting = waiting.slice(taken);
      taken = 0;
    }
    change.happen();
    return value;
  }

  return {
    get known() {
      return known;
    },
    get isWhole() {
      return end !== undefined;
    },
    async next() {
      while (taken >= waiting.length && end === undefined && !signal.aborted) await change.next();
      if (signal.aborted) return undefined;
      if (taken < waiting.length) return take();
      if (end?.error !== undefined) throw end.error;
      return undefined;
    },
  };
}
