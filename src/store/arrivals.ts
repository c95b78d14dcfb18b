import { isKeyOfHost, primaryKey as keyOf } from "../rules/cache-key.ts";
import type { Selector } from "./tier.ts";

/** What a selector can ask of a response, stored or on its way. */
export interface Selectable {
  readonly primaryKey: string;
  readonly variantKey: string;
  readonly policy: { readonly groups: readonly string[] };
}

export function selects(selector: Selector, response: Selectable): boolean {
  if (!concerns(selector, response.primaryKey)) return false;
  if (selector.by === "variant") return response.variantKey === selector.variantKey;
  return selector.by !== "group" || response.policy.groups.includes(selector.group);
}

/** Whether a removal may touch something under the key. */
export function concerns(selector: Selector, primaryKey: string): boolean {
  switch (selector.by) {
    case "key":
    case "variant":
      return primaryKey === selector.primaryKey;
    case "target":
      return primaryKey.startsWith(keyOf({ target: selector.target, host: "" }));
    case "prefix":
      return primaryKey.startsWith(selector.targetPrefix) && isKeyOfHost(primaryKey, selector.host);
    case "group":
      return isKeyOfHost(primaryKey, selector.host);
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
 * before the removal, and would undo it. It is on its way from when the origin is asked for it. Numbers are those of
 * the `Order`.
 */
export interface Arrivals {
  /** By default it was asked for just now. */
  begin(isConcernedBy: (selector: Selector) => boolean, askedAt?: number): Arrival;
  end(arrival: Arrival): void;
  /** With its number, a removal concerns also what begins later and was asked for before. */
  overtake(selector: Selector, at?: number): void;
}

/** More than can come while the origin is asked; of what was asked for before the rest, nothing is stored. */
const remembered = 4096;

export function createArrivals(): Arrivals {
  const underWay = new Set<Arrival>();
  /** The newest comes last. */
  const removals: { readonly selector: Selector; readonly at: number }[] = [];
  let forgottenAt = Number.NEGATIVE_INFINITY;

  function remember(selector: Selector, at: number): void {
    removals.push({ selector, at });
    if (removals.length > remembered) forgottenAt = removals.shift()?.at ?? forgottenAt;
  }

  function isTooLate(isConcernedBy: Arrival["isConcernedBy"], askedAt: number): boolean {
    for (let index = removals.length - 1; index >= 0; index--) {
      const removal = removals[index];
      if (removal === undefined || removal.at < askedAt) return false;
      if (isConcernedBy(removal.selector)) return true;
    }
    return forgottenAt > askedAt;
  }

  return {
    begin(isConcernedBy, askedAt = Number.POSITIVE_INFINITY) {
      const arrival = { isConcernedBy, overtaken: isTooLate(isConcernedBy, askedAt) };
      underWay.add(arrival);
      return arrival;
    },
    end(arrival) {
      underWay.delete(arrival);
    },
    overtake(selector, at) {
      for (const arrival of underWay) if (arrival.isConcernedBy(selector)) arrival.overtaken = true;
      if (at !== undefined) remember(selector, at);
    },
  };
}
