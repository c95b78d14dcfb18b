import type { CacheControl } from "./cache-control.ts";
import { type Caps, capsFor } from "./error-cap.ts";
import type { Exchange, StoringOptions } from "./exchange.ts";
import type { FieldReader } from "./fields.ts";
import {
  correctedInitialAge,
  explicitLifetime,
  heuristicLifetime,
  type Lifetime,
  parseAge,
  permitsHeuristic,
} from "./freshness.ts";
import { parseGroups } from "./groups.ts";
import { tagsOf } from "./tags.ts";
import { parseHttpDate } from "./http-date.ts";
import type { Audience, LifetimeSource, Policy, Validators } from "./policy.ts";
import type { ResponseDirectives } from "./targeted.ts";
import { validatorsIn } from "./validation.ts";
import { varyNames } from "./vary.ts";

/** What reuse needs to know of the response, whether or not it may be stored. `known` are its directives. */
export function policyOf(exchange: Exchange, known: ResponseDirectives, options: StoringOptions): Policy {
  const { response, requestAt, responseAt, receivedAt } = exchange;
  const { directives } = known;
  const sentDateAt = dateField(response, "date", receivedAt);
  const validators = validatorsIn(response, receivedAt);
  const caps = capsFor(exchange.status, options);
  const lifetime = lifetimeOf(exchange, known, validators, options);
  const initialAge = correctedInitialAge({
    ageValue: parseAge(response.get("age")),
    dateAt: sentDateAt,
    requestAt,
    responseAt,
    receivedAt,
  });
  // Who writes a rule counts from when the response comes, though a cache nearer to the origin has had it for an hour.
  const countsFrom = lifetime.source === "rule" ? initialAge : 0;
  return {
    freshnessLifetime: countsFrom + bounded(lifetime, caps, options),
    lifetimeSource: lifetime.source,
    correctedInitialAge: initialAge,
    responseAt,
    revalidateAlways: saysNoCache(directives, lifetime),
    revalidateWhenStale: forbidsStale(directives) || saysSharedLifetime(directives, lifetime),
    immutable: directives.has("immutable"),
    ...staleWindows(directives, lifetime, caps, options),
    ...validators,
    withheldFields: withheldFields(response, directives, options),
    sharedWith: audienceOf(lifetime, directives, options),
    vary: varyNames(response.get("vary")),
    contentLanguage: response.get("content-language"),
    contentEncoding: response.get("content-encoding"),
    groups: parseGroups(response.get("cache-groups")),
    tags: tagsOf(response),
    ...(options.rules.length === 0 ? {} : { rules: options.rules }),
  };
}

/** What a rule gives for this very status is meant as it is said; only what is longer than anything may be is cut. */
function bounded({ seconds, source }: Lifetime, caps: Caps, { maxLifetime }: StoringOptions): number {
  const cap = isStated(source) ? caps.stated : caps.unstated;
  return Math.min(seconds, source === "rule" ? seconds : cap, maxLifetime ?? seconds);
}

/** Whether the origin itself has said how long (§4.2.1). */
export function isStated(source: LifetimeSource): boolean {
  return statedSources.has(source);
}

/** Whether somebody has said it of this response, not of responses that say nothing. */
export function isSaid(source: LifetimeSource): boolean {
  return source === "rule" || isStated(source);
}

/** Whether a rule has the response kept for everyone, over no-store, private and Set-Cookie. */
export function isForced({ lifetime, isForced }: StoringOptions): boolean {
  return lifetime !== null && isForced;
}

/** Both are about how long the response is fresh, which a rule says otherwise. */
function saysNoCache(directives: CacheControl, { source }: Lifetime): boolean {
  return source !== "rule" && isUnqualified(directives, "no-cache");
}

function saysSharedLifetime(directives: CacheControl, { source }: Lifetime): boolean {
  return source !== "rule" && directives.has("s-maxage");
}

const statedSources: ReadonlySet<LifetimeSource> = new Set(["targeted", "s-maxage", "max-age", "expires"]);

