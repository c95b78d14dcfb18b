import { concerns, createArrivals, selects } from "./arrivals.ts";
import { createBodyBuffer } from "./body-buffer.ts";
import { createSieve, type SieveNode } from "./eviction.ts";
import {
  type EntryBody,
  type FileBody,
  heldSize,
  isBetter,
  type MemoryEntry,
  weigh,
} from "./memory-entry.ts";
import { createSharing } from "./sharing.ts";
import {
  type Found,
  type NewResponse,
  type Selector,
  type Store,
  type StoredResponse,
  StoreError,
  type Writer,
} from "./store.ts";
import { createWriter } from "./writer.ts";

/**
 * Responses of another tier on their way in. It begins before that tier is read: what is stored, freshened or removed
 * under the key from then on makes it void, for what was read may be older.
 */
export interface Adoption<Ready> {
  /**
   * Undefined when it is void, memory knows better or there is no room. Bytes must fill their buffer and not be
   * written to again. Of a file that is known already nothing changes.
   */
  take(response: StoredResponse, body: Uint8Array<ArrayBuffer> | FileBody): MemoryEntry<Ready> | undefined;
  end(): void;
}

export interface MemoryStore<Ready> extends Store {
  /** The hot path of a hit: one look-up, nothing allocated. Newest first; the list is never changed, only replaced. */
  peek(primaryKey: string): readonly MemoryEntry<Ready>[] | undefined;
  find(primaryKey: string): Promise<readonly MemoryEntry<Ready>[]>;
  /** The response gets the `id`, or a new one. */
  write(entry: NewResponse, expectedSize?: number, id?: string): Promise<Writer>;
  adopt(primaryKey: string): Adoption<Ready>;
  /** Responses found since they were last told, of the next `limit` keys: call it again and again to come round. */
  takeUsed(limit: number): StoredResponse[];
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
  /** 32 by default; the oldest goes. */
  readonly maxVariantsPerKey?: number;
  readonly now: () => number;
  readonly newId: () => string;
}

interface Slot<Ready> extends SieveNode<Slot<Ready>> {
  readonly primaryKey: string;
  entries: readonly MemoryEntry<Ready>[];
  bytes: number;
  usedSinceTold: boolean;
}

