import type { CacheControl } from "./cache-control.ts";
import { isEventStream } from "./event-stream.ts";
import type { Exchange, StoringOptions } from "./exchange.ts";
import type { FieldReader } from "./fields.ts";
import { permitsHeuristic } from "./freshness.ts";
import { bearsIdentity, senderOf } from "./identity.ts";
import { isSameTarget } from "./invalidation.ts";
import type { Policy } from "./policy.ts";
import type { ReasonName } from "./reason.ts";
import { forbidsStoring } from "./sharing.ts";
import { areTooMany } from "./tags.ts";
import { isForced, isSaid, isStated, isUnqualified, policyOf, saysShared } from "./stored-policy.ts";
import { type ResponseDirectives, responseDirectives } from "./targeted.ts";
import { varyNames } from "./vary.ts";

export type StoringDecision =
  | { readonly storable: false; readonly reason: ReasonName }
  | { readonly storable: true; readonly reason: ReasonName; readonly policy: Policy };

/** Whether a complete response to this request may be stored, and what reuse needs to know of it (RFC 9111 §3). */
export function decideStoring(exchange: Exchange, options: StoringOptions): StoringDecision {
  const known = responseDirectives(exchange.response, options.targetedFields);
  const { directives } = known;
  const plain =
    methodObstacle(exchange, known, options) ??
    (options.store ? null : "rule-no-store") ??
    statusObstacle(exchange.status, directives) ??
    directiveObstacle(exchange.response, directives, options) ??
    bodyObstacle(exchange, options);
  if (plain !== null) return { storable: false, reason: plain };
  const policy = policyOf(exchange, known, options);
  const obstacle =
    lifetimeObstacle(exchange, policy, directives, options) ??
    (areTooMany(policy.tags) ? "too-many-tags" : null) ??
    requestObstacle(exchange, policy, directives, options);
  if (obstacle !== null) return { storable: false, reason: obstacle };
  return { storable: true, reason: storedReason(policy, options), policy };
}

export type FresheningDecision =
  | { readonly outcome: "freshen"; readonly policy: Policy }
  /** For this client only: its request forbids that anything of the answer is stored. */
  | { readonly outcome: "leave"; readonly reason: ReasonName }
  /** The freshened response may no longer be stored. */
  | { readonly outcome: "remove"; readonly reason: ReasonName };

/**
 * What becomes of a stored response that a 304 or a HEAD has confirmed (§3.2, §4.3.4, §4.3.5). The exchange is the
 * confirming one, but for status and fields, which are the stored response's: in chunks, if it had no lifetime until now.
 */
export function decideFreshening(
  exchange: Omit<Exchange, "method" | "framing">,
  stored: Pick<Policy, "lifetimeSource">,
  options: StoringOptions,
): FresheningDecision {
  const framing = stored.lifetimeSource === "none" ? "chunked" : "length";
  const decision = decideStoring({ ...exchange, method: "GET", framing }, options);
  if (decision.storable) return { outcome: "freshen", policy: decision.policy };
  const { reason } = decision;
  const isOfRequest = reason === "request-no-store" || isForRequestAlone(reason);
  return { outcome: isOfRequest ? "leave" : "remove", reason };
}

/** Whether others may get the answer to this request stored, had they asked: it is one person's. */
function isForRequestAlone(reason: ReasonName): boolean {
  return reasonsOfSender.has(reason);
}

const reasonsOfSender: ReadonlySet<ReasonName> = new Set([
  "request-authorization",
  "request-identity",
  "request-sender",
]);

/**
 * Whether an answer that is not stored, for this reason, makes an end of what is stored for the request (§4.3.3): every
 * final one to GET that speaks of the target. What one to HEAD says of it is another rule's (§4.3.5).
 */
export function supersedes(method: string, status: number, reason: ReasonName): boolean {
  if (method !== "GET" || isForRequestAlone(reason)) return false;
  return status >= 200 && status < 500 && !momentaryStatuses.has(status);
}

/** About a part, a condition, the connection or the rate of requests, not about the target. */
const momentaryStatuses: ReadonlySet<number> = new Set([206, 304, 408, 412, 416, 421, 425, 429]);

/** RFC 9111 §4.3.3, RFC 5861 §4: a server error never takes the place of a good stored response. */
export function mayReplace(stored: { readonly status: number }, status: number): boolean {
  return status < 500 || stored.status >= 500;
}

/** §3; for POST RFC 9110 §9.3.3. */
function methodObstacle(
  exchange: Exchange,
  known: ResponseDirectives,
  options: StoringOptions,
): ReasonName | null {
  if (exchange.method === "GET") return null;
  if (exchange.method !== "POST") return "method-not-storable";
  const policy = policyOf(exchange, known, options);
  const location = exchange.response.get("content-location");
  const answersGet =
    exchange.status === 200 &&
    isStated(policy.lifetimeSource) &&
    location !== null &&
    isSameTarget(location, exchange);
  return answersGet ? null : "post-without-content-location";
}

