import type { Selector } from "../tier.ts";
import { createSieve } from "./sieve.ts";
import type { Slot } from "./slot.ts";
import { createSlots, slotsFor } from "./slots.ts";

/**
 * Slots within a hard bound of bytes, in which bodies on their way in count as well. Where there is no room for more, the
 * slot least worth keeping is evicted.
 */
export interface BoundedSlots<Ready> {
  /** Of all slots, and what is reserved. */
  readonly bytes: number;
  readonly objects: number;
  readonly size: number;
  /** Responses that were evicted for room since the start. */
  readonly evicted: number;
  get(primaryKey: string): Slot<Ready> | undefined;
  values(): MapIterator<Slot<Ready>>;
  /** Those that removals may concern. */
  selected(selectors: readonly Selector[]): Iterable<Slot<Ready>>;
  /** False when even with nothing stored there is no room: too much is on its way in. */
  makeRoom(bytes: number): boolean;
  /** Room for it was made, and nothing is held under its key. */
  add(slot: Slot<Ready>): void;
  remove(slot: Slot<Ready>): void;
  /** Does something that changes what the slot costs. */
  change(slot: Slot<Ready>, action: () => void): void;
  /** Room for a body on its way in; false when there is none. */
  reserve(bytes: number): boolean;
  release(bytes: number): void;
}

/** `onEvict` is told of a slot that goes for room. */
export function createBoundedSlots<Ready>(
  maxBytes: number,
  onEvict: (slot: Slot<Ready>) => void,
): BoundedSlots<Ready> {
  const slots = createSlots<Slot<Ready>>();
  const sieve = createSieve<Slot<Ready>>();
  let heldBytes = 0;
  let reservedBytes = 0;
  let objects = 0;
  let evicted = 0;

  function count(slot: Slot<Ready>, sign: 1 | -1): void {
    heldBytes += sign * slot.bytes;
    objects += sign * slot.objects;
  }

  function forget(slot: Slot<Ready>): void {
    slots.delete(slot);
    count(slot, -1);
  }

  function makeRoom(bytes: number): boolean {
    while (heldBytes + reservedBytes + bytes > maxBytes) {
      const victim = sieve.evict();
      if (victim === undefined) return false;
      evicted += victim.objects;
      onEvict(victim);
      forget(victim);
    }
    return true;
  }

  return {
    get bytes() {
      return heldBytes + reservedBytes;
    },
    get objects() {
      return objects;
    },
    get size() {
      return slots.size;
    },
    get evicted() {
      return evicted;
    },
    get: slots.get,
    values: slots.values,
    selected: (selectors) => slotsFor(slots, selectors),
    makeRoom,
    add(slot) {
      slots.add(slot);
      sieve.insert(slot);
      count(slot, 1);
    },
    remove(slot) {
      sieve.remove(slot);
      forget(slot);
    },
    change(slot, action) {
      count(slot, -1);
      action();
      count(slot, 1);
    },
    reserve(bytes) {
      if (!makeRoom(bytes)) return false;
      reservedBytes += bytes;
      return true;
    },
    release(bytes) {
      reservedBytes -= bytes;
    },
  };
}