/** Responses in the process's own memory, within a hard bound. `Ready` is what the caller prepares for an entry. */
export function createMemoryStore<Ready>(options: MemoryOptions): MemoryStore<Ready> {
  const { maxBytes, now, newId, maxVariantsPerKey = 32 } = options;
  const maxObjectBytes = Math.min(options.maxObjectBytes ?? Infinity, Math.floor(maxBytes / 8));
  const slots = new Map<string, Slot<Ready>>();
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
    return slot.entries;
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
    slots.delete(slot.primaryKey);
    heldBytes -= slot.bytes;
    objects -= slot.entries.length;
  }

  function setEntries(slot: Slot<Ready>, entries: readonly MemoryEntry<Ready>[]): void {
    const bytes = entries.reduce((sum, entry) => sum + weigh(entry), 0);
    heldBytes += bytes - slot.bytes;
    objects += entries.length - slot.entries.length;
    slot.bytes = bytes;
    slot.entries = entries;
  }

  function dropWhere(slot: Slot<Ready>, unwanted: (entry: MemoryEntry<Ready>) => boolean): number {
    const kept = slot.entries.filter((entry) => !unwanted(entry));
    const dropped = slot.entries.length - kept.length;
    if (dropped > 0) setEntries(slot, kept);
    return dropped;
  }

  /** Without a spread, which makes a larger object. */
  function newEntry(response: StoredResponse, body: EntryBody): MemoryEntry<Ready> {
    const { id, primaryKey, variantKey, status, fields, policy, size, storedAt } = response;
    return {
      response: {
        id,
        primaryKey,
        variantKey: sharing.text(variantKey),
        status,
        fields: sharing.fields(fields),
        policy,
        size,
        storedAt,
      },
      body,
      ready: undefined,
    };
  }

  /** Evicts before it inserts, perhaps the other variants of the same key. Undefined when there is no room. */
  function insert(entry: MemoryEntry<Ready>): MemoryEntry<Ready> | undefined {
    const { primaryKey, variantKey } = entry.response;
    const former = slots.get(primaryKey);
    if (former) dropWhere(former, ({ response }) => response.variantKey === variantKey);
    if (!makeRoom(weigh(entry))) return undefined;
    const slot = slots.get(primaryKey) ?? addSlot(primaryKey);
    setEntries(slot, newestFirst([entry, ...slot.entries]).slice(0, maxVariantsPerKey));
    return entry;
  }

  function addSlot(primaryKey: string): Slot<Ready> {
    const slot = emptySlot<Ready>(primaryKey);
    slots.set(primaryKey, slot);
    sieve.insert(slot);
    return slot;
  }

  function refuseLarge(size: number): void {
    if (size > maxObjectBytes) {
      throw new StoreError("TOO_LARGE", `memory holds bodies up to ${maxObjectBytes} bytes`);
    }
  }

  function openWriter(entry: NewResponse, expectedSize?: number, id = newId()): Writer {
    refuseLarge(expectedSize ?? 0);
    const arrival = fills.begin((selector) => selects(selector, entry), entry.policy.requestAt);
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
          const response = { ...entry, id, size, storedAt: now() };
          const bytes = buffer.take();
          const stored = insert(newEntry(response, { kind: "memory", bytes }));
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
    async write(entry, expectedSize, id) {
      return openWriter(entry, expectedSize, id);
    },

    adopt(primaryKey) {
      const arrival = adoptions.begin((selector) => concerns(selector, primaryKey));
      return {
        take(response, taken) {
          const { variantKey } = response;
          const held = slots
            .get(primaryKey)
            ?.entries.find((entry) => entry.response.variantKey === variantKey);
          const body: EntryBody = "kind" in taken ? taken : { kind: "memory", bytes: taken };
          if (held !== undefined && !isBetter(response, body, held)) return undefined;
          if (arrival.overtaken || heldSize(body, response.size) > maxObjectBytes) return undefined;
          return insert(newEntry(response, body));
        },
        end: () => adoptions.end(arrival),
      };
    },

    async freshen(previous, fields, policy) {
      const { primaryKey, id } = previous;
      adoptions.overtake({ by: "key", primaryKey });
      const current = slots.get(primaryKey)?.entries.find(({ response }) => response.id === id);
      if (current === undefined) return undefined;
      const response = { ...current.response, fields, policy, storedAt: now() };
      return insert(newEntry(response, current.body));
    },

    async remove(selector) {
      fills.overtake(selector, now());
      adoptions.overtake(selector);
      let removed = 0;
      for (const slot of slotsFor(selector)) {
        removed += dropWhere(slot, ({ response }) => selects(selector, response));
        if (slot.entries.length > 0) continue;
        sieve.remove(slot);
        forget(slot);
      }
      return removed;
    },

    takeUsed(limit) {
      const used: StoredResponse[] = [];
      for (let looked = 0; looked < limit; looked++) {
        const next = untold.next();
        if (next.done) {
          untold = slots.values();
          break;
        }
        if (next.value.usedSinceTold) used.push(...next.value.entries.map(({ response }) => response));
        next.value.usedSinceTold = false;
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

  function slotsFor(selector: Selector): Iterable<Slot<Ready>> {
    if (selector.by !== "key" && selector.by !== "variant") return slots.values();
    const slot = slots.get(selector.primaryKey);
    return slot === undefined ? [] : [slot];
  }
}

function noRoom(): StoreError {
  return new StoreError("NO_ROOM", "the memory is taken by bodies on their way in");
}

function emptySlot<Ready>(primaryKey: string): Slot<Ready> {
  return {
    primaryKey,
    entries: [],
    bytes: 0,
    usedSinceTold: false,
    visited: false,
    newer: undefined,
    older: undefined,
  };
}

function newestFirst<Entry extends Found>(entries: Entry[]): Entry[] {
  return entries.sort((one, other) => other.response.storedAt - one.response.storedAt);
}
