import type { Order } from "../order.ts";
import type { Found, Tier } from "../tier.ts";
import { toStoreError } from "../writer.ts";
import type { BodyFiles } from "./body-files.ts";
import { occupied, type Room } from "./room.ts";
import { isInFile, type Row } from "./row.ts";

export interface DiskCopiesOptions {
  readonly bodies: BodyFiles;
  readonly room: Room;
  readonly order: Order;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
  /** The row with that id, if it is stored or waits to be, and its body is there. */
  readonly rowWith: (primaryKey: string, id: string) => Row | undefined;
  readonly foundAs: (row: Row) => Found | undefined;
  /** Makes it findable in place of any other with its keys. */
  readonly enter: (row: Row) => void;
}

/** `Tier.copyAs` of the disk. */
export function createDiskCopies(options: DiskCopiesOptions): Tier["copyAs"] {
  const { bodies, room, order, now, newId, rowWith, foundAs, enter } = options;

  /** The file gets a second name, and takes its room once more: nobody need know when the other name goes. */
  function enterLinked(row: Row, original: string): void {
    const { id } = row.response;
    try {
      bodies.link(original, id);
      enter(row);
    } catch (error) {
      bodies.dispose([id]);
      throw error;
    }
  }

  return async (variantKey, { id, primaryKey }, fields, policy) => {
    try {
      const former = rowWith(primaryKey, id);
      if (former === undefined) return undefined;
      const bytes = occupied(former.response.size);
      if (isInFile(former.body)) await room.take(bytes, 1);
      try {
        // While room was asked for it may have been removed.
        const current = rowWith(primaryKey, id);
        const changes = { id: newId(), variantKey, fields, policy, version: order.next() };
        const row = current && {
          ...current,
          ...{ response: { ...current.response, ...changes }, lastUsedAt: now(), used: false },
        };
        if (row === undefined) throw new Gone();
        if (isInFile(row.body)) enterLinked(row, id);
        else enter(row);
        return foundAs(row);
      } catch (error) {
        if (isInFile(former.body)) room.give(bytes, 1);
        throw error;
      }
    } catch (error) {
      if (error instanceof Gone) return undefined;
      throw toStoreError(error, "a response could not be kept for another request");
    }
  };
}

/** The response to be copied went meanwhile. */
class Gone extends Error {
  override readonly name = "Gone";
}
