import { boundsOf, bucketCount, type HistogramName } from "./metrics.ts";

/** How often something took how long. To note it makes nothing. */
export interface Histogram {
  note(seconds: number): void;
  /** What fell into each bucket, beyond the last, and the sum. */
  readonly buckets: ArrayLike<number>;
}

export function createHistogram(name: HistogramName): Histogram {
  const buckets = new Float64Array(bucketCount + 2);
  const [lowest = 1] = boundsOf(name);
  return {
    buckets,
    note(seconds) {
      const place = placeOf(seconds / lowest);
      buckets[place] = (buckets[place] ?? 0) + 1;
      buckets[bucketCount + 1] = (buckets[bucketCount + 1] ?? 0) + seconds;
    },
  };
}

/** A bound belongs to its bucket. Each is twice the one before, so the leading bit tells the place. */
function placeOf(multiple: number): number {
  if (multiple <= 1) return 0;
  return multiple > 2 ** (bucketCount - 1) ? bucketCount : 32 - Math.clz32(Math.ceil(multiple) - 1);
}

/**
 * The bound that so large a share was not above, of the buckets as they are told, with what is beyond the last, and the sum;
 * the last bound where it was above all. Null of nothing.
 */
export function quantileOf(name: HistogramName, buckets: ArrayLike<number>, share: number): number | null {
  const counts = Array.from(buckets).slice(0, bucketCount + 1);
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let below = 0;
  const place = counts.findIndex((count) => {
    below += count;
    return below >= share * all;
  });
  const bounds = boundsOf(name);
  return bounds[Math.min(place, bucketCount - 1)] ?? null;
}
