import type { Index } from "../../keeper/index.ts";
import type { NewRow, Row } from "../../keeper/rows.ts";
import type { Order } from "../order.ts";
import { occupied } from "./room.ts";
import type { Found, Store } from "../tier.ts";
import { toStoreError } from "../writer.ts";

export interface DiskCopiesOptions {
  readonly index: Index;
  readonly order: Order;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
  /** What is stored under the key, and what waits to be. */
  readonly rowsOf: (primaryKey: string) => readonly Row[];
  /** Undefined when the body is not there. */
  readonly foundAs: (row: Row) => Found | undefined;
  /** Makes it findable in place of any other with its keys; throws when it cannot. */
  readonly enter: (row: NewRow) => void;
}

/** `Store.copyAs`: nothing is awaited, so that no removal comes in between. */
export function createDiskCopies(options: DiskCopiesOptions): Store["copyAs"] {
  const { index, order, now, newId, rowsOf, foundAs, enter } = options;
  const { bodies, room } = index;

  /** The file gets a second name, and takes its room once more: nobody need know when the other name goes. */
  function enterCopy(row: NewRow, original: string): void {
    if (row.body?.kind !== "file") {
      enter(row);
      return;
    }
    const { id, size } = row.response;
    room.take(occupied(size), 1);
    try {
      bodies.link(original, id);
      enter(row);
    } catch (error) {
      bodies.dispose([id]);
      room.give(occupied(size), 1);
      throw error;
    }
  }

  return async (variantKey, { id, primaryKey }, fields, policy) => {
    try {
      const current = rowsOf(primaryKey).find(({ response }) => response.id === id);
      if (current === undefined || foundAs(current) === undefined) return undefined;
      const changes = { id: newId(), variantKey, fields, policy, version: order.next() };
      const row: Row = {
        ...current,
        response: { ...current.response, ...changes },
        lastUsedAt: now(),
        used: false,
      };
      enterCopy({ ...row, afterRemoval: index.lastRemoval() }, id);
      return foundAs(row);
    } catch (error) {
      throw toStoreError(error, "a response could not be kept for another request");
    }
  };
}
