import { describe, expect, test } from "bun:test";
import { decidePieceStoring } from "../../src/rules/content-range.ts";
import { withholding } from "../../src/rules/identity.ts";
import { explain, type ReasonName, reasons } from "../../src/rules/reason.ts";
import { decideReuse, decideReuseOnError } from "../../src/rules/reuse.ts";
import { staled } from "../../src/rules/staled.ts";
import { dateIn, decide, type Fields, now, plainOptions, policyFor, reader } from "./exchange.ts";
import { whileServing } from "./while-serving.ts";

const honour = { clientCacheControl: "honour", maxOutage: 0, isOffline: false } as const;
const fresh = { "cache-control": "max-age=100" };

function storing(response: Fields, changes?: Parameters<typeof decide>[1]): () => ReasonName {
  return () => decide(response, changes).reason;
}

function reuse(age: number, directives: string, request: Fields = {}): () => ReasonName {
  const policy = policyFor({ "cache-control": directives, etag: '"a"' });
  return () => decideReuse(policy, reader(request), now + age * 1000, honour).reason;
}

function failure(age: number, directives: string, status: number, request: Fields = {}): () => ReasonName {
  const policy = policyFor({ "cache-control": directives, etag: '"a"' });
  return () => decideReuseOnError(policy, reader(request), now + age * 1000, status, honour).reason;
}

function storingPiece(response: Fields): () => ReasonName {
  const exchange = { method: "GET", origin: "https://example.org", target: "/page", request: reader() };
  const answer = { status: 206, response: reader({ ...fresh, ...response }), framing: "length" } as const;
  return () =>
    decidePieceStoring(
      { ...exchange, ...answer, requestAt: now, responseAt: now, receivedAt: now },
      plainOptions,
    ).reason;
}

function withheld(response: Fields, request: Fields): () => ReasonName {
  return () => withholding(policyFor(response), reader(request), plainOptions) ?? "hit-fresh";
}

