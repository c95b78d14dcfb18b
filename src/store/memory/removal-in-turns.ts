import { selects } from "../selecting.ts";
import type { Selector, StoredResponse } from "../tier.ts";
import type { BoundedSlots } from "./bounded-slots.ts";
import type { Slot } from "./slot.ts";

export interface RemovalInTurns {
  /**
   * Lets go of what the selector names; how many there were. Of many at a time, with turns of the event loop between
   * them: a purge of a million responses takes more than a second, in which nobody would be answered.
   */
  dropInTurns(selector: Selector): Promise<number>;
  /** Whether a removal that is under way names it: it is as good as gone, and must not be renewed. */
  isGoing(response: StoredResponse): boolean;
}

/** They take some two milliseconds. */
const slotsInOneTurn = 2_048;

export function removeInTurns<Ready>(
  slots: Pick<BoundedSlots<Ready>, "size" | "get" | "selected">,
  dropFrom: (slot: Slot<Ready>, selector: Selector) => number,
): RemovalInTurns {
  const underWay = new Set<Selector>();

  return {
    async dropInTurns(selector) {
      underWay.add(selector);
      // What comes in meanwhile comes last, and was asked for after the removal.
      let left = slots.size;
      let dropped = 0;
      try {
        for (const slot of slots.selected(selector)) {
          if (slots.get(slot.primaryKey) === slot) dropped += dropFrom(slot, selector);
          if (--left <= 0) break;
          if (left % slotsInOneTurn === 0) await nextTurn();
        }
      } finally {
        underWay.delete(selector);
      }
      return dropped;
    },
    isGoing: (response) => underWay.values().some((selector) => selects(selector, response)),
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
