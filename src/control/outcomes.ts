/**
 * What the cache may have done with a request, by how little the origin had to do for it: in this order wherever outcomes are
 * drawn beside each other, so that nothing changes its place as numbers change.
 */
const order = [
  ...["HIT", "STALE", "COLLAPSED", "REVALIDATED", "PARTIAL", "MISS", "PASS", "JOINED"],
  ...["RULE", "PURGE", "LEFT", "ERROR"],
];

/** For sorting; what only another version of the program knows comes last. */
export function placeOfOutcome(cache: string): number {
  const place = order.indexOf(cache);
  return place < 0 ? order.length : place;
}

/** Whether the client got it without a question to the origin of its own: what counts as a hit in shares of them. */
export function isHit(cache: string): boolean {
  return hits.has(cache);
}

const hits: ReadonlySet<string> = new Set(["HIT", "STALE", "COLLAPSED"]);
