import { PERIOD_MILLISECONDS, type Period, type SiteTotals } from "../../control/cacheability.ts";
import type { AnswerAbout } from "../../control/worker-questions.ts";
import { isOfStored } from "../../rules/avoidable.ts";
import { isHit, type Served } from "../../serve/answer/outcome.ts";
import { createCauseCounts } from "./cause-counts.ts";
import { createSeenTargets } from "./seen-targets.ts";
import { createTargetSketch } from "./target-sketch.ts";

/** Counts for what the origin was asked, why, and what of it could have been hits. */
export interface Cacheability {
  /** Every request that went the long way; what the origin was not asked for costs nothing. */
  served(served: Served): void;
  /** The period that is, and the one before it, if that is wanted. */
  read(withFormer: boolean): AnswerAbout<"cacheability">;
}

export interface CacheabilityOptions {
  /** Milliseconds since the epoch. */
  readonly date: () => number;
  readonly life: string;
  /** What all requests were since the start, site by site. */
  readonly totals: () => readonly SiteTotals[];
}

/** Targets that are counted in a period, and those that are told of it. */
const targetsCounted = 400;
const targetsTold = 100;

export function createCacheability({ date, life, totals }: CacheabilityOptions): Cacheability {
  const seen = createSeenTargets();
  const periods: Counting[] = [];

  function now(): Counting {
    const startsAt = Math.floor(date() / PERIOD_MILLISECONDS) * PERIOD_MILLISECONDS;
    const [present] = periods;
    if (present !== undefined && goesOn(present, startsAt)) return present;
    const next = beginCounting(startsAt, totals());
    present?.end(next.before);
    periods.unshift(next);
    periods.length = Math.min(periods.length, 2);
    return next;
  }

  now();
  return {
    served(served) {
      const { forwarded } = served;
      if (forwarded === undefined || isHit(served)) return;
      // Another worker may have asked for it, or one that is no more: what is stored tells of that.
      const isAgain = seen.seen(nameOf(served)) || isOfStored(forwarded);
      const period = now();
      const asking = { ...served, forwarded };
      period.causes.add(asking, isAgain);
      period.targets.add(asking, isAgain);
    },
    read(withFormer) {
      now();
      const wanted = withFormer ? periods : periods.slice(0, 1);
      return { about: "cacheability", life, periods: wanted.map((period) => period.told(totals())) };
    },
  };
}

/** A clock that was set back a little is awaited: else a period would be there twice. */
function goesOn(present: Counting, startsAt: number): boolean {
  return startsAt <= present.startsAt && startsAt > present.startsAt - longestSetBack;
}

const longestSetBack = 12 * PERIOD_MILLISECONDS;

/** What is the same whatever rules make of it: a stored answer to GET does for HEAD as well. */
function nameOf({ site = "", method, host, target }: Served): string {
  return `${site}\n${method === "HEAD" ? "GET" : method}\n${host}${target}`;
}

type Counting = ReturnType<typeof beginCounting>;

function beginCounting(startsAt: number, before: readonly SiteTotals[]) {
  const causes = createCauseCounts();
  const targets = createTargetSketch(targetsCounted);
  let after: readonly SiteTotals[] | undefined;
  return {
    ...{ startsAt, before, causes, targets },
    end(last: readonly SiteTotals[]): void {
      after = last;
    },
    told: (latest: readonly SiteTotals[]): Period => ({
      startsAt,
      totals: totalsBetween(before, after ?? latest),
      causes: causes.told(),
      targets: targets.costliest(targetsTold),
    }),
  };
}

/** Of the sites that had requests meanwhile. */
function totalsBetween(before: readonly SiteTotals[], after: readonly SiteTotals[]): SiteTotals[] {
  const former = new Map(before.map((each) => [each.site, each]));
  return after.map((each) => difference(each, former.get(each.site))).filter(({ requests }) => requests > 0);
}

function difference(after: SiteTotals, before: SiteTotals | undefined): SiteTotals {
  if (before === undefined) return after;
  return {
    site: after.site,
    requests: after.requests - before.requests,
    bytes: after.bytes - before.bytes,
    hits: after.hits - before.hits,
    hitBytes: after.hitBytes - before.hitBytes,
  };
}
