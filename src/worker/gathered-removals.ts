import type { PurgeSelector } from "../control/selector.ts";

/** Tells of removals; the number is the keeper's, null where they are not carried out on the disk. */
export type TellRemovals = (selectors: readonly PurgeSelector[], number: number | null) => Promise<void>;

interface Batch {
  readonly selectors: PurgeSelector[];
  number: number | null;
  readonly told: Promise<void>;
}

/**
 * Tells of what comes within one turn of the event loop together, so that many POSTs cost one message. What is carried
 * out on the disk goes apart from what is not, with the largest of its numbers: a request that begins when that is
 * heard begins after every one of these removals.
 */
export function gatherRemovals(tell: TellRemovals): TellRemovals {
  const batches = new Map<"done" | "undone", Batch>();

  function begin(kind: "done" | "undone"): Batch {
    const batch: Batch = {
      selectors: [],
      number: null,
      told: new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        batches.delete(kind);
        return tell(batch.selectors, batch.number);
      }),
    };
    batches.set(kind, batch);
    return batch;
  }

  return (selectors, number) => {
    const kind = number === null ? "undone" : "done";
    const batch = batches.get(kind) ?? begin(kind);
    batch.selectors.push(...selectors);
    if (number !== null) batch.number = Math.max(number, batch.number ?? 0);
    return batch.told;
  };
}
