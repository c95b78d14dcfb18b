import type { Found } from "../control/findings-request.ts";
import type { StoredFindings } from "../control/report.ts";
import type { Plan, RulePlan } from "../sites/plan.ts";
import type { Clock } from "../system/clock.ts";
import { splitFor } from "./findings/split-advice.ts";
import { suspectFor } from "./findings/suspect-advice.ts";
import type { IndexReading } from "./index-reading.ts";
import type { Unremoved } from "./unremoved.ts";

export interface FindingsOptions {
  readonly reading: Pick<IndexReading, "read">;
  readonly unremoved: Pick<Unremoved, "marks">;
  /** By which requests are served now. */
  readonly plan: () => Plan;
  readonly clock: Pick<Clock, "steady">;
}

/** Tells of what is stored. Rejects with a `FleetError` when it cannot be told. */
export type LookForFindings = () => Promise<StoredFindings>;

/** A report is no reason to keep a core busy any longer. */
const LOOK_MILLISECONDS = 10_000;
/** What has been found is told again for so long: a page that is open asks every few seconds. */
const keptMilliseconds = 60_000;

/** All who ask while somebody looks, and for a while after that, are told the same. */
export function createFindings({ reading, unremoved, plan, clock }: FindingsOptions): LookForFindings {
  let last: { readonly found: Promise<Found>; readonly until: () => number } | undefined;

  async function look(): Promise<Found> {
    const answer = await reading.read(
      {
        kind: "findings",
        // What was removed softly is there still, and is stale.
        hidden: unremoved.marks.filter(({ soft }) => soft !== true),
        milliseconds: LOOK_MILLISECONDS,
        cookieRules: cookieRulesOf(plan()),
      },
      // One who leaves leaves the others what they wait for.
      new AbortController().signal,
    );
    if (answer.kind !== "findings") throw new Error(`findings were answered with ${answer.kind}`);
    return answer;
  }

  function current(): Promise<Found> {
    if (last !== undefined && clock.steady() < last.until()) return last.found;
    let doneAt = Number.POSITIVE_INFINITY;
    const begun = { found: look(), until: () => doneAt + keptMilliseconds };
    last = begun;
    begun.found.then(
      () => {
        doneAt = clock.steady();
      },
      // What has failed is tried again by the next who asks; those who wait are told why.
      () => {
        if (last === begun) last = undefined;
      },
    );
    return begun.found;
  }

  return async () => {
    const { looked, isWhole, splits, personal } = await current();
    // By the plan as it is now: a rule that has been copied meanwhile is there.
    const now = plan();
    // What is stored of a site that is in the file no more is found by nobody.
    const isThere = ({ site }: { readonly site: string }) => now.sites.some(({ name }) => name === site);
    return {
      ...{ looked, isWhole },
      splits: splits.filter(isThere).map((split) => splitFor(split, now)),
      personal: personal.filter(isThere).map((suspect) => suspectFor(suspect, now)),
    };
  };
}

function cookieRulesOf({ sites }: Plan): string[] {
  const rules: RulePlan[] = sites.flatMap(({ rules, presetRules }) => [...rules, ...presetRules]);
  return rules.filter(({ settings }) => settings.removeSetCookie === true).map(({ name }) => name);
}
