import type { Order } from "../order.ts";

/**
 * What was heard of the keeper's numbers, and when: a response is as old as the last removal that was known of when the
 * origin was asked for it. To ask at that moment would be one call more for each request; so it is looked up by the number
 * of the `Order` that the request has anyway.
 */
export interface HeardRemovals {
  /** The last removal has this number, as far as is known by now. */
  hear(removal: number): void;
  /** The number of the last removal that was heard of. */
  last(): number;
  /** The last removal that was known of at that number of the `Order`. */
  removalBefore(askedAt: number): number;
}

/**
 * Beyond so many, every second one of the older half is forgotten: what was asked for then is taken for a little older
 * than it is. The first one stays; what was asked for before it would be refused whatever was removed.
 */
const mostRemembered = 8192;

export function createHeardRemovals(order: Order): HeardRemovals {
  /** Oldest first. */
  const hearings: { readonly at: number; readonly removal: number }[] = [];

  return {
    hear(removal) {
      if (removal <= (hearings.at(-1)?.removal ?? 0)) return;
      hearings.push({ at: order.next(), removal });
      if (hearings.length > mostRemembered) {
        const older = hearings.splice(0, mostRemembered / 2);
        hearings.unshift(...older.filter((_, place) => place % 2 === 0));
      }
    },
    last: () => hearings.at(-1)?.removal ?? 0,
    removalBefore: (askedAt) => hearings.findLast(({ at }) => at < askedAt)?.removal ?? 0,
  };
}