const byRules: Partial<Record<ReasonName, () => ReasonName>> = {
  "hit-fresh": reuse(0, "max-age=100"),
  "hit-immutable": reuse(1, "max-age=100, immutable", { "cache-control": "max-age=0" }),
  "hit-max-stale": reuse(100, "max-age=100", { "cache-control": "max-stale" }),
  "hit-stale-while-revalidate": reuse(100, "max-age=100, stale-while-revalidate=5"),
  "hit-stale-if-error": failure(100, "max-age=100, stale-if-error=5", 503),
  "revalidate-stale": reuse(100, "max-age=100"),
  "revalidate-must": reuse(100, "max-age=100, must-revalidate"),
  "revalidate-no-cache": reuse(0, "no-cache"),
  "revalidate-purged": () => {
    const policy = staled(policyFor(fresh), now);
    return policy === null ? "hit-fresh" : decideReuse(policy, reader(), now, honour).reason;
  },
  "too-many-tags": storing({
    ...fresh,
    "surrogate-key": Array.from({ length: 1001 }, (_, index) => index).join(" "),
  }),
  "request-no-cache": reuse(0, "max-age=100", { "cache-control": "no-cache" }),
  "request-pragma": reuse(0, "max-age=100", { pragma: "no-cache" }),
  "request-max-age": reuse(2, "max-age=100", { "cache-control": "max-age=1" }),
  "request-min-fresh": reuse(2, "max-age=100", { "cache-control": "min-fresh=99" }),
  "request-condition": reuse(0, "max-age=100", { "if-match": "*" }),
  outage: () => {
    const policy = policyFor(fresh);
    const outage = { ...honour, maxOutage: 5 };
    return decideReuseOnError(policy, reader(), now + 101_000, "unreachable", outage).reason;
  },
  offline: () =>
    decideReuse(policyFor(fresh), reader(), now + 101_000, { ...honour, isOffline: true }).reason,
  "stored-targeted": storing({ "cdn-cache-control": "max-age=100" }),
  "stored-explicit": storing(fresh),
  "stored-heuristic": storing({ "last-modified": dateIn(-1000) }),
  "stored-operator": storing({}, { options: { defaultLifetime: 5 } }),
  "stored-rule": storing({}, { options: { lifetime: 5 } }),
  "stored-forced": storing({ "cache-control": "no-store" }, { options: { lifetime: 5, isForced: true } }),
  "rule-no-store": storing(fresh, { options: { store: false } }),
  "rule-set-cookie": storing({ "set-cookie": "a=1" }, { options: { lifetime: 5 } }),
  "stored-for-validation": storing({ etag: '"a"' }),
  "stored-for-stale-use": storing({ "cache-control": "max-age=0, stale-if-error=5" }),
  "method-not-storable": storing(fresh, { exchange: { method: "HEAD" } }),
  "post-without-content-location": storing(fresh, { exchange: { method: "POST" } }),
  "request-no-store": storing(fresh, { request: { "cache-control": "no-store" } }),
  "response-no-store": storing({ "cache-control": "no-store" }),
  "response-private": storing({ "cache-control": "private" }),
  "request-authorization": storing(fresh, { request: { authorization: "x" } }),
  "request-identity": storing(fresh, { request: { "x-api-key": "x" } }),
  "request-sender": storing({ "last-modified": dateIn(-1000) }, { request: { cookie: "a=b" } }),
  "identity-miss": withheld(fresh, { "x-api-key": "x" }),
  "sender-miss": withheld({ "last-modified": dateIn(-1000) }, { cookie: "a=b" }),
  "set-cookie": storing({ etag: '"a"', "set-cookie": "a=b" }),
  "vary-any": storing({ ...fresh, vary: "*" }),
  "status-not-final": storing(fresh, { exchange: { status: 103 } }),
  "status-partial": storing(fresh, { exchange: { status: 206 } }),
  "stored-piece": storingPiece({ "content-range": "bytes 0-4/10" }),
  "partial-without-range": storingPiece({}),
  "partial-malformed-range": storingPiece({ "content-range": "bytes 4-0/10" }),
  "partial-unknown-size": storingPiece({ "content-range": "bytes 0-4/*" }),
  "partial-wrong-length": storingPiece({ "content-range": "bytes 0-4/10", "content-length": "6" }),
  "status-not-modified": storing(fresh, { exchange: { status: 304 } }),
  "status-conditional": storing(fresh, { exchange: { status: 416 } }),
  "status-never-stored": storing(fresh, { exchange: { status: 429 } }),
  "status-not-understood": storing({ "cache-control": "must-understand" }, { exchange: { status: 599 } }),
  "status-without-lifetime": storing({}, { exchange: { status: 302 } }),
  "no-lifetime": storing({}),
  "never-fresh": storing({ "cache-control": "max-age=0" }),
  "event-stream": storing(
    { ...fresh, "content-type": "text/event-stream" },
    { exchange: { framing: "chunked" } },
  ),
  "unstated-lifetime-of-stream": storing({}, { exchange: { framing: "chunked" } }),
  unframed: storing(fresh, { exchange: { framing: "close" } }),
  "error-no-stale-if-error": failure(100, "max-age=100", 503),
  "error-window-passed": failure(105, "max-age=100, stale-if-error=5", 503),
  "error-must-revalidate": failure(100, "max-age=100, must-revalidate", 503),
  "error-no-cache": failure(0, "no-cache", 503),
  "error-request": failure(0, "max-age=100", 503, { "cache-control": "no-cache" }),
  "error-not-covered": failure(100, "max-age=100, stale-if-error=5", 404),
};

describe("every reason that a rule gives occurs", () => {
  test.each(Object.entries(byRules))("%s", (name, outcome) => {
    expect(outcome()).toBe(name as ReasonName);
  });

  test("and every other belongs to serving", () => {
    expect([...Object.keys(byRules), ...whileServing].sort()).toEqual(Object.keys(reasons).sort());
  });
});

test("a reason is explained with its clause, where it has one", () => {
  expect(explain("response-private")).toBe(
    "not stored: the response says Cache-Control: private (RFC 9111 §5.2.2.7)",
  );
  expect(explain("too-large")).toBe("not stored: the body is larger than the cache may hold");
});

test("every clause is one of an RFC", () => {
  for (const { clause } of Object.values(reasons)) {
    if (clause !== null) expect(clause).toMatch(/^RFC \d{4}( §\d+(\.\d+)*)?$/);
  }
});
