import type { Order } from "../order.ts";
import type { Found, Tier } from "../tier.ts";
import { toStoreError } from "../writer.ts";
import type { BodyFiles } from "./body-files.ts";
import type { DiskRows } from "./disk-rows.ts";
import { occupied, type Room } from "./room.ts";
import { isInFile, type Row } from "./row.ts";

export interface DiskCopiesOptions {
  readonly bodies: BodyFiles;
  readonly room: Room;
  readonly order: Order;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly rows: DiskRows;
  /** Makes it findable in place of any other with its keys. */
  readonly enter: (row: Row, askedAt: number) => void;
}

/** `Tier.copyAs` of the disk. */
export function createDiskCopies(options: DiskCopiesOptions): Tier["copyAs"] {
  const { bodies, room, order, now, newId, rows, enter } = options;

  /** Undefined as well where its body is not there. */
  function rowWith(primaryKey: string, id: string): Row | undefined {
    const row = rows.withId(primaryKey, id);
    return row === undefined || rows.foundAs(row) === undefined ? undefined : row;
  }

  function found(row: Row | undefined): Found | undefined {
    return row && rows.foundAs(row);
  }

  /** The file gets a second name, and takes its room once more: nobody need know when the other name goes. */
  function enterLinked(row: Row, original: string, askedAt: number): void {
    const { id } = row.response;
    try {
      bodies.link(original, id);
      enter(row, askedAt);
    } catch (error) {
      bodies.dispose([id]);
      throw error;
    }
  }

  return async (variantKey, { id, primaryKey }, fields, policy, askedAt) => {
    /** Undefined when the response was removed while room was asked for. */
    function enterCopy(): Row | undefined {
      const current = rowWith(primaryKey, id);
      if (current === undefined) return undefined;
      const changes = { id: newId(), variantKey, fields, policy, version: order.next() };
      const response = { ...current.response, ...changes };
      const row = { ...current, response, lastUsedAt: now(), used: false };
      if (isInFile(row.body)) enterLinked(row, id, askedAt);
      else enter(row, askedAt);
      return row;
    }

    try {
      const original = rowWith(primaryKey, id);
      if (original === undefined) return undefined;
      if (!isInFile(original.body)) return found(enterCopy());
      const bytes = occupied(original.response.size);
      await room.reserve(bytes, 1);
      let row: Row | undefined;
      try {
        row = enterCopy();
      } finally {
        if (row === undefined) room.release(bytes, 1);
      }
      return found(row);
    } catch (error) {
      throw toStoreError(error, "a response could not be kept for another request");
    }
  };
}