/**
 * Whom the response may be given. An origin that says nothing of caching did not think of it: its page may greet the
 * visitor, and is nobody's who has a name. One that states a lifetime, or has each use confirmed by no-cache, has
 * thought of those who are known by cookies, but those who are known by a key of an API are only meant if it says that
 * the response is shared, as for Authorization (§3.5). The operator's rules count as the origin's word.
 */
function audienceOf(lifetime: Lifetime, directives: CacheControl, options: StoringOptions): Audience {
  if (!isSaid(lifetime.source) && !isUnqualified(directives, "no-cache")) return "anonymous";
  return isForced(options) || saysShared(directives) ? "everyone" : "unidentified";
}

/** §5.2.2.9, §5.2.2.10 */
export function saysShared(directives: CacheControl): boolean {
  return directives.has("public") || directives.has("s-maxage");
}

/** §5.2.2.4, §5.2.2.7: without field names the directive is about the whole response. */
export function isUnqualified(directives: CacheControl, directive: "no-cache" | "private"): boolean {
  return directives.has(directive) && directives.fields(directive) === null;
}

/** §5.2.2.2, §5.2.2.8: written out, both forbid a shared cache to serve the response stale. */
function forbidsStale(directives: CacheControl): boolean {
  return directives.has("must-revalidate") || directives.has("proxy-revalidate");
}

/**
 * How long the response may be used stale (RFC 5861): as it says itself, else as the operator says. What forbids it,
 * wins. s-maxage implies proxy-revalidate (§5.2.2.10), so that the operator's word does not count beside it; but an
 * origin that writes `s-maxage=60, stale-while-revalidate=600` means both, and the permission in so many words wins over
 * what is only implied.
 */
function staleWindows(
  directives: CacheControl,
  lifetime: Lifetime,
  caps: Caps,
  options: StoringOptions,
): Pick<Policy, "staleWhileRevalidateWindow" | "staleIfErrorWindow"> {
  const isShared = saysSharedLifetime(directives, lifetime);
  const isForbidden =
    saysNoCache(directives, lifetime) || forbidsStale(directives) || (isShared && options.strictSharedMaxAge);
  const windowOf = (directive: string, operatorWindow: number) => {
    if (isForbidden) return 0;
    const stated = directives.seconds(directive);
    if (stated !== null) return Math.min(stated, caps.stated);
    return isShared || lifetime.source === "none" ? 0 : Math.min(operatorWindow, caps.unstated);
  };
  return {
    staleWhileRevalidateWindow: windowOf("stale-while-revalidate", options.staleWhileRevalidateWindow),
    staleIfErrorWindow: windowOf("stale-if-error", options.staleIfErrorWindow),
  };
}

function dateField(response: FieldReader, name: string, now: number): number | null {
  const value = response.get(name);
  return value === null ? null : parseHttpDate(value, now);
}

/** Chunks may be a camera's pictures or a log's lines without end: a lifetime that is not stated is for what has a length. */
function lifetimeOf(
  exchange: Exchange,
  known: ResponseDirectives,
  dates: Validators,
  options: StoringOptions,
): Lifetime {
  if (options.lifetime !== null) return { seconds: options.lifetime, source: "rule" };
  const explicit = explicitLifetime(known, exchange.response, dates.dateAt, exchange.receivedAt);
  if (explicit !== null) return explicit;
  if (exchange.status >= 400 && options.errorLifetime !== null)
    return { seconds: options.errorLifetime, source: "operator" };
  const isPage = exchange.framing !== "chunked" && permitsHeuristic(exchange.status, known.directives);
  if (isPage && options.heuristic && dates.lastModifiedAt !== null)
    return heuristicLifetime(dates.lastModifiedAt, dates.dateAt);
  const lifetime = isPage ? options.defaultLifetime : null;
  return lifetime === null ? { seconds: 0, source: "none" } : { seconds: lifetime, source: "operator" };
}

function withheldFields(
  response: FieldReader,
  directives: CacheControl,
  { shareSetCookie }: StoringOptions,
): readonly string[] {
  const names = new Set([...(directives.fields("no-cache") ?? []), ...(directives.fields("private") ?? [])]);
  if (!shareSetCookie && response.get("set-cookie") !== null) names.add("set-cookie");
  return [...names].sort();
}
