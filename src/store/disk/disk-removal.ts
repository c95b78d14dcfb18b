import type { Order } from "../order.ts";
import type { Removals } from "../removals.ts";
import { nameIn } from "../selecting.ts";
import type { Selector, Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";
import type { Entrance } from "./entrance.ts";
import type { Handover } from "./handover.ts";
import type { HeardRemovals } from "./heard-removals.ts";
import type { IndexReader } from "./index-reader.ts";
import type { Keeper } from "./keeper.ts";
import type { Outbox } from "./outbox.ts";
import type { Row } from "./row.ts";

export interface DiskRemovalOptions {
  readonly index: Pick<IndexReader, "find">;
  readonly keeper: Pick<Keeper, "remove">;
  readonly outbox: Outbox;
  readonly handover: Pick<Handover, "flush">;
  readonly entrance: Pick<Entrance, "abandon">;
  readonly heard: HeardRemovals;
  readonly removals: Removals;
  readonly order: Order;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** How responses go from the disk tier: out of what waits for the keeper here, and out of the index by the keeper. */
export interface DiskRemoval {
  /** See `Tier`. */
  remove(selector: Selector): Promise<number>;
  /**
   * Another process has had it removed: what waits to be stored is not, if the selector names it. `number` is the
   * removal's.
   */
  heed(selector: Selector, number: number): void;
  /**
   * Has the keeper remove what `remove` or `heed` has taken out here already. What is on its way since then is not
   * concerned. Rejects as `remove` does.
   */
  removeRows(selector: Selector): Promise<number>;
}

export function createDiskRemoval(options: DiskRemovalOptions): DiskRemoval {
  const { index, keeper, outbox, handover, entrance, heard, removals, order, onTrouble } = options;

  /** Returns the new responses that waited. */
  function takeOut(selector: Selector): Row[] {
    removals.note(selector, order.next());
    const waiting = outbox.remove(selector);
    entrance.abandon(waiting);
    return waiting;
  }

  /** Whether a row lies in the index under the same keys: the keeper removes and counts it. */
  function isCountedThere({ response: { primaryKey, variantKey } }: Row): boolean {
    try {
      return index.find(primaryKey).complete.some(({ response }) => response.variantKey === variantKey);
    } catch (error) {
      onTrouble(toStoreError(error, "the disk cache could not be read"));
      return false;
    }
  }

  async function removeRows(selector: Selector): Promise<number> {
    try {
      const { removed, number } = await keeper.remove([selector]);
      heard.hear(number);
      return removed;
    } catch (error) {
      throw toStoreError(error, "responses could not be removed");
    }
  }

  return {
    async remove(selector) {
      // A response that was freshened may have got other names, which the keeper must know by then.
      if (nameIn(selector) !== null) handover.flush();
      const waiting = takeOut(selector).filter((row) => !isCountedThere(row));
      return waiting.length + (await removeRows(selector));
    },
    heed(selector, number) {
      takeOut(selector);
      heard.hear(number);
    },
    removeRows,
  };
}
