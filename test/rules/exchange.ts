import { cookieMatcher } from "../../src/rules/cookies.ts";
import { type Exchange, type StoringOptions, unruled } from "../../src/rules/exchange.ts";
import { formatHttpDate } from "../../src/rules/http-date.ts";
import type { Policy } from "../../src/rules/policy.ts";
import type { ReuseOptions } from "../../src/rules/reuse.ts";
import { decideStoring, type StoringDecision } from "../../src/rules/storable.ts";

/** The instant at which the exchanges of these tests take place. */
export const now = Date.UTC(2026, 0, 15, 12, 0, 0);

/** An HTTP-date so many seconds from `now`. */
export function dateIn(seconds: number): string {
  return formatHttpDate(now + seconds * 1000);
}

/** Several values of one name are several lines. */
export type Fields = Record<string, string | readonly string[]>;

export function reader(fields: Fields = {}): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(fields)) {
    for (const value of typeof values === "string" ? [values] : values) headers.append(name, value);
  }
  return headers;
}

export const plainReuse: ReuseOptions = { clientCacheControl: "honour", maxOutage: 0, isOffline: false };

export const plainOptions: StoringOptions = {
  storeUnframed: false,
  targetedFields: ["cdn-cache-control"],
  strictSharedMaxAge: false,
  shareSetCookie: false,
  errorCap: "usual",
  ...unruled,
  ignoredCookies: cookieMatcher(["_ga*", "_gid"]),
};

/** A GET for https://example.org/page at `now`, answered at once with 200. */
export function decide(
  response: Fields,
  changes: { request?: Fields; exchange?: Partial<Exchange>; options?: Partial<StoringOptions> } = {},
): StoringDecision {
  const exchange: Exchange = {
    method: "GET",
    origin: "https://example.org",
    target: "/page",
    request: reader(changes.request),
    status: 200,
    response: reader(response),
    framing: "length",
    requestAt: now,
    responseAt: now,
    receivedAt: now,
    ...changes.exchange,
  };
  return decideStoring(exchange, { ...plainOptions, ...changes.options });
}

/** The policy of a response that is storable. */
export function policyFor(response: Fields, changes: Parameters<typeof decide>[1] = {}): Policy {
  const decision = decide(response, changes);
  if (!decision.storable) throw new Error(`expected a storable response: ${decision.reason}`);
  return decision.policy;
}
