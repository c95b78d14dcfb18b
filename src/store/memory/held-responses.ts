import { staled } from "../../rules/staled.ts";
import { newestFirst, type Selector, type StoredResponse } from "../tier.ts";
import type { BoundedSlots } from "./bounded-slots.ts";
import type { EntryBody, MemoryEntry } from "./entry.ts";
import { pack } from "./packing.ts";
import { goThrough, type RemovalInTurns, removeInTurns, type Touched } from "./removal-in-turns.ts";
import { type Selection, selectionOf } from "./selection.ts";
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
  /** Responses that had to go since the start because their key had too many others. */
  readonly crowdedOut: number;
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
  /** See `MemoryStore.list`. */
  list(selectors: readonly Selector[], limit: number): Promise<NamedResponses>;
}

/** What selectors name: how many responses, and the first of them. */
export interface NamedResponses {
  readonly count: number;
  readonly first: readonly StoredResponse[];
}

/** `tellHits` is for a slot whose entries are about to make way for others: hits that they have counted would go. */
export function createHeldResponses<Ready>(
  slots: BoundedSlots<Ready>,
  sharing: Sharing,
  maxVariantsPerKey: number,
  now: () => number,
  tellHits: (slot: Slot<Ready>) => void,
): HeldResponses<Ready> {
  let crowdedOut = 0;

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
    tellHits(slot);
    slots.change(slot, () => refill(slot, entries, pack(entries, sharing)));
  }

  function dropWhere(slot: Slot<Ready>, unwanted: (entry: MemoryEntry<Ready>) => boolean): number {
    const entries = entriesOf(slot, sharing);
    const kept = entries.filter((entry) => !unwanted(entry));
    if (kept.length < entries.length) replaceAll(slot, kept);
    return entries.length - kept.length;
  }

  /** A slot of which all are named goes. */
  function drop(slot: Slot<Ready>, selection: Selection): Touched {
    const { objects } = slot;
    const isWhole = selection.namesKey(slot.primaryKey);
    const named = isWhole ? objects : dropWhere(slot, ({ response }) => selection.names(response));
    if (named === objects) slots.remove(slot);
    return { named, unpacked: isWhole ? 0 : objects };
  }

  /** What may not be used stale goes; of what is stale already nothing changes. */
  function soften(slot: Slot<Ready>, selection: Selection): Touched {
    const entries = entriesOf(slot, sharing);
    const at = now();
    const softened = entries.map((entry) => (selection.names(entry.response) ? stale(entry, at) : entry));
    const left = softened.filter((entry) => entry !== null);
    if (left.length === 0) slots.remove(slot);
    else if (left.length < entries.length || left.some((entry, place) => entry !== entries[place])) {
      replaceAll(slot, left);
      // The words for a lifetime that was cut off may be longer.
      slots.makeRoom(0);
    }
    const named = entries.filter(({ response }) => selection.names(response)).length;
    return { named, unpacked: entries.length };
  }

  return {
    get crowdedOut() {
      return crowdedOut;
    },
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
      const entry = { response, body, ready: undefined, hits: 0 };
      const former = slots.get(primaryKey);
      if (former) dropWhere(former, (held) => held.response.variantKey === variantKey);
      const packed = pack([entry], sharing);
      // Before it comes in; what goes may be the other variants of the same key.
      if (!slots.makeRoom(packedBytes(primaryKey, [entry], packed))) return undefined;
      const slot = slots.get(primaryKey);
      if (slot === undefined) slots.add(createSlot(primaryKey, [entry], packed));
      else {
        const all = newestFirst([entry, ...entriesOf(slot, sharing)]);
        crowdedOut += Math.max(0, all.length - maxVariantsPerKey);
        replaceAll(slot, all.slice(0, maxVariantsPerKey));
      }
      return entry;
    },
    drop(selector) {
      const slot = slots.get(selector.primaryKey);
      return slot === undefined ? 0 : drop(slot, selectionOf([selector])).named;
    },
    ...removeInTurns(slots, drop, soften),
    variantsInUse(primaryKey) {
      const slot = slots.get(primaryKey);
      return slot === undefined || slot.objects < 2 ? [] : responsesInUse(slot, sharing).map(({ id }) => id);
    },
    async list(selectors, limit) {
      const first: StoredResponse[] = [];
      const count = await goThrough(slots, selectors, (slot, selection) => {
        if (first.length >= limit && selection.namesKey(slot.primaryKey)) {
          return { named: slot.objects, unpacked: 0 };
        }
        const responses = entriesOf(slot, sharing).map(({ response }) => response);
        const named = responses.filter(selection.names);
        first.push(...named.slice(0, limit - first.length));
        return { named: named.length, unpacked: responses.length };
      });
      return { count, first };
    },
  };
}

/** The same response, stale from that instant on; null where it may not be used so. */
function stale<Ready>(entry: MemoryEntry<Ready>, at: number): MemoryEntry<Ready> | null {
  const { response, body } = entry;
  const policy = staled(response.policy, at);
  if (policy === response.policy) return entry;
  return policy && { response: { ...response, policy }, body, ready: undefined, hits: 0 };
}
