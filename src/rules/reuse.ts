import { type CacheControl, parseCacheControl } from "./cache-control.ts";
import { asksOfPresent } from "./conditionals.ts";
import type { FieldReader } from "./fields.ts";
import { currentAge } from "./freshness.ts";
import type { Policy } from "./policy.ts";
import type { ReasonName } from "./reason.ts";

/** What the operator decides about the use of what is stored. */
export interface ReuseOptions {
  /** Whether a client's Cache-Control and Pragma may make the cache ask the origin. */
  readonly clientCacheControl: "honour" | "ignore";
  /** For so many seconds beyond its lifetime a response may stand in for an origin that cannot be reached; 0 for none. */
  readonly maxOutage: number;
  /** Nobody is asked: what is stored is the answer, however old it is. */
  readonly isOffline: boolean;
}

export type ReuseDecision =
  | { readonly use: "fresh"; readonly reason: ReasonName }
  | { readonly use: "stale"; readonly revalidateInBackground: boolean; readonly reason: ReasonName }
  | { readonly use: "revalidate"; readonly reason: ReasonName };

/** Whether a stored response that the request selects may answer it at `now` (RFC 9111 §4, RFC 5861 §3). */
export function decideReuse(
  policy: Policy,
  request: FieldReader,
  now: number,
  options: ReuseOptions,
): ReuseDecision {
  const client = clientOf(request, options);
  const age = currentAge(policy, now);
  if (options.isOffline && !client.asksOfPresent) return decideOfflineReuse(policy, age);
  const refusal = clientRefusal(policy, age, client);
  if (refusal !== null) return { use: "revalidate", reason: refusal };
  if (policy.revalidateAlways) return { use: "revalidate", reason: "revalidate-no-cache" };
  if (age < policy.freshnessLifetime)
    return { use: "fresh", reason: freshReason(policy, age, client.control) };
  return decideStaleReuse(policy, age - policy.freshnessLifetime, client.control);
}

/**
 * Whether a stored response may answer in place of an origin that cannot be reached or answered `failure` (RFC 5861
 * §4, RFC 9111 §4.2.4). The reason is also given when it may not.
 */
export function decideReuseOnError(
  policy: Policy,
  request: FieldReader,
  now: number,
  failure: "unreachable" | number,
  options: ReuseOptions,
): { readonly use: boolean; readonly reason: ReasonName } {
  const client = clientOf(request, options);
  const age = currentAge(policy, now);
  const staleness = age - policy.freshnessLifetime;
  const clientWindow = policy.revalidateWhenStale ? null : client.control.seconds("stale-if-error");
  const window = Math.max(policy.staleIfErrorWindow, clientWindow ?? 0);
  if (failure !== "unreachable" && !coveredErrors.has(failure)) return refused("error-not-covered");
  if (policy.revalidateAlways) return refused("error-no-cache");
  if (clientRefusal(policy, age, client) !== null) return refused("error-request");
  if (staleness < 0) return { use: true, reason: "hit-fresh" };
  if (staleness < window) return { use: true, reason: "hit-stale-if-error" };
  if (failure === "unreachable" && mayOutlastOutage(policy, staleness, options))
    return { use: true, reason: "outage" };
  if (window === 0)
    return refused(policy.revalidateWhenStale ? "error-must-revalidate" : "error-no-stale-if-error");
  return refused("error-window-passed");
}

/**
 * §4.2.4: the operator may permit stale use that nothing in the response permits, but not what it forbids: must-revalidate,
 * proxy-revalidate and s-maxage are kept, and so is no-cache.
 */
function mayOutlastOutage(policy: Policy, staleness: number, { maxOutage }: ReuseOptions): boolean {
  return staleness < maxOutage && !policy.revalidateWhenStale;
}

/**
 * The operator has cut the cache off, and wants to see what it holds. That goes over no-cache and must-revalidate, which demand
 * a 504 of a cache without its origin (§5.2.2.2): nobody is cut off unawares.
 */
function decideOfflineReuse(policy: Policy, age: number): ReuseDecision {
  const isFresh = age < policy.freshnessLifetime && !policy.revalidateAlways;
  return isFresh
    ? { use: "fresh", reason: "hit-fresh" }
    : { use: "stale", revalidateInBackground: false, reason: "offline" };
}

