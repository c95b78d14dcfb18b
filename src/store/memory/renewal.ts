import type { Order } from "../order.ts";
import type { FieldList } from "../../rules/fields.ts";
import type { Policy } from "../../rules/policy.ts";
import type { Removals } from "../removals.ts";
import type { Found, StoredResponse, Tier } from "../tier.ts";
import type { Adoptions } from "./adoption.ts";
import type { MemoryEntry } from "./entry.ts";
import type { HeldResponses } from "./held-responses.ts";

/** What memory makes of a response that the origin has confirmed. */
export interface Renewals {
  /** See `Tier`. `version` is that of its twin. */
  freshen(
    previous: StoredResponse,
    fields: FieldList,
    policy: Policy,
    askedAt: number,
    version?: number,
  ): Promise<Found | undefined>;
  copyAs: Tier["copyAs"];
}

export function renewals<Ready>(
  held: Pick<HeldResponses<Ready>, "under" | "insert" | "isGoing">,
  noteChange: Adoptions<Ready>["noteChange"],
  order: Order,
  removals: Pick<Removals, "concernSince">,
  newId: () => string,
): Renewals {
  /** The entry to be renewed: what is read of another tier meanwhile may be older than what becomes of it. */
  function begin({ primaryKey, id }: StoredResponse, askedAt: number): MemoryEntry<Ready> | undefined {
    noteChange({ by: "key", primaryKey });
    const current = held.under(primaryKey).find(({ response }) => response.id === id);
    if (current === undefined || held.isGoing(current.response)) return undefined;
    return removals.concernSince(current.response, askedAt) ? undefined : current;
  }

  return {
    async freshen(previous, fields, policy, askedAt, version = order.next()) {
      const current = begin(previous, askedAt);
      return current && held.insert({ ...current.response, fields, policy, version }, current.body);
    },
    async copyAs(variantKey, previous, fields, policy, askedAt) {
      const current = begin(previous, askedAt);
      // The copy would go with the file of the other.
      if (current === undefined || current.body.kind === "file") return undefined;
      const [id, version] = [newId(), order.next()];
      return held.insert({ ...current.response, id, variantKey, fields, policy, version }, current.body);
    },
  };
}
