import type { SiteTotals, Volume } from "./cacheability.ts";

export const noVolume: Volume = { requests: 0, bytes: 0, milliseconds: 0 };

export function sumOf(volumes: readonly Volume[]): Volume {
  return volumes.reduce(
    (sum, each) => ({
      requests: sum.requests + each.requests,
      bytes: sum.bytes + each.bytes,
      milliseconds: sum.milliseconds + each.milliseconds,
    }),
    noVolume,
  );
}

/** What of the first is not in the second; of what is counted about, never less than nothing. */
export function without(whole: Volume, part: Volume): Volume {
  return {
    requests: Math.max(0, whole.requests - part.requests),
    bytes: Math.max(0, whole.bytes - part.bytes),
    milliseconds: Math.max(0, whole.milliseconds - part.milliseconds),
  };
}

/** For sorting: what costs most first, by the time that clients wait, then by how many they are. */
export function costliestFirst(one: Volume, other: Volume): number {
  return other.milliseconds - one.milliseconds || other.requests - one.requests;
}

/** Of several sites, or of several times, together. */
export function totalsOf(totals: readonly Omit<SiteTotals, "site">[]): Omit<SiteTotals, "site"> {
  return totals.reduce(
    (sum: Omit<SiteTotals, "site">, each) => ({
      requests: sum.requests + each.requests,
      bytes: sum.bytes + each.bytes,
      hits: sum.hits + each.hits,
      hitBytes: sum.hitBytes + each.hitBytes,
    }),
    { requests: 0, bytes: 0, hits: 0, hitBytes: 0 },
  );
}
