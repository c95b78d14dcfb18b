import type { FieldList } from "./fields.ts";
import { remembered } from "./remembered.ts";

/** The fields of a message that go on to the next recipient (RFC 9110 §7.6.1). `connection` is its Connection field. */
export function endToEndFields(fields: FieldList, connection: string | null): FieldList {
  const nominated = nominatedBy(connection);
  return fields.filter(([name]) => !isHopByHop(name) && !nominated.has(name));
}

/** The fields that a Connection field names besides: they are for this connection only. */
export function nominatedBy(connection: string | null): ReadonlySet<string> {
  return connection === null ? nothing : namedIn(connection);
}

const nothing: ReadonlySet<string> = new Set();

/** Most messages say "keep-alive", or nothing. */
const namedIn = remembered(
  (connection): ReadonlySet<string> =>
    new Set(
      connection
        .toLowerCase()
        .split(",")
        .map((option) => option.trim())
        .filter(isNominable),
    ),
);

/**
 * Whether Connection may name the field. Those on which others along the way rely cannot be named away: a client could
 * else strip what proxies add, or an origin what caches obey. Lower-case names.
 */
export function isNominable(name: string): boolean {
  return !protectedFields.has(name) && !protectedPrefixes.some((prefix) => name.startsWith(prefix));
}

/** For one connection only; with those meant for a proxy, which RFC 9111 §3.1 forbids to store. Lower-case names. */
export function isHopByHop(name: string): boolean {
  return hopByHopFields.has(name);
}

const hopByHopFields: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const protectedPrefixes = ["access-control-", "content-", "if-", "sec-", "x-forwarded-"];

const protectedFields: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "accept-ranges",
  "age",
  "authorization",
  "cache-control",
  "cache-group-invalidation",
  "cache-groups",
  "cache-status",
  "cdn-cache-control",
  "cdn-loop",
  "clear-site-data",
  "cookie",
  "date",
  "etag",
  "expect",
  "expires",
  "forwarded",
  "host",
  "last-modified",
  "location",
  "max-forwards",
  "origin",
  "pragma",
  "range",
  "referer",
  "referrer-policy",
  "set-cookie",
  "strict-transport-security",
  "surrogate-capability",
  "surrogate-control",
  "user-agent",
  "vary",
  "via",
  "www-authenticate",
  "x-content-type-options",
  "x-frame-options",
  "x-real-ip",
]);