/** RFC 9111 §5.2.1.7: answer from the cache or with a 504, but do not ask the origin. */
export function onlyIfCached(request: FieldReader, options: ReuseOptions): boolean {
  return clientOf(request, options).control.has("only-if-cached");
}

/** Whether the reason lies in the client's request, not in the stored response. */
export function isOfClient(reason: ReasonName): boolean {
  return clientReasons.has(reason);
}

const clientReasons: ReadonlySet<ReasonName> = new Set([
  "request-no-cache",
  "request-pragma",
  "request-max-age",
  "request-min-fresh",
  "request-condition",
]);

/** RFC 5861 §4 */
const coveredErrors: ReadonlySet<number> = new Set([500, 502, 503, 504]);

function refused(reason: ReasonName): { readonly use: false; readonly reason: ReasonName } {
  return { use: false, reason };
}

/** What the client asks of caches. */
interface Client {
  readonly control: CacheControl;
  readonly pragmaNoCache: boolean;
  /** Asked of the origin, not of caches. */
  readonly asksOfPresent: boolean;
}

/** §5.4: Pragma counts only where there is no Cache-Control. */
function clientOf(request: FieldReader, options: ReuseOptions): Client {
  const isHeard = options.clientCacheControl === "honour";
  const value = isHeard ? request.get("cache-control") : null;
  const pragma = isHeard && value === null ? request.get("pragma") : null;
  return {
    control: parseCacheControl(value),
    pragmaNoCache: parseCacheControl(pragma).has("no-cache"),
    asksOfPresent: asksOfPresent(request),
  };
}

/** Why the client wants no stored response of this age without asking, or null (§5.2.1). */
function clientRefusal(policy: Policy, age: number, client: Client): ReasonName | null {
  const { control, pragmaNoCache } = client;
  if (client.asksOfPresent) return "request-condition";
  if (control.has("no-cache")) return "request-no-cache";
  if (pragmaNoCache) return "request-pragma";
  const isImmutable = policy.immutable && age < policy.freshnessLifetime;
  if (exceedsMaxAge(age, control) && !isImmutable) return "request-max-age";
  const minFresh = control.seconds("min-fresh") ?? 0;
  return minFresh > 0 && policy.freshnessLifetime - age < minFresh ? "request-min-fresh" : null;
}

function exceedsMaxAge(age: number, control: CacheControl): boolean {
  const maxAge = control.seconds("max-age");
  return maxAge !== null && age > maxAge;
}

/** RFC 8246 §2: a reload (max-age=0) is answered from an immutable response; a forced one says no-cache. */
function freshReason(policy: Policy, age: number, control: CacheControl): ReasonName {
  return policy.immutable && exceedsMaxAge(age, control) ? "hit-immutable" : "hit-fresh";
}

function decideStaleReuse(policy: Policy, staleness: number, control: CacheControl): ReuseDecision {
  const inBackground = staleness < policy.staleWhileRevalidateWindow;
  const isPermitted = inBackground || !policy.revalidateWhenStale;
  if (isPermitted && acceptsStale(control, staleness)) {
    return { use: "stale", revalidateInBackground: inBackground, reason: "hit-max-stale" };
  }
  // §5.2.1.1: who says max-age and not max-stale wants nothing stale.
  if (inBackground && !control.has("max-age")) {
    return { use: "stale", revalidateInBackground: true, reason: "hit-stale-while-revalidate" };
  }
  return { use: "revalidate", reason: reasonOfStaleness(policy) };
}

function reasonOfStaleness({ lifetimeSource, revalidateWhenStale }: Policy): ReasonName {
  if (lifetimeSource === "purged") return "revalidate-purged";
  return revalidateWhenStale ? "revalidate-must" : "revalidate-stale";
}

/** §5.2.1.2: max-stale without a value accepts any staleness. */
function acceptsStale(control: CacheControl, staleness: number): boolean {
  return control.isBare("max-stale") || staleness <= (control.seconds("max-stale") ?? -1);
}
