import type { FieldReader } from "./fields.ts";
import { parseGroups } from "./groups.ts";

/** What is known of the target of a request. */
export interface Target {
  /** Path and query. */
  readonly target: string;
  /** Scheme and authority of the target URI: "https://example.org:8443". */
  readonly origin: string;
  /** The origin servers' own names for themselves, where they are not sent the client's Host: they name targets by those. */
  readonly upstreamOrigins?: readonly string[];
}

export interface UnsafeExchange extends Target {
  readonly method: string;
  readonly status: number;
  readonly response: FieldReader;
}

/**
 * The targets (path and query) whose stored responses a successful unsafe request makes invalid (RFC 9111 §4.4): its
 * own, then Location and Content-Location of the same origin. Empty for safe methods and for errors. A method that is
 * not known is unsafe.
 */
export function invalidatedTargets(exchange: UnsafeExchange): readonly string[] {
  if (!invalidates(exchange)) return [];
  const named = ["location", "content-location"].flatMap((name) => {
    const reference = exchange.response.get(name);
    return reference === null ? [] : (resolveTarget(reference, exchange) ?? []);
  });
  return [...new Set([exchange.target, ...named])];
}

/** The groups that the answer to a successful unsafe request makes invalid (RFC 9875 §3). */
export function invalidatedGroups(
  exchange: Pick<UnsafeExchange, "method" | "status" | "response">,
): readonly string[] {
  return invalidates(exchange) ? parseGroups(exchange.response.get("cache-group-invalidation")) : [];
}

/** Whether a reference, such as a Content-Location, names the target itself. */
export function isSameTarget(reference: string, target: Target): boolean {
  const own = resolveTarget(target.origin + target.target, target);
  return own !== null && resolveTarget(reference, target) === own;
}

/** Safe by RFC 9110 §9.2.1 and the IANA registry of methods. */
const safeMethods: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "PROPFIND",
  "QUERY",
  "REPORT",
  "SEARCH",
]);

/** RFC 9111 §4.4: a non-error answer is a 2xx or 3xx. */
function invalidates({ method, status }: Pick<UnsafeExchange, "method" | "status">): boolean {
  return !safeMethods.has(method) && status >= 200 && status < 400;
}

/** Path and query of a reference of the same origin, else null. Another origin's is not this response's to touch. */
function resolveTarget(reference: string, target: Target): string | null {
  const base = URL.parse(target.origin + target.target);
  const url = base === null ? null : URL.parse(reference, base.href);
  if (base === null || url === null) return null;
  const isUpstream = () => target.upstreamOrigins?.some((origin) => URL.parse(origin)?.origin === url.origin);
  if (url.origin !== base.origin && isUpstream() !== true) return null;
  return url.pathname + url.search;
}
