import type { Order } from "../order.ts";
import { createRemovals } from "../removals.ts";
import type { Selector, StoredResponse } from "../tier.ts";
import { type EntryBody, type FileBody, heldSize, type MemoryEntry } from "./entry.ts";
import type { HeldResponses } from "./held-responses.ts";

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
}

export interface Adoptions<Ready> {
  adopt(primaryKey: string): Adoption<Ready>;
  /** Something was stored, freshened or removed: what was read of another tier before is not adopted. */
  noteChange(selector: Selector): void;
}

export function createAdoptions<Ready>(
  held: Pick<HeldResponses<Ready>, "under" | "insert">,
  order: Order,
  maxObjectBytes: number,
): Adoptions<Ready> {
  const changes = createRemovals(0);

  return {
    noteChange: (selector) => changes.note(selector, order.next()),
    adopt(primaryKey) {
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
    },
  };
}

/**
 * Whether a response that was read of another tier should take the place of the one that is held. Of two that are equally
 * new, bytes are better than a file, and a file as it is now than as it was.
 */
function isBetter({ version }: StoredResponse, body: EntryBody, held: MemoryEntry<unknown>): boolean {
  if (held.response.version !== version) return held.response.version < version;
  if (held.body.kind !== "file") return false;
  return body.kind !== "file" || body.modifiedAt !== held.body.modifiedAt;
}
