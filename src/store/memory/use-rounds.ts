import type { StoredResponse } from "../tier.ts";
import type { BoundedSlots } from "./bounded-slots.ts";
import type { MemoryEntry } from "./entry.ts";
import type { Sharing } from "./sharing.ts";
import { entriesInUse, packAgain } from "./slot.ts";

/** A response that was found since it was last told of, and how many requests it has answered by the short way since then. */
export interface Use {
  readonly response: StoredResponse;
  readonly hits: number;
}

/**
 * Goes round all that memory holds, some keys at a time: which responses were found since the last round. What was not is
 * packed again, and what was prepared for it is gone.
 */
export function createUseRounds<Ready>(
  slots: Pick<BoundedSlots<Ready>, "values" | "change">,
  sharing: Sharing,
): (limit: number) => Use[] {
  let untold = slots.values();

  return (limit) => {
    const used: Use[] = [];
    for (let looked = 0; looked < limit; looked++) {
      const next = untold.next();
      if (next.done) {
        untold = slots.values();
        break;
      }
      const slot = next.value;
      if (slot.usedSinceTold) used.push(...entriesInUse(slot, sharing).map(takeUse));
      else if (slot.entries !== null) slots.change(slot, () => packAgain(slot));
      slot.usedSinceTold = false;
    }
    return used;
  };
}

function takeUse(entry: MemoryEntry<unknown>): Use {
  const { response, hits } = entry;
  entry.hits = 0;
  return { response, hits };
}
