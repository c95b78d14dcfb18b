import type { FieldList } from "../../rules/fields.ts";
import type { Policy } from "../../rules/policy.ts";
import { createRemovals, type Removals } from "../removals.ts";
import { concerns, selects } from "../selecting.ts";
import { createSieve } from "./sieve.ts";
import { type Adoption, type EntryBody, heldSize, isBetter, type MemoryEntry } from "./entry.ts";
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
import type { Order } from "../order.ts";
import { createMemorySink } from "./memory-sink.ts";
import { mayBeIn, pack } from "./packing.ts";
import { createSharing } from "./sharing.ts";
import { createSlots, slotsFor } from "./slots.ts";
import { createUseRounds } from "./use-rounds.ts";
import {
  type Found,
  type NewResponse,
  newestFirst,
  type Selector,
  type Tier,
  type StoredResponse,
  StoreError,
  storedAs,
  type Twin,
  type Writer,
} from "../tier.ts";
import { createWriter } from "../writer.ts";

export interface MemoryStore<Ready> extends Tier {
  /**
   * The hot path of a hit: one look-up, and nothing allocated but by the first in a while. Newest first; the list is
   * never changed, only replaced.
   */
  peek(primaryKey: string): readonly MemoryEntry<Ready>[] | undefined;
  find(primaryKey: string): Promise<readonly MemoryEntry<Ready>[]>;
  write(entry: NewResponse, expectedSize?: number, twin?: Twin): Promise<Writer>;
  put(entry: NewResponse, body: Uint8Array<ArrayBuffer>, twin?: Twin): MemoryEntry<Ready>;
  /** `version` is that of its twin. */
  freshen(
    previous: StoredResponse,
    fields: FieldList,
    policy: Policy,
    version?: number,
  ): Promise<Found | undefined>;
  /** Lets go of what the selector names; what is on its way may come in its place. How many there were. */
  drop(selector: Selector): number;
  /** Lets go of that response, if it is still held. */
  forget(response: StoredResponse): void;
  adopt(primaryKey: string): Adoption<Ready>;
  /**
   * Responses found since they were last told, of the next `limit` keys: call it again and again to come round. What
   * has not been found since the last round is packed again, and what was prepared for it is gone.
   */
  takeUsed(limit: number): StoredResponse[];
  /** Ids of those, of several responses under the key, that were found by the short way of late. */
  variantsInUse(primaryKey: string): string[];
  /** Held now, bodies on their way in included; never above `maxBytes`. */
  readonly bytes: number;
  readonly objects: number;
  /** A larger body is refused. */
  readonly maxObjectBytes: number;
}

export interface MemoryOptions {
  readonly maxBytes: number;
  /** An eighth of `maxBytes` at the most, and by default. */
  readonly maxObjectBytes?: number;
  /** 32 by default; the oldest goes, and stays on the disk if it is in use. */
  readonly maxVariantsPerKey?: number;
  readonly order: Order;
  /** What was removed, as this process knows it. */
  readonly removals: Removals;
  readonly newId: () => string;
}

