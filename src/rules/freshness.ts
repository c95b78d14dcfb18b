import { type CacheControl, longestSeconds } from "./cache-control.ts";
import type { FieldReader } from "./fields.ts";
import { parseHttpDate } from "./http-date.ts";
import { splitList } from "./list-field.ts";
import type { LifetimeSource, Policy } from "./policy.ts";
import type { ResponseDirectives } from "./targeted.ts";

export interface Lifetime {
  /** Whole seconds, never negative. */
  readonly seconds: number;
  readonly source: LifetimeSource;
}

/** The steady clocks of processes may differ by as much. */
const discordMilliseconds = 1_000;

/**
 * Age of the stored response at `now` in whole seconds, never negative (RFC 9111 §4.2.3). `now` is that of the steady
 * clock. A response from the future was stored before a restart, when the wall clock was ahead: its age cannot be known,
 * so it is taken for as old as can be said. It would else be fresh until the clock has caught up.
 */
export function currentAge(policy: Policy, now: number): number {
  const resident = now - policy.responseAt;
  if (resident < -discordMilliseconds) return longestSeconds;
  return policy.correctedInitialAge + Math.max(0, Math.floor(resident / 1000));
}

/** Seconds the stored response stays fresh after `now`; 0 or less when it is stale (§4.2). */
export function remainingLifetime(policy: Policy, now: number): number {
  return policy.freshnessLifetime - currentAge(policy, now);
}

/**
 * The lifetime the response itself states (§4.2.1): s-maxage, else max-age, else Expires; null when none is there.
 * What is there and makes no sense is 0. Expires counts from `dateAt`, and not at all beside a targeted field.
 */
export function explicitLifetime(
  { directives, field }: ResponseDirectives,
  response: FieldReader,
  dateAt: number,
  now: number,
): Lifetime | null {
  const shared = directives.seconds("s-maxage");
  const targeted = field !== "cache-control";
  if (shared !== null) return { seconds: shared, source: targeted ? "targeted" : "s-maxage" };
  const maxAge = directives.seconds("max-age");
  if (maxAge !== null) return { seconds: maxAge, source: targeted ? "targeted" : "max-age" };
  const expires = targeted ? null : response.get("expires");
  if (expires === null) return null;
  const expiresAt = parseHttpDate(expires, now) ?? Number.NEGATIVE_INFINITY;
  return { seconds: wholeSeconds(expiresAt - dateAt), source: "expires" };
}

/** A tenth of the time since Last-Modified, a day at the most (§4.2.2). */
export function heuristicLifetime(lastModifiedAt: number, dateAt: number): Lifetime {
  return {
    seconds: Math.min(wholeSeconds((dateAt - lastModifiedAt) / 10), secondsOfDay),
    source: "heuristic",
  };
}

/** §4.2.2: `public` permits a heuristic for any status, these need no permission. */
export function permitsHeuristic(status: number, directives: CacheControl): boolean {
  return isHeuristicStatus(status) || directives.has("public");
}

export function isHeuristicStatus(status: number): boolean {
  return heuristicStatuses.has(status);
}

/**
 * The age the response had when it was received, in whole seconds (§4.2.3). `dateAt` is null where it has no
 * valid Date; `ageValue` is the parsed Age field; `receivedAt` is `responseAt` by the wall clock.
 */
export function correctedInitialAge(times: {
  readonly ageValue: number;
  readonly dateAt: number | null;
  readonly requestAt: number;
  readonly responseAt: number;
  readonly receivedAt: number;
}): number {
  const { ageValue, dateAt, requestAt, responseAt, receivedAt } = times;
  const apparentAge = dateAt === null ? 0 : wholeSeconds(receivedAt - dateAt);
  const responseDelay = wholeSeconds(responseAt - requestAt);
  return Math.max(apparentAge, ageValue + responseDelay);
}

/**
 * The seconds of an Age field; 0 where there is none, and where it is no number, which a cache ignores (§5.1). Of a list
 * the first member counts: "7200, 0" is two hours old. Several lines come joined by ", ", so that the first line counts.
 */
export function parseAge(value: string | null): number {
  const [first = ""] = value === null ? [] : splitList(value);
  return /^\d+$/.test(first) ? Math.min(Number(first), longestSeconds) : 0;
}

function wholeSeconds(milliseconds: number): number {
  return Math.min(Math.max(0, Math.floor(milliseconds / 1000)), longestSeconds);
}

const secondsOfDay = 24 * 60 * 60;

/** RFC 9110 §15.1, but for 206, which is not stored. */
const heuristicStatuses: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501,
]);
