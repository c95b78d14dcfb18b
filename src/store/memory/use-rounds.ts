import type { StoredResponse } from "../tier.ts";
import type { BoundedSlots } from "./bounded-slots.ts";
import type { Sharing } from "./sharing.ts";
import { packAgain, responsesInUse, type Slot } from "./slot.ts";

/**
 * Goes round all that memory holds, some keys at a time: which responses were found since the last round. What was not is
 * packed again, and what was prepared for it is gone.
 */
export function createUseRounds<Ready>(
  slots: Pick<BoundedSlots<Ready>, "values" | "change">,
  sharing: Sharing,
  tellHits: (slot: Slot<Ready>) => void,
): (limit: number) => StoredResponse[] {
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
      tellHits(slot);
      if (slot.usedSinceTold) used.push(...responsesInUse(slot, sharing));
      else if (slot.entries !== null) slots.change(slot, () => packAgain(slot));
      slot.usedSinceTold = false;
    }
    return used;
  };
}
