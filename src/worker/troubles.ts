import type { Trouble } from "../store/store.ts";

const tellMilliseconds = 1_000;

/**
 * Tells one trouble of each code a second; a store that cannot write has one for every response. `now` is in
 * milliseconds.
 */
export function limitTelling(
  tell: (trouble: Trouble) => void,
  now: () => number,
): (trouble: Trouble) => void {
  const toldAt = new Map<string, number>();
  return (trouble) => {
    const at = now();
    if (at - (toldAt.get(trouble.code) ?? Number.NEGATIVE_INFINITY) < tellMilliseconds) return;
    toldAt.set(trouble.code, at);
    tell(trouble);
  };
}
