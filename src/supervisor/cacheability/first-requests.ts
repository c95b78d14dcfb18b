import type { CauseCount, CauseTarget, Volume } from "../../control/cacheability.ts";
import { noVolume, sumOf, without } from "../../control/volume.ts";
import { causeName, type Counts } from "./merging.ts";

/**
 * Each worker takes a target for new that it was not asked for yet, though another may have been; and so does one that was
 * started anew. But of all requests for a target, for whatever cause, one at the most was the first: the others could have
 * been hits.
 */
export function withOneFirst(counts: Counts): Counts {
  const extra = new Map<string, Volume>();
  const known = new Set<string>();
  const targets = counts.targets.map((target): CauseTarget => {
    const first = without(target.all, target.again);
    if (first.requests === 0) return target;
    const page = pageName(target);
    const wrongly = known.has(page) ? first : allButOne(first);
    known.add(page);
    const cause = causeName(target);
    extra.set(cause, sumOf([extra.get(cause) ?? noVolume, wrongly]));
    return { ...target, again: sumOf([target.again, wrongly]) };
  });
  return { ...counts, targets, causes: counts.causes.map((cause) => withMore(cause, extra)) };
}

/** The same for GET and HEAD, as workers take targets for the same. */
function pageName({ site, url, evidence: { method } }: CauseTarget): string {
  return `${site}\n${method === "HEAD" ? "GET" : method}\n${url}`;
}

/** As they are on average. */
function allButOne({ requests, bytes, milliseconds }: Volume): Volume {
  const share = (requests - 1) / requests;
  return { requests: requests - 1, bytes: Math.floor(bytes * share), milliseconds: milliseconds * share };
}

function withMore(cause: CauseCount, extra: ReadonlyMap<string, Volume>): CauseCount {
  const more = extra.get(causeName(cause));
  return more === undefined ? cause : { ...cause, again: sumOf([cause.again, more]) };
}
