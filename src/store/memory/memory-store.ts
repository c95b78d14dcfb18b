import type { FieldList } from "../../rules/fields.ts";
import type { Policy } from "../../rules/policy.ts";
import { concerns, createArrivals, selects } from "../arrivals.ts";
import { createBodyBuffer } from "../body-buffer.ts";
import { createSieve } from "./sieve.ts";
import { type Adoption, type EntryBody, heldSize, isBetter, type MemoryEntry } from "./entry.ts";
import {
  createSlot,
  entriesOf,
  inUseBytes,
  packAgain,
  packedBytes,
  refill,
  responsesInUse,
  type Slot,
  takeIntoUse,
} from "./slot.ts";
import type { Order } from "../order.ts";
import { mayBeIn, pack } from "./packing.ts";
import { createSharing } from "./sharing.ts";
import { createSlots, slotsFor } from "./slots.ts";
import {
  type Found,
  type NewResponse,
  newestFirst,
  type Selector,
  type Store,
  type StoredResponse,
  StoreError,
  storedAs,
  type Twin,
  type Writer,
} from "../tier.ts";
import { createWriter } from "../writer.ts";

export interface MemoryStore<Ready> extends Store {
  /**
   * The hot path of a hit: one look-up, and nothing allocated but by the first in a while. Newest first; the list is
   * never changed, only replaced.
   */
  peek(primaryKey: string): readonly MemoryEntry<Ready>[] | undefined;
  find(primaryKey: string): Promise<readonly MemoryEntry<Ready>[]>;
  write(entry: NewResponse, expectedSize?: number, twin?: Twin): Promise<Writer>;
  /** `version` is that of its twin. */
  freshen(
    previous: StoredResponse,
    fields: FieldList,
    policy: Policy,
    version?: number,
  ): Promise<Found | undefined>;
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
  readonly newId: () => string;
}

/** Responses in the process's own memory, within a hard bound. `Ready` is what the caller prepares for an entry. */
export function createMemoryStore<Ready>(options: MemoryOptions): MemoryStore<Ready> {
  const { maxBytes, order, newId, maxVariantsPerKey = 32 } = options;
  const maxObjectBytes = Math.min(options.maxObjectBytes ?? Infinity, Math.floor(maxBytes / 8));
  const slots = createSlots<Slot<Ready>>();
  const sieve = createSieve<Slot<Ready>>();
  const fills = createArrivals();
  const adoptions = createArrivals();
  let heldBytes = 0;
  let arrivingBytes = 0;
  let objects = 0;
  const sharing = createSharing();
  let untold = slots.values();

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
      forget(victim);
    }
    return true;
  }

  /** The slot is out of the sieve already. */
  function forget(slot: Slot<Ready>): void {
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
    const arrival = fills.begin((selector) => selects(selector, entry), entry.askedAt);
    const buffer = createBodyBuffer(expectedSize);
    let reserved = 0;
    function unreserve(): void {
      fills.end(arrival);
      arrivingBytes -= reserved;
      reserved = 0;
    }
    return createWriter(
      {
        take(chunk) {
          refuseLarge(buffer.size + chunk.byteLength);
          if (!makeRoom(chunk.byteLength)) throw noRoom();
          arrivingBytes += chunk.byteLength;
          reserved += chunk.byteLength;
          buffer.append(chunk);
        },
        read: (offset, length) => buffer.view().slice(offset, offset + length),
        finish(size) {
          unreserve();
          if (arrival.overtaken) throw new StoreError("OVERTAKEN", "removed while it was on its way");
          adoptions.overtake({ by: "key", primaryKey: entry.primaryKey });
          const response = storedAs(entry, twin?.id ?? newId(), size, twin?.version ?? order.next());
          const bytes = buffer.take();
          const stored = insert(response, { kind: "memory", bytes });
          if (stored === undefined) throw noRoom();
          return stored;
        },
        discard: unreserve,
        release: () => undefined,
      },
      expectedSize,
    );
  }

  return {
    peek,
    find: (primaryKey) => Promise.resolve(peek(primaryKey) ?? []),
    async write(entry, expectedSize, twin) {
      return openWriter(entry, expectedSize, twin);
    },

    adopt(primaryKey) {
      const arrival = adoptions.begin((selector) => concerns(selector, primaryKey));
      return {
        take(response, taken) {
          const { variantKey } = response;
          const held = entriesUnder(primaryKey).find((entry) => entry.response.variantKey === variantKey);
          const body: EntryBody = "kind" in taken ? taken : { kind: "memory", bytes: taken };
          if (held !== undefined && !isBetter(response, body, held)) return undefined;
          if (arrival.overtaken || heldSize(body, response.size) > maxObjectBytes) return undefined;
          return insert(response, body);
        },
        end: () => adoptions.end(arrival),
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
      fills.overtake(selector, order.next());
      adoptions.overtake(selector);
      let removed = 0;
      for (const slot of slotsFor(slots, selector)) {
        const { objects: held } = slot;
        const dropped = removeFrom(slot, selector);
        removed += dropped;
        if (dropped < held) continue;
        sieve.remove(slot);
        forget(slot);
      }
      return removed;
    },

    // Of variants the disk knows which are in use, and keeps them.
    noteUse: () => undefined,

    variantsInUse(primaryKey) {
      const slot = slots.get(primaryKey);
      return slot === undefined || slot.objects < 2 ? [] : responsesInUse(slot, sharing).map(({ id }) => id);
    },

    takeUsed(limit) {
      const used: StoredResponse[] = [];
      for (let looked = 0; looked < limit; looked++) {
        const next = untold.next();
        if (next.done) {
          untold = slots.values();
          break;
        }
        const slot = next.value;
        if (slot.usedSinceTold) used.push(...responsesInUse(slot, sharing));
        else if (slot.entries !== null) change(slot, () => packAgain(slot));
        slot.usedSinceTold = false;
      }
      return used;
    },

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
    adoptions.overtake({ by: "key", primaryKey });
    return entriesUnder(primaryKey).find(({ response }) => response.id === id);
  }

  /** How many are selected; a slot of which they are all may be left as it is. */
  function removeFrom(slot: Slot<Ready>, selector: Selector): number {
    if (!concerns(selector, slot.primaryKey)) return 0;
    if (selector.by === "group" && !mayBeIn(selector.group, slot)) return 0;
    if (selector.by !== "group" && selector.by !== "variant") return slot.objects;
    return dropWhere(slot, ({ response }) => selects(selector, response));
  }
}

function noRoom(): StoreError {
  return new StoreError("NO_ROOM", "the memory is taken by bodies on their way in");
}
