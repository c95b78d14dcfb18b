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

/** Whether a removal may touch something under the key. */
export function concerns(selector: Selector, primaryKey: string): boolean {
  switch (selector.by) {
    case "key":
    case "variant":
      return primaryKey === selector.primaryKey;
    case "prefix":
    case "group":
      return primaryKey.startsWith(selector.primaryKeyPrefix);
    case "all":
      return true;
  }
}

/** Something on its way into a store. `overtaken`: what happened meanwhile forbids that it be found. */
export interface Arrival {
  readonly isConcernedBy: (selector: Selector) => boolean;
  overtaken: boolean;
}

/**
 * What is on its way into a store. What is removed while it arrives must not be findable afterwards: it was chosen
 * before the removal, and would undo it.
 */
export interface Arrivals {
  begin(isConcernedBy: (selector: Selector) => boolean): Arrival;
  end(arrival: Arrival): void;
  overtake(selector: Selector): void;
}

export function createArrivals(): Arrivals {
  const underWay = new Set<Arrival>();
  return {
    begin(isConcernedBy) {
      const arrival = { isConcernedBy, overtaken: false };
      underWay.add(arrival);
      return arrival;
    },
    end(arrival) {
      underWay.delete(arrival);
    },
    overtake(selector) {
      for (const arrival of underWay) if (arrival.isConcernedBy(selector)) arrival.overtaken = true;
    },
  };
}