function statusObstacle(status: number, directives: CacheControl): ReasonName | null {
  if (status < 200 || status > 599) return "status-not-final";
  if (status === 206) return "status-partial";
  if (status === 304) return "status-not-modified";
  if (status === 412 || status === 416) return "status-conditional";
  if (unstorableStatuses.has(status)) return "status-never-stored";
  if (directives.has("must-understand") && !understoodStatuses.has(status)) return "status-not-understood";
  return null;
}

/** RFC 6585 §3 to §6 forbid storing these; 421 (RFC 9110 §15.5.20) speaks of the connection, not of the target. */
const unstorableStatuses: ReadonlySet<number> = new Set([421, 428, 429, 431, 511]);

/** The final statuses of RFC 9110 whose rules for caches are kept here. */
const understoodStatuses: ReadonlySet<number> = new Set([
  200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408, 409,
  410, 411, 413, 414, 415, 417, 422, 426, 500, 501, 502, 503, 504, 505,
]);

function directiveObstacle(
  response: FieldReader,
  directives: CacheControl,
  options: StoringOptions,
): ReasonName | null {
  const privacy = isForced(options) ? null : privacyObstacle(directives);
  if (privacy !== null) return privacy;
  if (varyNames(response.get("vary"))[0] === "*") return "vary-any";
  return null;
}

function privacyObstacle(directives: CacheControl): ReasonName | null {
  // §5.2.2.3: no-store beside must-understand is for caches that know neither the directive nor the status.
  if (directives.has("no-store") && !directives.has("must-understand")) return "response-no-store";
  return isUnqualified(directives, "private") ? "response-private" : null;
}

/** Last of all, so that a response which nobody may store is told from one that only this client may not have stored. */
function requestObstacle(
  { request }: Exchange,
  { sharedWith }: Policy,
  directives: CacheControl,
  options: StoringOptions,
): ReasonName | null {
  if (forbidsStoring(request)) return "request-no-store";
  if (isForced(options)) return null;
  if (request.get("authorization") !== null && !allowsAuthorized(directives)) return "request-authorization";
  if (bearsIdentity(request) && !saysShared(directives)) return "request-identity";
  if (sharedWith === "anonymous" && senderOf(request, options) !== "anonymous") return "request-sender";
  return null;
}

/** §3.5 */
function allowsAuthorized(directives: CacheControl): boolean {
  return saysShared(directives) || directives.has("must-revalidate");
}

/** RFC 9112 §8: only a length or chunks tell a whole body from one cut short. A 204 has none. */
function bodyObstacle(exchange: Exchange, options: StoringOptions): ReasonName | null {
  if (isEventStream(exchange.response)) return "event-stream";
  const unframed = exchange.framing === "close" && exchange.status !== 204;
  return unframed && !options.storeUnframed ? "unframed" : null;
}

/** §3: a status that permits no heuristic needs an explicit lifetime; and what could never be used is not stored. */
function lifetimeObstacle(
  exchange: Exchange,
  policy: Policy,
  directives: CacheControl,
  options: StoringOptions,
): ReasonName | null {
  const setsCookie = exchange.response.get("set-cookie") !== null;
  if (policy.lifetimeSource === "rule" && setsCookie && !isForced(options)) return "rule-set-cookie";
  if (!isSaid(policy.lifetimeSource)) {
    // What the operator gives, he gives to statuses that permit a heuristic, or to errors whatever their status.
    const isPermitted = policy.lifetimeSource === "operator" || permitsHeuristic(exchange.status, directives);
    if (!isPermitted) return "status-without-lifetime";
    // §7.3: who sends a cookie without a word about caching did not think of a cache.
    if (setsCookie) return "set-cookie";
    if (policy.lifetimeSource === "none" && !hasValidator(policy))
      return exchange.framing === "chunked" ? "unstated-lifetime-of-stream" : "no-lifetime";
  }
  return isFreshOnArrival(policy) || hasValidator(policy) || mayServeStale(policy) ? null : "never-fresh";
}

function storedReason(policy: Policy, options: StoringOptions): ReasonName {
  if (!isFreshOnArrival(policy))
    return hasValidator(policy) ? "stored-for-validation" : "stored-for-stale-use";
  if (policy.lifetimeSource === "rule") return isForced(options) ? "stored-forced" : "stored-rule";
  if (policy.lifetimeSource === "targeted") return "stored-targeted";
  if (policy.lifetimeSource === "heuristic") return "stored-heuristic";
  return policy.lifetimeSource === "operator" ? "stored-operator" : "stored-explicit";
}

function isFreshOnArrival(policy: Policy): boolean {
  return !policy.revalidateAlways && policy.freshnessLifetime > policy.correctedInitialAge;
}

function hasValidator(policy: Policy): boolean {
  return policy.entityTag !== null || policy.lastModifiedAt !== null;
}

/** For stale-while-revalidate, stale-if-error, or a client's max-stale. */
function mayServeStale(policy: Policy): boolean {
  const forMaxStale = policy.freshnessLifetime > 0 && !policy.revalidateAlways && !policy.revalidateWhenStale;
  return forMaxStale || policy.staleWhileRevalidateWindow > 0 || policy.staleIfErrorWindow > 0;
}
