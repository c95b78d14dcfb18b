import { concerns, selects } from "../selecting.ts";
import { newestFirst, type Selector, type StoredResponse } from "../tier.ts";
import type { BoundedSlots } from "./bounded-slots.ts";
import type { EntryBody, MemoryEntry } from "./entry.ts";
import { mayBeIn, pack } from "./packing.ts";
import { type RemovalInTurns, removeInTurns } from "./removal-in-turns.ts";
import type { Sharing } from "./sharing.ts";
import {
  createSlot,
  entriesOf,
  inUseBytes,
  packedBytes,
  refill,
  responsesInUse,
  type Slot,
  takeIntoUse,
} from "./slot.ts";

export type OfOneKey = Extract<Selector, { by: "key" | "variant" }>;

/** The responses in memory by their keys: packed until they are asked for, at hand while they are in use. */
export interface HeldResponses<Ready> extends RemovalInTurns {
  /** See `MemoryStore.peek`. */
  peek(primaryKey: string): readonly MemoryEntry<Ready>[] | undefined;
  /** The same, which is no use of them. */
  under(primaryKey: string): readonly MemoryEntry<Ready>[];
  /** In place of any other with its keys. Undefined when there is no room. */
  insert(response: StoredResponse, body: EntryBody): MemoryEntry<Ready> | undefined;
  /** Lets go of a key's responses, or of one variant; how many there were. */
  drop(selector: OfOneKey): number;
  /** See `MemoryStore.variantsInUse`. */
  variantsInUse(primaryKey: string): string[];
}

export function createHeldResponses<Ready>(
  slots: BoundedSlots<Ready>,
  sharing: Sharing,
  maxVariantsPerKey: number,
): HeldResponses<Ready> {
  /** They are kept if there is room: in use they cost more. */
  function bringIntoUse(slot: Slot<Ready>): readonly MemoryEntry<Ready>[] {
    const entries = entriesOf(slot, sharing);
    // To make room it may itself have been evicted.
    if (slots.makeRoom(inUseBytes(slot)) && slots.get(slot.primaryKey) === slot) {
      slots.change(slot, () => takeIntoUse(slot, entries));
    }
    return entries;
  }

  function replaceAll(slot: Slot<Ready>, entries: readonly MemoryEntry<Ready>[]): void {
    slots.change(slot, () => refill(slot, entries, pack(entries, sharing)));
  }

  function dropWhere(slot: Slot<Ready>, unwanted: (entry: MemoryEntry<Ready>) => boolean): number {
    const entries = entriesOf(slot, sharing);
    const kept = entries.filter((entry) => !unwanted(entry));
    if (kept.length < entries.length) replaceAll(slot, kept);
    return entries.length - kept.length;
  }

  /** How many are selected. A slot of which they are all goes. */
  function dropFrom(slot: Slot<Ready>, selector: Selector): number {
    const { objects } = slot;
    const count = dropSelected(slot, selector);
    if (count === objects) slots.remove(slot);
    return count;
  }

  /** A slot of which all are selected may be left as it is. */
  function dropSelected(slot: Slot<Ready>, selector: Selector): number {
    if (!concerns(selector, slot.primaryKey)) return 0;
    if (selector.by === "group" && !mayBeIn(selector.group, slot)) return 0;
    if (selector.by !== "group" && selector.by !== "variant") return slot.objects;
    return dropWhere(slot, ({ response }) => selects(selector, response));
  }

  return {
    peek(primaryKey) {
      const slot = slots.get(primaryKey);
      if (slot === undefined) return undefined;
      slot.visited = true;
      slot.usedSinceTold = true;
      return slot.entries ?? bringIntoUse(slot);
    },
    under(primaryKey) {
      const slot = slots.get(primaryKey);
      return slot === undefined ? [] : entriesOf(slot, sharing);
    },
    insert(response, body) {
      const { primaryKey, variantKey } = response;
      const entry = { response, body, ready: undefined };
      const former = slots.get(primaryKey);
      if (former) dropWhere(former, (held) => held.response.variantKey === variantKey);
      const packed = pack([entry], sharing);
      // Before it comes in; what goes may be the other variants of the same key.
      if (!slots.makeRoom(packedBytes(primaryKey, [entry], packed))) return undefined;
      const slot = slots.get(primaryKey);
      if (slot === undefined) slots.add(createSlot(primaryKey, [entry], packed));
      else replaceAll(slot, newestFirst([entry, ...entriesOf(slot, sharing)]).slice(0, maxVariantsPerKey));
      return entry;
    },
    drop(selector) {
      const slot = slots.get(selector.primaryKey);
      return slot === undefined ? 0 : dropFrom(slot, selector);
    },
    ...removeInTurns(slots, dropFrom),
    variantsInUse(primaryKey) {
      const slot = slots.get(primaryKey);
      return slot === undefined || slot.objects < 2 ? [] : responsesInUse(slot, sharing).map(({ id }) => id);
    },
  };
}
