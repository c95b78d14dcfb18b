import type { StoredResponse } from "../../store/tier.ts";
import type { ServeContext } from "../context.ts";

/**
 * Has the other workers let go of a response that bears other names from now on, where the new ones are found by all. A worker
 * that holds the former one in its memory would keep it when a purge names it by a name that it has got since: a purge of
 * "sale" would leave the page there as it was before the sale.
 */
export function tellOfNewNames(
  { store, invalidateElsewhere, onBackgroundError }: ServeContext,
  former: StoredResponse,
  { primaryKey, policy }: StoredResponse,
): void {
  if (areSame(former.policy.tags, policy.tags)) return;
  store
    .published()
    .then(() => invalidateElsewhere([{ by: "key", primaryKey }]))
    .catch(onBackgroundError);
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  return new Set(some).symmetricDifference(new Set(others)).size === 0;
}