/** Responses in the process's own memory, within a hard bound. `Ready` is what the caller prepares for an entry. */
export function createMemoryStore<Ready>(options: MemoryOptions): MemoryStore<Ready> {
  const { maxBytes, order, removals, newId, maxVariantsPerKey = 32 } = options;
  const maxObjectBytes = Math.min(options.maxObjectBytes ?? Infinity, Math.floor(maxBytes / 8));
  const slots = createSlots<Slot<Ready>>();
  const sieve = createSieve<Slot<Ready>>();
  /** What was stored, freshened or removed under which key: what was read of another tier before is not adopted. */
  const changes = createRemovals(0);
  let heldBytes = 0;
  let arrivingBytes = 0;
  let objects = 0;
  const sharing = createSharing();

  function peek(primaryKey: string): readonly MemoryEntry<Ready>[] | undefined {
    const slot = slots.get(primaryKey);
    if (slot === undefined) return undefined;
    slot.visited = true;
    slot.usedSinceTold = true;
    return slot.entries ?? bringIntoUse(slot);
  }

  /** They are kept if there is room: in use they cost more. */
  function bringIntoUse(slot: Slot<Ready>): readonly MemoryEntry<Ready>[] {
    const entries = entriesOf(slot, sharing);
    // To make room it may itself have been evicted.
    if (makeRoom(inUseBytes(slot)) && slots.get(slot.primaryKey) === slot) {
      change(slot, () => takeIntoUse(slot, entries));
    }
    return entries;
  }

  /** False when even with nothing stored there is no room: too much is on its way in. */
  function makeRoom(bytes: number): boolean {
    while (heldBytes + arrivingBytes + bytes > maxBytes) {
      const victim = sieve.evict();
      if (victim === undefined) return false;
      evict(victim);
    }
    return true;
  }

  /** The slot is out of the sieve already. */
  function evict(slot: Slot<Ready>): void {
    slots.delete(slot);
    heldBytes -= slot.bytes;
    objects -= slot.objects;
  }

  function change(slot: Slot<Ready>, action: () => void): void {
    heldBytes -= slot.bytes;
    objects -= slot.objects;
    action();
    heldBytes += slot.bytes;
    objects += slot.objects;
  }

  function dropWhere(slot: Slot<Ready>, unwanted: (entry: MemoryEntry<Ready>) => boolean): number {
    const entries = entriesOf(slot, sharing);
    const kept = entries.filter((entry) => !unwanted(entry));
    const dropped = entries.length - kept.length;
    if (dropped > 0) change(slot, () => refill(slot, kept, pack(kept, sharing)));
    return dropped;
  }

  /** Evicts before it inserts, perhaps the other variants of the same key. Undefined when there is no room. */
  function insert(response: StoredResponse, body: EntryBody): MemoryEntry<Ready> | undefined {
    const { primaryKey, variantKey } = response;
    const entry = { response, body, ready: undefined };
    const former = slots.get(primaryKey);
    if (former) dropWhere(former, (held) => held.response.variantKey === variantKey);
    const packed = pack([entry], sharing);
    if (!makeRoom(packedBytes(primaryKey, [entry], packed))) return undefined;
    const slot = slots.get(primaryKey);
    if (slot === undefined) addSlot(createSlot(primaryKey, [entry], packed));
    else {
      const entries = newestFirst([entry, ...entriesOf(slot, sharing)]).slice(0, maxVariantsPerKey);
      change(slot, () => refill(slot, entries, pack(entries, sharing)));
    }
    return entry;
  }

  function addSlot(slot: Slot<Ready>): void {
    slots.add(slot);
    sieve.insert(slot);
    heldBytes += slot.bytes;
    objects += slot.objects;
  }

  function refuseLarge(size: number): void {
    if (size > maxObjectBytes) {
      throw new StoreError("TOO_LARGE", `memory holds bodies up to ${maxObjectBytes} bytes`);
    }
  }

  function openWriter(entry: NewResponse, expectedSize?: number, twin?: Twin): Writer {
    refuseLarge(expectedSize ?? 0);
    const sink = createMemorySink(
      { reserve, giveBack, enter: (body) => enter(entry, body, twin) },
      expectedSize,
    );
    return createWriter(sink, expectedSize);
  }

  function reserve(bytes: number, size: number): void {
    refuseLarge(size);
    if (!makeRoom(bytes)) throw noRoom();
    arrivingBytes += bytes;
  }

  function giveBack(bytes: number): void {
    arrivingBytes -= bytes;
  }

  function enter(entry: NewResponse, bytes: Uint8Array<ArrayBuffer>, twin?: Twin): MemoryEntry<Ready> {
    if (removals.concernSince(entry, entry.askedAt)) {
      throw new StoreError("OVERTAKEN", "removed while it was on its way");
    }
    noteChange({ by: "key", primaryKey: entry.primaryKey });
    const response = storedAs(entry, twin?.id ?? newId(), bytes.byteLength, twin?.version ?? order.next());
    const stored = insert(response, { kind: "memory", bytes });
    if (stored === undefined) throw noRoom();
    return stored;
  }

  function drop(selector: Selector): number {
    noteChange(selector);
    let dropped = 0;
    for (const slot of slotsFor(slots, selector)) {
      const { objects: held } = slot;
      const gone = dropFrom(slot, selector);
      dropped += gone;
      if (gone < held) continue;
      sieve.remove(slot);
      evict(slot);
    }
    return dropped;
  }

  function noteChange(selector: Selector): void {
    changes.note(selector, order.next());
  }

  return {
    peek,
    put(entry, body, twin) {
      refuseLarge(body.byteLength);
      return enter(entry, body, twin);
    },
    find: (primaryKey) => Promise.resolve(peek(primaryKey) ?? []),
    async write(entry, expectedSize, twin) {
      return openWriter(entry, expectedSize, twin);
    },

    adopt(primaryKey) {
      const begunAt = order.next();
      return {
        take(response, taken) {
          const { variantKey } = response;
          const held = entriesUnder(primaryKey).find((entry) => entry.response.variantKey === variantKey);
          const body: EntryBody = "kind" in taken ? taken : { kind: "memory", bytes: taken };
          if (held !== undefined && !isBetter(response, body, held)) return undefined;
          if (changes.concernKeySince(primaryKey, begunAt)) return undefined;
          if (heldSize(body, response.size) > maxObjectBytes) return undefined;
          return insert(response, body);
        },
      };
    },

    async freshen(previous, fields, policy, version = order.next()) {
      const current = renewed(previous);
      return current && insert({ ...current.response, fields, policy, version }, current.body);
    },

    async copyAs(variantKey, previous, fields, policy) {
      const current = renewed(previous);
      // The copy would go with the file of the other.
      if (current === undefined || current.body.kind === "file") return undefined;
      const [id, version] = [newId(), order.next()];
      return insert({ ...current.response, id, variantKey, fields, policy, version }, current.body);
    },

    async remove(selector) {
      removals.note(selector, order.next());
      return drop(selector);
    },
    drop,
    forget({ primaryKey, variantKey, id }) {
      const isHeld = entriesUnder(primaryKey).some(({ response }) => response.id === id);
      if (isHeld) drop({ by: "variant", primaryKey, variantKey });
    },

    // Of variants the disk knows which are in use, and keeps them.
    noteUse: () => undefined,

    variantsInUse(primaryKey) {
      const slot = slots.get(primaryKey);
      return slot === undefined || slot.objects < 2 ? [] : responsesInUse(slot, sharing).map(({ id }) => id);
    },

    takeUsed: createUseRounds({ slots, sharing, change }),

    published: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pieces: null,
    maxObjectBytes,
    get bytes() {
      return heldBytes + arrivingBytes;
    },
    get objects() {
      return objects;
    },
  };

  function entriesUnder(primaryKey: string): readonly MemoryEntry<Ready>[] {
    const slot = slots.get(primaryKey);
    return slot === undefined ? [] : entriesOf(slot, sharing);
  }

  /** What is read of another tier meanwhile may be older than what becomes of it. */
  function renewed({ primaryKey, id }: StoredResponse): MemoryEntry<Ready> | undefined {
    noteChange({ by: "key", primaryKey });
    return entriesUnder(primaryKey).find(({ response }) => response.id === id);
  }

  /** How many are selected; a slot of which they are all may be left as it is. */
  function dropFrom(slot: Slot<Ready>, selector: Selector): number {
    if (!concerns(selector, slot.primaryKey)) return 0;
    if (selector.by === "group" && !mayBeIn(selector.group, slot)) return 0;
    if (selector.by !== "group" && selector.by !== "variant") return slot.objects;
    return dropWhere(slot, ({ response }) => selects(selector, response));
  }
}

function noRoom(): StoreError {
  return new StoreError("NO_ROOM", "the memory is taken by bodies on their way in");
}
