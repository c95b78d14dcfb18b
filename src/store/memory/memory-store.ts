import type { Order } from "../order.ts";
import { refuseOvertaken, type Removals } from "../removals.ts";
import {
  type NewResponse,
  type Selector,
  type StoredResponse,
  storedAs,
  type Tier,
  type Twin,
  type Writer,
} from "../tier.ts";
import { createWriter } from "../writer.ts";
import { type Adoption, createAdoptions } from "./adoption.ts";
import { createBoundedSlots } from "./bounded-slots.ts";
import type { MemoryEntry } from "./entry.ts";
import { createHeldResponses, type NamedResponses, type OfOneKey } from "./held-responses.ts";
import { createMemorySink, noRoom, refuseLarge } from "./memory-sink.ts";
import { type Renewals, renewals } from "./renewal.ts";
import { createSharing } from "./sharing.ts";
import type { Slot } from "./slot.ts";
import { createUseRounds } from "./use-rounds.ts";

/** A tier in the process's own memory. `Ready` is what the caller prepares for an entry, to answer from it quickly. */
export interface MemoryStore<Ready> extends Omit<Tier, "freshen" | "copyAs">, Renewals {
  /**
   * The hot path of a hit: one look-up, and nothing allocated but by the first in a while. Newest first; the list is
   * never changed, only replaced.
   */
  peek(primaryKey: string): readonly MemoryEntry<Ready>[] | undefined;
  find(primaryKey: string): Promise<readonly MemoryEntry<Ready>[]>;
  write(entry: NewResponse, expectedSize?: number, twin?: Twin): Promise<Writer>;
  put(entry: NewResponse, body: Uint8Array<ArrayBuffer>, twin?: Twin): MemoryEntry<Ready>;
  /** Lets go of a key's responses, or of one variant; what is on its way may come in its place. How many there were. */
  drop(selector: OfOneKey): number;
  /** The same for all that the selectors name; see `HeldResponses.dropInTurns`. Of few it is done when this returns. */
  dropInTurns(selectors: readonly Selector[]): Promise<number>;
  /** `remove` of several, of which a response that two of them name counts once. */
  removeAll(selectors: readonly Selector[]): Promise<number>;
  /** What a removal of these would concern, of many the first so many; with turns of the event loop between them. */
  list(selectors: readonly Selector[], limit: number): Promise<NamedResponses>;
  /** Lets go of that response, if it is still held. */
  forget(response: StoredResponse): void;
  adopt(primaryKey: string): Adoption<Ready>;
  /**
   * Responses found since they were last told, of the next `limit` keys: call it again and again to come round. What
   * has not been found since the last round is packed again, and what was prepared for it is gone.
   */
  takeUsed(limit: number): StoredResponse[];
  /**
   * Who hears from now on how many requests a response has answered by the short way: when `takeUsed` comes to it, and before
   * it goes for room or another takes its place.
   */
  tellHitsTo(listener: (id: string, hits: number) => void): void;
  /** Ids of those, of several responses under the key, that were found by the short way of late. */
  variantsInUse(primaryKey: string): string[];
  /** Held now, bodies on their way in included; never above `maxBytes`. */
  readonly bytes: number;
  readonly objects: number;
  /** Responses that had to go since the start, by why: for room, or because their key had too many variants. */
  readonly evictions: { readonly room: number; readonly variants: number };
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
  /** By the steady clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** What was removed, as this process knows it. */
  readonly removals: Removals;
  readonly newId: () => string;
}

/** Responses in memory, within a hard bound of bytes. */
export function createMemoryStore<Ready>(options: MemoryOptions): MemoryStore<Ready> {
  const { maxBytes, order, now, removals, newId, maxVariantsPerKey = 32 } = options;
  const maxObjectBytes = Math.min(options.maxObjectBytes ?? Infinity, Math.floor(maxBytes / 8));
  const slots = createBoundedSlots<Ready>(maxBytes, tellHits);
  const sharing = createSharing();
  const held = createHeldResponses(slots, sharing, maxVariantsPerKey, now, tellHits);
  let onHits: (id: string, hits: number) => void = () => undefined;
  const { adopt, noteChange } = createAdoptions(held, order, maxObjectBytes);

  function tellHits({ entries }: Slot<Ready>): void {
    for (const entry of entries ?? []) {
      if (entry.hits > 0) onHits(entry.response.id, entry.hits);
      entry.hits = 0;
    }
  }

  function enter(entry: NewResponse, bytes: Uint8Array<ArrayBuffer>, twin?: Twin): MemoryEntry<Ready> {
    refuseOvertaken(removals, entry);
    noteChange({ by: "key", primaryKey: entry.primaryKey });
    const response = storedAs(entry, twin?.id ?? newId(), bytes.byteLength, twin?.version ?? order.next());
    const stored = held.insert(response, { kind: "memory", bytes });
    if (stored === undefined) throw noRoom();
    return stored;
  }

  function drop(selector: OfOneKey): number {
    noteChange(selector);
    return held.drop(selector);
  }

  function dropInTurns(selectors: readonly Selector[]): Promise<number> {
    selectors.forEach(noteChange);
    return held.dropInTurns(selectors);
  }

  function removeAll(selectors: readonly Selector[]): Promise<number> {
    for (const selector of selectors) removals.note(selector, order.next());
    return dropInTurns(selectors);
  }

  return {
    peek: held.peek,
    find: (primaryKey) => Promise.resolve(held.peek(primaryKey) ?? []),
    look: async (primaryKey) =>
      held.under(primaryKey).map(({ response, body }) => ({ response, body, where: "memory" })),
    put(entry, body, twin) {
      refuseLarge(body.byteLength, maxObjectBytes);
      return enter(entry, body, twin);
    },
    async write(entry, expectedSize, twin) {
      refuseLarge(expectedSize ?? 0, maxObjectBytes);
      const sink = createMemorySink({
        ...{ slots, maxObjectBytes, expectedSize },
        enter: (body) => enter(entry, body, twin),
      });
      return createWriter(sink, expectedSize);
    },
    adopt,
    ...renewals(held, noteChange, order, removals, newId),
    remove: (selector) => removeAll([selector]),
    removeAll,
    list: held.list,
    drop,
    dropInTurns,
    forget({ primaryKey, variantKey, id }) {
      const isHeld = held.under(primaryKey).some(({ response }) => response.id === id);
      if (isHeld) drop({ by: "variant", primaryKey, variantKey });
    },
    // Of variants the disk knows which are in use, and keeps them.
    noteUse: () => undefined,
    noteHit: () => undefined,
    variantsInUse: held.variantsInUse,
    takeUsed: createUseRounds(slots, sharing, tellHits),
    tellHitsTo(listener) {
      onHits = listener;
    },
    published: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pieces: null,
    maxObjectBytes,
    get bytes() {
      return slots.bytes;
    },
    get objects() {
      return slots.objects;
    },
    get evictions() {
      return { room: slots.evicted, variants: held.crowdedOut };
    },
  };
}
