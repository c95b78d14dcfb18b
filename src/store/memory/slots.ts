import { targetOfKey } from "../../rules/cache-key.ts";
import type { Selector } from "../tier.ts";

/** Something held under a key. The links belong to `Slots`. */
export interface Keyed<Node> {
  readonly primaryKey: string;
  /** Others whose targets have the same hash: mostly those of the same target and other hosts. */
  previousAlike: Node | undefined;
  nextAlike: Node | undefined;
}

/**
 * What memory holds, by key, and by target: an unsafe request removes a page of every host, and clients can make up
 * hosts, of which each has a key of its own. Chains by the hash of the target cost two links each, where a second map
 * with the targets' texts would cost the garbage collector several things more for each key.
 */
export interface Slots<Node extends Keyed<Node>> {
  readonly size: number;
  get(primaryKey: string): Node | undefined;
  /** Nothing may be held under its key. */
  add(slot: Node): void;
  /** It must be held. */
  delete(slot: Node): void;
  values(): MapIterator<Node>;
  /** Those of a target, whatever the host. They may be deleted meanwhile. */
  ofTarget(target: string): Node[];
}

export function createSlots<Node extends Keyed<Node>>(): Slots<Node> {
  const byKey = new Map<string, Node>();
  const chains = new Map<number, Node>();

  return {
    get size() {
      return byKey.size;
    },
    get: (primaryKey) => byKey.get(primaryKey),
    values: () => byKey.values(),
    add(slot) {
      byKey.set(slot.primaryKey, slot);
      const hash = hashOf(targetOfKey(slot.primaryKey));
      const first = chains.get(hash);
      slot.nextAlike = first;
      if (first !== undefined) first.previousAlike = slot;
      chains.set(hash, slot);
    },
    delete(slot) {
      byKey.delete(slot.primaryKey);
      const { previousAlike, nextAlike } = slot;
      if (nextAlike !== undefined) nextAlike.previousAlike = previousAlike;
      if (previousAlike !== undefined) previousAlike.nextAlike = nextAlike;
      else {
        const hash = hashOf(targetOfKey(slot.primaryKey));
        if (nextAlike === undefined) chains.delete(hash);
        else chains.set(hash, nextAlike);
      }
      slot.previousAlike = undefined;
      slot.nextAlike = undefined;
    },
    ofTarget(target) {
      const found: Node[] = [];
      for (let slot = chains.get(hashOf(target)); slot !== undefined; slot = slot.nextAlike) {
        if (targetOfKey(slot.primaryKey) === target) found.push(slot);
      }
      return found;
    },
  };
}

/** 32 bits: a `Map` holds such numbers without a thing for each. */
function hashOf(target: string): number {
  return Bun.hash.xxHash32(target) | 0;
}

/** Those that a removal may concern. */
export function slotsFor<Slot extends Keyed<Slot>>(slots: Slots<Slot>, selector: Selector): Iterable<Slot> {
  if (selector.by === "target") return slots.ofTarget(selector.target);
  if (selector.by !== "key" && selector.by !== "variant") return slots.values();
  const slot = slots.get(selector.primaryKey);
  return slot === undefined ? [] : [slot];
}
