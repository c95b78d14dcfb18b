import type { CauseTarget, Period, Volume } from "../../../src/control/cacheability.ts";

export function volume(requests: number): Volume {
  return { requests, bytes: requests * 1000, milliseconds: requests * 100 };
}

/** A page that sets a cookie and was asked for so often, and so often of that again. */
export function target(
  url: string,
  all: number,
  again: number,
  said: Partial<CauseTarget> = {},
): CauseTarget {
  return {
    ...{ site: "", forwarded: "miss", reason: "set-cookie", url, clients: 1, bodies: 0 },
    ...{ all: volume(all), again: volume(again) },
    evidence: { method: "GET", status: 200, requestFields: [], responseFields: [] },
    ...said,
  };
}

/** What a worker has counted: these targets, and nothing else. */
export function period(startsAt: number, ...targets: readonly CauseTarget[]): Period {
  return {
    startsAt,
    totals: targets.map(({ site, all: { requests, bytes } }) => ({
      ...{ site, requests, bytes, hits: 0, hitBytes: 0 },
    })),
    causes: targets.map(({ site, forwarded, reason, all, again }) => ({
      site,
      forwarded,
      reason,
      all,
      again,
    })),
    targets: [...targets],
  };
}
