import type { CauseCount, CauseTarget, Volume } from "../../control/cacheability.ts";
import { sumOf, without } from "../report/volume.ts";
import { causeName, type Counts } from "./merging.ts";

/**
 * Each worker takes a target for new that it was not asked for yet, though another may have been; and so does one that was
 * started anew. But of all requests for a target one at the most was the first: the others could have been hits.
 */
export function withOneFirst(counts: Counts): Counts {
  const extra = new Map<string, Volume>();
  const targets = counts.targets.map((target): CauseTarget => {
    const wrongly = takenForFirst(target);
    if (wrongly === null) return target;
    const cause = causeName(target);
    extra.set(cause, sumOf([extra.get(cause) ?? none, wrongly]));
    return { ...target, again: sumOf([target.again, wrongly]) };
  });
  return { ...counts, targets, causes: counts.causes.map((cause) => withMore(cause, extra)) };
}

const none: Volume = { requests: 0, bytes: 0, milliseconds: 0 };

/** Of those that were taken for the first all but one, as they are on average; null where there is no more than one. */
function takenForFirst({ all, again }: CauseTarget): Volume | null {
  const first = without(all, again);
  if (first.requests <= 1) return null;
  const share = (first.requests - 1) / first.requests;
  return {
    requests: first.requests - 1,
    bytes: Math.floor(first.bytes * share),
    milliseconds: first.milliseconds * share,
  };
}

function withMore(cause: CauseCount, extra: ReadonlyMap<string, Volume>): CauseCount {
  const more = extra.get(causeName(cause));
  return more === undefined ? cause : { ...cause, again: sumOf([cause.again, more]) };
}
