import type { Selector } from "./store.ts";

/** What a selector can ask of a response, stored or on its way. */
export interface Selectable {
  readonly primaryKey: string;
  readonly variantKey: string;
  readonly policy: { readonly groups: readonly string[] };
}

export function selects(selector: Selector, response: Selectable): boolean {
  switch (selector.by) {
    case "key":
      return response.primaryKey === selector.primaryKey;
    case "variant":
      return response.primaryKey === selector.primaryKey && response.variantKey === selector.variantKey;
    case "prefix":
      return response.primaryKey.startsWith(selector.primaryKeyPrefix);
    case "group":
      return (
        response.primaryKey.startsWith(selector.primaryKeyPrefix) &&
        response.policy.groups.includes(selector.group)
      );
    case "all":
      return true;
  }
}

/** A response on its way into a store. `overtaken`: something happened meanwhile that forbids it to be found. */
export interface Arrival {
  readonly response: Selectable;
  overtaken: boolean;
}

/**
 * Responses on their way into a store. What is removed while it arrives must not be findable afterwards: it was
 * chosen before the removal, and would undo it.
 */
export interface Arrivals {
  begin(response: Selectable): Arrival;
  end(arrival: Arrival): void;
  overtake(selector: Selector): void;
}

export function createArrivals(): Arrivals {
  const underWay = new Set<Arrival>();
  return {
    begin(response) {
      const arrival = { response, overtaken: false };
      underWay.add(arrival);
      return arrival;
    },
    end(arrival) {
      underWay.delete(arrival);
    },
    overtake(selector) {
      for (const arrival of underWay) if (selects(selector, arrival.response)) arrival.overtaken = true;
    },
  };
}
