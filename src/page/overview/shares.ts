import { isHit } from "../../control/outcomes.ts";
import type { Flow, History } from "../../control/overview.ts";

export function requestsIn({ outcomes }: Pick<Flow, "outcomes">): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}

export function hitsIn({ outcomes }: Pick<Flow, "outcomes">): number {
  return requestsIn({
    outcomes: Object.fromEntries(Object.entries(outcomes).filter(([word]) => isHit(word))),
  });
}

/** In percent, of each stretch; null of one in which nothing came. */
export function hitShares(history: Pick<History, "at" | "outcomes">): (number | null)[] {
  return history.at.map((_, place) => {
    const outcomes = Object.fromEntries(
      Object.entries(history.outcomes).map(([word, rates]) => [word, rates[place] ?? 0]),
    );
    return percentOf(hitsIn({ outcomes }), requestsIn({ outcomes }));
  });
}

export function savedShares({
  sentBytes,
  savedBytes,
}: Pick<History, "sentBytes" | "savedBytes">): (number | null)[] {
  return sentBytes.map((sent, place) => percentOf(savedBytes[place] ?? 0, sent));
}

function percentOf(part: number, whole: number): number | null {
  return whole > 0 ? Math.min(100, (100 * part) / whole) : null;
}
