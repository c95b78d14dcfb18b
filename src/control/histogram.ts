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
