import type { SieveNode } from "./sieve.ts";
import { heldSize, inUseOverheadBytes, type MemoryEntry, packedOverheadBytes } from "./entry.ts";
import { type Packed, packBodies, unpack } from "./packing.ts";
import type { Sharing } from "./sharing.ts";
import type { Keyed } from "./slots.ts";
import type { StoredResponse } from "../tier.ts";

/**
 * The responses of one key. They lie packed until they are asked for, and again when they no longer are: most of what a
 * cache holds is in nobody's use, and the garbage collector visits each single thing there is whenever it collects.
 */
export interface Slot<Ready> extends SieveNode<Slot<Ready>>, Keyed<Slot<Ready>> {
  /** The packed responses; they stay while they are in use. Not as a `Packed`, which would be one thing more. */
  form: string;
  text: string;
  /** Null while they are in use: then the entries have them. */
  bodies: Packed["bodies"] | null;
  /** Null while they are packed. Newest first; the list is never changed, only replaced. */
  entries: readonly MemoryEntry<Ready>[] | null;
  objects: number;
  /** What it costs. */
  bytes: number;
  usedSinceTold: boolean;
}

type Entries = readonly MemoryEntry<unknown>[];

/** In no sieve yet, and in no `Slots`. */
export function createSlot<Ready>(primaryKey: string, entries: Entries, packed: Packed): Slot<Ready> {
  return {
    primaryKey,
    form: packed.form,
    text: packed.text,
    bodies: packed.bodies,
    entries: null,
    objects: entries.length,
    bytes: packedBytes(primaryKey, entries, packed),
    usedSinceTold: false,
    visited: false,
    newer: undefined,
    older: undefined,
    previousAlike: undefined,
    nextAlike: undefined,
    previousMarked: undefined,
    nextMarked: undefined,
  };
}

/** Other entries in place of those there are; they lie packed. */
export function refill(slot: Slot<unknown>, entries: Entries, packed: Packed): void {
  slot.form = packed.form;
  slot.text = packed.text;
  slot.bodies = packed.bodies;
  slot.entries = null;
  slot.objects = entries.length;
  slot.bytes = packedBytes(slot.primaryKey, entries, packed);
}

/** The entries in use, or unpacked for the caller alone. */
export function entriesOf<Ready>(slot: Slot<Ready>, sharing: Sharing): readonly MemoryEntry<Ready>[] {
  const { primaryKey, form, text, bodies, entries } = slot;
  return entries ?? unpack(primaryKey, { form, text, bodies: bodies ?? [] }, sharing);
}

/** Of several responses those for which an answer was prepared: the others were found beside them. */
export function responsesInUse(slot: Slot<unknown>, sharing: Sharing): StoredResponse[] {
  const entries = entriesOf(slot, sharing);
  const inUse = entries.length < 2 ? entries : entries.filter(({ ready }) => ready !== undefined);
  return inUse.map(({ response }) => response);
}

/** Bytes that packed entries cost. The form is counted with each, for all that is known it serves no other. */
export function packedBytes(primaryKey: string, entries: Entries, { form, text }: Packed): number {
  const bodies = entries.reduce((sum, { body, response }) => sum + heldSize(body, response.size), 0);
  return bodies + primaryKey.length + form.length + text.length + entries.length * packedOverheadBytes;
}

/** Bytes that a slot costs in addition while its entries are in use. */
export function inUseBytes({ form, text, objects }: Slot<unknown>): number {
  return form.length + text.length + objects * inUseOverheadBytes;
}

/** From now on the entries are kept, with what the caller prepares. */
export function takeIntoUse<Ready>(slot: Slot<Ready>, entries: readonly MemoryEntry<Ready>[]): void {
  slot.entries = entries;
  slot.bodies = null;
  slot.bytes += inUseBytes(slot);
}

/** Lets go of the entries, and of what was prepared. */
export function packAgain(slot: Slot<unknown>): void {
  if (slot.entries === null) return;
  slot.bodies = packBodies(slot.entries);
  slot.entries = null;
  slot.bytes -= inUseBytes(slot);
}
