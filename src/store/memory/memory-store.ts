import type { FieldList } from "../../rules/fields.ts";
import type { Policy } from "../../rules/policy.ts";
import type { Order } from "../order.ts";
import { createRemovals, refuseOvertaken, type Removals } from "../removals.ts";
import {
  type Found,
  type NewResponse,
  type Selector,
  type StoredResponse,
  StoreError,
  storedAs,
  type Tier,
  type Twin,
  type Writer,
} from "../tier.ts";
import { createWriter } from "../writer.ts";
import { createBoundedSlots } from "./bounded-slots.ts";
import { type Adoption, type EntryBody, heldSize, isBetter, type MemoryEntry } from "./entry.ts";
import { createHeldResponses, type OfOneKey } from "./held-responses.ts";
import { createMemorySink } from "./memory-sink.ts";
import { createSharing } from "./sharing.ts";
import { createUseRounds } from "./use-rounds.ts";

/** A tier in the process's own memory. `Ready` is what the caller prepares for an entry, to answer from it quickly. */
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
  /** Lets go of a key's responses, or of one variant; what is on its way may come in its place. How many there were. */
  drop(selector: OfOneKey): number;
  /** The same for all that the selector names; see `HeldResponses.dropInTurns`. Of few it is done when this returns. */
  dropInTurns(selector: Selector): Promise<number>;
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

/** Responses in memory, within a hard bound of bytes. */
export function createMemoryStore<Ready>(options: MemoryOptions): MemoryStore<Ready> {
  const { maxBytes, order, removals, newId, maxVariantsPerKey = 32 } = options;
  const maxObjectBytes = Math.min(options.maxObjectBytes ?? Infinity, Math.floor(maxBytes / 8));
  const slots = createBoundedSlots<Ready>(maxBytes);
  const sharing = createSharing();
  const held = createHeldResponses(slots, sharing, maxVariantsPerKey);
  /** What was stored, freshened or removed under which key: what was read of another tier before is not adopted. */
  const changes = createRemovals(0);

  function noteChange(selector: Selector): void {
    changes.note(selector, order.next());
  }

  function refuseLarge(size: number): void {
    if (size > maxObjectBytes) {
      throw new StoreError("TOO_LARGE", `memory holds bodies up to ${maxObjectBytes} bytes`);
    }
  }

  function openWriter(entry: NewResponse, expectedSize?: number, twin?: Twin): Writer {
    refuseLarge(expectedSize ?? 0);
    const room = {
      reserve(bytes: number, size: number) {
        refuseLarge(size);
        if (!slots.reserve(bytes)) throw noRoom();
      },
      release: slots.release,
    };
    const sink = createMemorySink(room, expectedSize, (body) => enter(entry, body, twin));
    return createWriter(sink, expectedSize);
  }

  function enter(entry: NewResponse, bytes: Uint8Array<ArrayBuffer>, twin?: Twin): MemoryEntry<Ready> {
    refuseOvertaken(removals, entry);
    noteChange({ by: "key", primaryKey: entry.primaryKey });
    const response = storedAs(entry, twin?.id ?? newId(), bytes.byteLength, twin?.version ?? order.next());
    const stored = held.insert(response, { kind: "memory", bytes });
    if (stored === undefined) throw noRoom();
    return stored;
  }

  function adopt(primaryKey: string): Adoption<Ready> {
    const begunAt = order.next();
    return {
      take(response, taken) {
        const { variantKey } = response;
        const former = held.under(primaryKey).find((entry) => entry.response.variantKey === variantKey);
        const body: EntryBody = "kind" in taken ? taken : { kind: "memory", bytes: taken };
        if (former !== undefined && !isBetter(response, body, former)) return undefined;
        if (changes.concernKeySince(primaryKey, begunAt)) return undefined;
        if (heldSize(body, response.size) > maxObjectBytes) return undefined;
        return held.insert(response, body);
      },
    };
  }

  /** The entry to be renewed: what is read of another tier meanwhile may be older than what becomes of it. */
  function beginRenewal({ primaryKey, id }: StoredResponse): MemoryEntry<Ready> | undefined {
    noteChange({ by: "key", primaryKey });
    const current = held.under(primaryKey).find(({ response }) => response.id === id);
    return current !== undefined && held.isGoing(current.response) ? undefined : current;
  }

  function drop(selector: OfOneKey): number {
    noteChange(selector);
    return held.drop(selector);
  }

  function dropInTurns(selector: Selector): Promise<number> {
    noteChange(selector);
    return held.dropInTurns(selector);
  }

  return {
    peek: held.peek,
    find: (primaryKey) => Promise.resolve(held.peek(primaryKey) ?? []),
    put(entry, body, twin) {
      refuseLarge(body.byteLength);
      return enter(entry, body, twin);
    },
    write: async (entry, expectedSize, twin) => openWriter(entry, expectedSize, twin),
    adopt,
    async freshen(previous, fields, policy, version = order.next()) {
      const current = beginRenewal(previous);
      return current && held.insert({ ...current.response, fields, policy, version }, current.body);
    },
    async copyAs(variantKey, previous, fields, policy) {
      const current = beginRenewal(previous);
      // The copy would go with the file of the other.
      if (current === undefined || current.body.kind === "file") return undefined;
      const [id, version] = [newId(), order.next()];
      return held.insert({ ...current.response, id, variantKey, fields, policy, version }, current.body);
    },
    async remove(selector) {
      removals.note(selector, order.next());
      return await dropInTurns(selector);
    },
    drop,
    dropInTurns,
    forget({ primaryKey, variantKey, id }) {
      const isHeld = held.under(primaryKey).some(({ response }) => response.id === id);
      if (isHeld) drop({ by: "variant", primaryKey, variantKey });
    },
    // Of variants the disk knows which are in use, and keeps them.
    noteUse: () => undefined,
    variantsInUse: held.variantsInUse,
    takeUsed: createUseRounds(slots, sharing),
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
  };
}

function noRoom(): StoreError {
  return new StoreError("NO_ROOM", "the memory is taken by bodies on their way in");
}
