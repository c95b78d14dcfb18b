import type { StoredResponse } from "../tier.ts";
import type { Sharing } from "./sharing.ts";
import { packAgain, responsesInUse, type Slot } from "./slot.ts";
import type { Slots } from "./slots.ts";

export interface UseRoundsOptions<Ready> {
  readonly slots: Slots<Slot<Ready>>;
  readonly sharing: Sharing;
  /** Does something that changes what the slot costs. */
  readonly change: (slot: Slot<Ready>, action: () => void) => void;
}

/**
 * Goes round all that memory holds, some keys at a time: which responses were found since the last round. What was not is
 * packed again, and what was prepared for it is gone.
 */
export function createUseRounds<Ready>(
  options: UseRoundsOptions<Ready>,
): (limit: number) => StoredResponse[] {
  const { slots, sharing, change } = options;
  let untold = slots.values();

  return (limit) => {
    const used: StoredResponse[] = [];
    for (let looked = 0; looked < limit; looked++) {
      const next = untold.next();
      if (next.done) {
        untold = slots.values();
        break;
      }
      const slot = next.value;
      if (slot.usedSinceTold) used.push(...responsesInUse(slot, sharing));
      else if (slot.entries !== null) change(slot, () => packAgain(slot));
      slot.usedSinceTold = false;
    }
    return used;
  };
}
