import type { PastPurge } from "../control/purge.ts";

/** The last purges, newest first: for who wonders why a page was not there. */
export interface PurgeHistory {
  readonly past: readonly PastPurge[];
  note(purge: PastPurge): void;
}

const mostPurges = 1_000;

export function createPurgeHistory(): PurgeHistory {
  /** Oldest first; beyond the limit half as much again, so that few are moved. */
  let purges: PastPurge[] = [];
  return {
    get past() {
      return purges.slice(-mostPurges).reverse();
    },
    note(purge) {
      purges.push(purge);
      if (purges.length > 1.5 * mostPurges) purges = purges.slice(-mostPurges);
    },
  };
}
