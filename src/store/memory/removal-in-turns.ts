import { selects } from "../selecting.ts";
import type { Selector, StoredResponse } from "../tier.ts";
import type { BoundedSlots } from "./bounded-slots.ts";
import { type Selection, selectionOf } from "./selection.ts";
import type { Slot } from "./slot.ts";

export interface RemovalInTurns {
  /**
   * Lets go of what the selectors name, or makes it stale; how many there were. Of many at a time, with turns of the event
   * loop between them: a purge of a million responses takes more than a second, in which nobody would be answered.
   */
  dropInTurns(selectors: readonly Selector[]): Promise<number>;
  /** Whether a removal that is under way names it: it is as good as gone, and must not be renewed. */
  isGoing(response: StoredResponse): boolean;
}

type Slots<Ready> = Pick<BoundedSlots<Ready>, "size" | "get" | "selected">;

/** What is done with a slot of which something may be named: how many responses are, and how many had to be unpacked. */
export type Act<Ready> = (slot: Slot<Ready>, selection: Selection) => Touched;

export interface Touched {
  readonly named: number;
  readonly unpacked: number;
}

/** So many slots take some two milliseconds to look at, when none is to be unpacked. */
const effortInOneTurn = 2_048;
/** What it takes to unpack a response, and to pack it again, beside a look at one that stays packed. */
const effortOfUnpacking = 16;
/** The same of so many characters, and to look through them for names: a response may have a thousand names, each a long one. */
const charactersUnpacked = 64;
const charactersLookedThrough = 512;

/** Goes through all that the selectors may name, and waits a turn of the event loop each two milliseconds. */
export async function goThrough<Ready>(
  slots: Slots<Ready>,
  selectors: readonly Selector[],
  act: Act<Ready>,
): Promise<number> {
  const selection = selectionOf(selectors);
  // What comes in meanwhile comes last, and was asked for after the removal.
  let left = slots.size;
  let effort = 0;
  let named = 0;
  for (const slot of slots.selected(selectors)) {
    const { length } = slot.text;
    effort += 1 + length / charactersLookedThrough;
    if (slots.get(slot.primaryKey) === slot && selection.mayName(slot)) {
      const touched = act(slot, selection);
      named += touched.named;
      if (touched.unpacked > 0) effort += touched.unpacked * effortOfUnpacking + length / charactersUnpacked;
    }
    if (--left <= 0) break;
    if (effort < effortInOneTurn) continue;
    effort = 0;
    await nextTurn();
  }
  return named;
}

/** `drop` lets go of what is named in a slot, `soften` makes stale what may be used so. */
export function removeInTurns<Ready>(
  slots: Slots<Ready>,
  drop: Act<Ready>,
  soften: Act<Ready>,
): RemovalInTurns {
  const underWay = new Set<readonly Selector[]>();

  return {
    async dropInTurns(selectors) {
      underWay.add(selectors);
      const hard = selectors.filter(({ soft }) => soft !== true);
      const softly = selectors.filter(({ soft }) => soft === true);
      try {
        // Both begin at once: of few, all is done when this returns.
        const passes = [goThrough(slots, hard, drop), goThrough(slots, softly, soften)];
        return (await Promise.all(passes)).reduce((sum, count) => sum + count, 0);
      } finally {
        underWay.delete(selectors);
      }
    },
    isGoing: (response) =>
      underWay.values().some((selectors) => selectors.some((selector) => selects(selector, response))),
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
