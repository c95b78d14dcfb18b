import type { Cause, Causes, Volume } from "../../control/cacheability.ts";
import { sumOf, totalsOf, without } from "../../control/volume.ts";

/** A cause, with how long its bar is: 1 is that of the costliest. */
export interface CauseSeen extends Cause {
  readonly length: number;
}

/** What is shown of the causes of a site, or of all sites. */
export interface CausesSeen {
  readonly requests: number;
  readonly bytes: number;
  readonly hits: number;
  readonly hitBytes: number;
  /** What could have been hits and were none. */
  readonly avoidable: Volume;
  /** What no change would make hits of: POST, first requests, and those after which nobody has asked again. */
  readonly unavoidable: Volume;
  /** What would have been hits, the costliest first, as they come. */
  readonly toChange: readonly CauseSeen[];
  readonly toLeave: readonly CauseSeen[];
}

/** `site` null: all of them. */
export function causesSeen(
  { totals, causes }: Pick<Causes, "totals" | "causes">,
  site: string | null,
): CausesSeen {
  const isOfIt = (each: { readonly site: string }) => site === null || each.site === site;
  const ofIt = causes.filter(isOfIt);
  const wouldSave = (cause: Cause) => cause.avoidable.requests > 0;
  const toChange = ofIt.filter(wouldSave);
  const toLeave = ofIt.filter((cause) => !wouldSave(cause));
  const avoidable = sumOf(ofIt.map((cause) => cause.avoidable));
  return {
    ...totalsOf(totals.filter(isOfIt)),
    avoidable,
    unavoidable: without(sumOf(ofIt.map(({ all }) => all)), avoidable),
    toChange: withLengths(toChange, (cause) => cause.avoidable),
    toLeave: withLengths(toLeave, ({ all }) => all),
  };
}

/** Names of sites there are, in the order of letters. */
export function sitesIn({ totals }: Pick<Causes, "totals">): readonly string[] {
  return [...new Set(totals.map(({ site }) => site))].sort();
}

/**
 * The cause in sentences, what explains most first: where the answer could not be stored that, else why the origin was asked,
 * since what became of a stored answer is no cause.
 */
export function headlinesOf({ sentences }: Pick<Cause, "sentences">): readonly string[] {
  const unstored = sentences.filter((sentence) => sentence.startsWith("not stored"));
  const others = sentences.filter((sentence) => !unstored.includes(sentence));
  return [...unstored, ...others].map((sentence) => sentence.charAt(0).toUpperCase() + sentence.slice(1));
}

/** What makes a cause that one and no other. */
export function keyOf({ site, forwarded, reason }: Pick<Cause, "site" | "forwarded" | "reason">): string {
  return `${site} ${forwarded} ${reason}`;
}

/** By the time that clients have waited; where nobody has waited for a millisecond, by requests. */
function withLengths(causes: readonly Cause[], volumeOf: (cause: Cause) => Volume): CauseSeen[] {
  const volumes = causes.map(volumeOf);
  const isTimed = volumes.some(({ milliseconds }) => milliseconds >= 1);
  const amounts = volumes.map(({ milliseconds, requests }) => (isTimed ? milliseconds : requests));
  const most = Math.max(0, ...amounts);
  return causes.map((cause, index) => ({ ...cause, length: most === 0 ? 0 : (amounts[index] ?? 0) / most }));
}
