import type { Trouble } from "./tier.ts";

/**
 * Tells one trouble of each code in so many milliseconds; a store that cannot write has one for every response. `now`
 * is in milliseconds.
 */
export function limitTelling(
  tell: (trouble: Trouble) => void,
  now: () => number,
  milliseconds: number,
): (trouble: Trouble) => void {
  const toldAt = new Map<string, number>();
  return (trouble) => {
    const at = now();
    if (at - (toldAt.get(trouble.code) ?? Number.NEGATIVE_INFINITY) < milliseconds) return;
    toldAt.set(trouble.code, at);
    tell(trouble);
  };
}
