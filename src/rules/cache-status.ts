import { ParseError, parseList, serializeString } from "structured-headers";
import type { ReasonName } from "./reason.ts";

/** What is told of one request in Cache-Status (RFC 9211 §2). */
export interface CacheStatusFacts {
  readonly hit: boolean;
  /** Why the request went to the origin. */
  readonly forward?:
    | "uri-miss"
    | "vary-miss"
    | "stale"
    | "request"
    | "method"
    | "bypass"
    | "partial"
    | "miss";
  readonly forwardStatus?: number;
  readonly stored?: boolean;
  readonly collapsed?: boolean;
  /** Seconds; negative when stale. */
  readonly timeToLive?: number;
  /** Names of the operator's rules that decided something. */
  readonly rules?: readonly string[];
  /** The cache key; only where the operator wants it shown. */
  readonly key?: string;
  readonly detail?: ReasonName;
}

/**
 * The Cache-Status field: what caches nearer to the origin wrote, if that is a list, and this cache's member. Names
 * of reasons are tokens; the key and the names of rules may need quoting.
 */
export function cacheStatus(upstream: string | null, facts: CacheStatusFacts): string {
  let member = "cacheproxy";
  if (facts.hit) member += "; hit";
  if (facts.forward !== undefined) member += `; fwd=${facts.forward}`;
  if (facts.forwardStatus !== undefined) member += `; fwd-status=${facts.forwardStatus}`;
  if (facts.stored === true) member += "; stored";
  if (facts.collapsed === true) member += "; collapsed";
  if (facts.timeToLive !== undefined) member += `; ttl=${Math.floor(facts.timeToLive)}`;
  if (facts.rules !== undefined && facts.rules.length > 0) {
    member += `; rule=${tokenOrString(facts.rules.join(" "))}`;
  }
  if (facts.key !== undefined) member += `; key=${serializeString(printable(facts.key))}`;
  if (facts.detail !== undefined) member += `; detail=${facts.detail}`;
  return upstream !== null && isList(upstream) ? `${upstream}, ${member}` : member;
}

/** RFC 9651 §3.3.4: what is no token is a string. */
function tokenOrString(text: string): string {
  return /^[A-Za-z*][\w!#$%&'*+.^`|~:/-]*$/.test(text) ? text : serializeString(printable(text));
}

/** A structured string holds printable ASCII only (RFC 9651 §3.3.3). */
function printable(key: string): string {
  return key.replace(
    /[^\x20-\x7e]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A member after a malformed one would be lost with it (RFC 9651 §4.2). */
function isList(upstream: string): boolean {
  try {
    return parseList(upstream).length > 0;
  } catch (error) {
    if (error instanceof ParseError) return false;
    throw error;
  }
}
