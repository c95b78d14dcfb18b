/** Hits of responses, by their ids, that nobody has been told of yet. */
export interface HitCounts {
  add(id: string, hits: number): void;
  /** How many there were of it: they are told. */
  take(id: string): number;
  /** Ids of at most so many responses, those first that have waited longest. */
  first(limit: number): string[];
}

/** Beyond so many responses, those of others are not counted until somebody is told. */
const mostResponses = 16_384;

export function createHitCounts(): HitCounts {
  const counts = new Map<string, number>();

  return {
    add(id, hits) {
      const before = counts.get(id);
      if (before !== undefined || counts.size < mostResponses) counts.set(id, (before ?? 0) + hits);
    },
    take(id) {
      const hits = counts.get(id) ?? 0;
      counts.delete(id);
      return hits;
    },
    first: (limit) => Array.from(counts.keys().take(limit)),
  };
}
