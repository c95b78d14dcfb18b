import { describe, expect, test } from "bun:test";
import type { LifetimeSource } from "../../src/rules/policy.ts";
import type { ReasonName } from "../../src/rules/reason.ts";
import type { Exchange, StoringOptions } from "../../src/rules/exchange.ts";
import { decideFreshening, mayReplace } from "../../src/rules/storable.ts";
import { dateIn, decide, type Fields, now, plainOptions, policyFor, reader } from "./exchange.ts";

type Changes = Parameters<typeof decide>[1];

describe("a response is stored, and the reason says by what", () => {
  const cases: [reason: ReasonName, response: Fields, changes?: Changes][] = [
    ["stored-explicit", { "cache-control": "max-age=60" }],
    ["stored-explicit", { "cache-control": "s-maxage=60" }],
    ["stored-explicit", { expires: dateIn(60) }],
    ["stored-explicit", { "cache-control": "max-age=60" }, { exchange: { framing: "chunked" } }],
    ["stored-targeted", { "cdn-cache-control": "max-age=60" }],
    ["stored-heuristic", { "last-modified": dateIn(-1000) }],
    ["stored-operator", {}, { options: { defaultLifetime: 60 } }],
    ["stored-for-validation", { etag: '"a"' }],
    ["stored-for-validation", { "last-modified": dateIn(0) }],
    ["stored-for-validation", { "cache-control": "no-cache", etag: '"a"' }],
    ["stored-for-validation", { "cache-control": "no-cache, max-age=60", etag: '"a"' }],
    ["stored-for-validation", { "cache-control": "max-age=0", "last-modified": dateIn(-5) }],
    ["stored-for-validation", { "cache-control": "max-age=60", age: "90", etag: '"a"' }],
    ["stored-for-stale-use", { "cache-control": "max-age=0, stale-while-revalidate=60" }],
    ["stored-for-stale-use", { "cache-control": "max-age=0, stale-if-error=60" }],
    ["stored-for-stale-use", { "cache-control": "max-age=60", age: "90" }],
    ["stored-for-stale-use", { "cache-control": "s-maxage=60, stale-if-error=600", age: "90" }],
    ["stored-for-stale-use", { "cache-control": "s-maxage=0, stale-while-revalidate=600" }],
    ["stored-for-stale-use", { "cache-control": "max-age=0" }, { options: { staleIfErrorWindow: 60 } }],
    ["stored-explicit", { "cache-control": 'private="x", max-age=60' }],
    ["stored-explicit", { "cache-control": 'no-cache="x", max-age=60' }],
    ["stored-explicit", { "cache-control": "max-age=60", "set-cookie": "a=b" }],
    ["stored-explicit", { "cache-control": "must-understand, no-store, max-age=60" }],
    ["stored-explicit", { "cache-control": "public, max-age=60" }, { request: { authorization: "x" } }],
    ["stored-explicit", { "cache-control": "s-maxage=60" }, { request: { authorization: "x" } }],
    [
      "stored-explicit",
      { "cache-control": "must-revalidate, max-age=60" },
      { request: { authorization: "x" } },
    ],
    [
      "stored-explicit",
      { "cache-control": "max-age=60" },
      { request: { cookie: "a=b", range: "bytes=0-1" } },
    ],
    ["stored-explicit", { "cache-control": "max-age=60" }, { exchange: { framing: "close", status: 204 } }],
    [
      "stored-operator",
      {},
      { exchange: { framing: "close" }, options: { storeUnframed: true, defaultLifetime: 60 } },
    ],
    [
      "stored-heuristic",
      { "cache-control": "public", "last-modified": dateIn(-1000) },
      { exchange: { status: 599 } },
    ],
    [
      "stored-explicit",
      { expires: dateIn(60), "content-location": "/page" },
      { exchange: { method: "POST" } },
    ],
    [
      "stored-explicit",
      { expires: dateIn(60), "content-location": "page#x" },
      { exchange: { method: "POST" } },
    ],
    [
      "stored-explicit",
      { expires: dateIn(60), "content-location": "http://127.0.0.1:8000/page" },
      { exchange: { method: "POST", upstreamOrigins: ["http://127.0.0.1:8000"] } },
    ],
  ];
  test.each(cases)("%s: %j %j", (reason, response, changes = {}) => {
    expect(decide(response, changes)).toMatchObject({ storable: true, reason });
  });
});

describe("a response is not stored, and the reason says why", () => {
  const fresh = { "cache-control": "max-age=60" };
  const cases: [reason: ReasonName, response: Fields, changes?: Changes][] = [
    ["method-not-storable", fresh, { exchange: { method: "HEAD" } }],
    ["method-not-storable", fresh, { exchange: { method: "PUT" } }],
    ["method-not-storable", fresh, { exchange: { method: "get" } }],
    ["post-without-content-location", fresh, { exchange: { method: "POST" } }],
    [
      "post-without-content-location",
      { ...fresh, "content-location": "/other" },
      { exchange: { method: "POST" } },
    ],
    [
      "post-without-content-location",
      { ...fresh, "content-location": "https://example.com/page" },
      { exchange: { method: "POST" } },
    ],
    [
      "post-without-content-location",
      { "last-modified": dateIn(-1000), "content-location": "/page" },
      { exchange: { method: "POST" } },
    ],
    [
      "post-without-content-location",
      { ...fresh, "content-location": "/page" },
      { exchange: { method: "POST", status: 404 } },
    ],
    ["status-not-final", fresh, { exchange: { status: 103 } }],
    ["status-not-final", fresh, { exchange: { status: 999 } }],
    ["status-partial", fresh, { exchange: { status: 206 } }],
    ["status-not-modified", fresh, { exchange: { status: 304 } }],
    ["status-conditional", fresh, { exchange: { status: 412 } }],
    ["status-conditional", fresh, { exchange: { status: 416 } }],
    ["status-never-stored", fresh, { exchange: { status: 429 } }],
    ["status-never-stored", fresh, { exchange: { status: 431 } }],
    [
      "status-not-understood",
      { "cache-control": "max-age=60, must-understand" },
      { exchange: { status: 599 } },
    ],
    ["status-without-lifetime", { "last-modified": dateIn(-1000) }, { exchange: { status: 201 } }],
    ["status-without-lifetime", { etag: '"a"' }, { exchange: { status: 302 } }],
    ["status-without-lifetime", {}, { exchange: { status: 503 }, options: { defaultLifetime: 60 } }],
    ["request-no-store", fresh, { request: { "cache-control": "no-store" } }],
    ["response-no-store", { "cache-control": "max-age=60, No-Store" }],
    ["response-no-store", { "cache-control": "no-store", expires: dateIn(60) }],
    ["response-private", { "cache-control": "private, max-age=60" }],
    ["response-private", { "cache-control": 'private="x", private, max-age=60' }],
    ["response-private", { "cache-control": "private=x, max-age=60" }],
    ["request-authorization", fresh, { request: { authorization: "x" } }],
    [
      "request-authorization",
      { "cache-control": "max-age=60, proxy-revalidate" },
      { request: { authorization: "x" } },
    ],
    ["set-cookie", { "last-modified": dateIn(-1000), "set-cookie": "a=b" }],
    ["set-cookie", { etag: '"a"', "set-cookie": "a=b" }],
    ["set-cookie", { "set-cookie": "a=b" }, { options: { defaultLifetime: 60 } }],
    ["vary-any", { ...fresh, vary: "*" }],
    ["vary-any", { ...fresh, vary: ["foo", "", ", *"] }],
    ["no-lifetime", {}],
    ["no-lifetime", {}, { options: { staleIfErrorWindow: 60, staleWhileRevalidateWindow: 60 } }],
    ["no-lifetime", { etag: "unquoted" }],
    ["never-fresh", { "cache-control": "max-age=0" }],
    ["never-fresh", { expires: "0" }],
    ["never-fresh", { "cache-control": "no-cache, max-age=60" }],
    ["never-fresh", { "cache-control": "s-maxage=60", age: "90" }],
    ["never-fresh", { "cache-control": "no-cache, max-age=60, stale-if-error=600" }],
    ["unframed", fresh, { exchange: { framing: "close" } }],
    [
      "unstated-lifetime-of-stream",
      {},
      { exchange: { framing: "chunked" }, options: { defaultLifetime: 60 } },
    ],
    ["unstated-lifetime-of-stream", {}, { exchange: { framing: "chunked" } }],
    ["event-stream", { ...fresh, "content-type": "text/event-stream" }, { exchange: { framing: "chunked" } }],
    [
      "event-stream",
      { ...fresh, "content-type": "Text/Event-Stream; charset=utf-8", etag: '"a"' },
      { exchange: { framing: "chunked" } },
    ],
    [
      "event-stream",
      { ...fresh, "content-type": "text/event-stream" },
      { exchange: { framing: "close" }, options: { storeUnframed: true } },
    ],
    ["event-stream", { ...fresh, "content-type": "text/event-stream" }, { exchange: { framing: "length" } }],
  ];
  test.each(cases)("%s: %j %j", (reason, response, changes = {}) => {
    expect(decide(response, changes)).toEqual({ storable: false, reason });
  });
});

describe("a lifetime that is not stated is for a body whose length is (or that the operator takes for a page)", () => {
  const old = { "last-modified": dateIn(-1000) };
  const cases: [
    source: string,
    response: Fields,
    exchange: Partial<Exchange>,
    stored?: Partial<StoringOptions>,
  ][] = [
    ["heuristic", old, { framing: "length" }],
    ["none", old, { framing: "chunked" }],
    ["none", { ...old, "cache-control": "public" }, { framing: "chunked" }],
    ["none", { etag: '"a"' }, { framing: "chunked" }, { defaultLifetime: 60 }],
    ["operator", { etag: '"a"' }, { framing: "length" }, { defaultLifetime: 60 }],
    ["operator", {}, { framing: "length", status: 204 }, { defaultLifetime: 60 }],
    ["heuristic", old, { framing: "close" }, { storeUnframed: true }],
    ["max-age", { ...old, "cache-control": "max-age=5" }, { framing: "chunked" }],
    ["expires", { expires: dateIn(60) }, { framing: "chunked" }],
    ["heuristic", { ...old, "content-type": "text/event-streams" }, { framing: "length" }],
  ];
  test.each(cases)("%s: %j %j %j", (source, response, exchange, options = {}) => {
    expect(policyFor(response, { exchange, options }).lifetimeSource).toBe(source as LifetimeSource);
  });

  test("and what was stored without gets none when the origin confirms it, unless it states one then", () => {
    const exchange = {
      origin: "https://example.org",
      target: "/page",
      status: 200,
      requestAt: now,
      responseAt: now,
      receivedAt: now,
      request: reader(),
    };
    const confirmed = (response: Fields, lifetimeSource: LifetimeSource) =>
      decideFreshening({ ...exchange, response: reader(response) }, { lifetimeSource }, plainOptions);
    const sources = [
      confirmed(old, "none"),
      confirmed(old, "heuristic"),
      confirmed({ ...old, "cache-control": "max-age=5" }, "none"),
    ].map((decision) => decision.outcome === "freshen" && decision.policy.lifetimeSource);
    expect(sources).toEqual(["none", "heuristic", "max-age"]);
  });
});

describe("a heuristic is for the statuses that permit one (RFC 9110 §15.1)", () => {
  const permitted = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];
  test.each([
    200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414, 418, 500, 501,
    502, 503, 504, 599,
  ])("%j", (status) => {
    const decision = decide({ "last-modified": dateIn(-1000) }, { exchange: { status } });
    expect(decision.storable).toBe(permitted.includes(status));
  });
});

test.each([200, 201, 299, 302, 307, 400, 403, 499, 500, 502, 503, 504, 599])(
  "an explicit lifetime does for any final status: %j",
  (status) => {
    expect(decide({ expires: dateIn(60) }, { exchange: { status } }).storable).toBe(true);
  },
);

describe("fields that concern one client only are withheld from others", () => {
  const cases: [response: Fields, withheld: string[]][] = [
    [{ "cache-control": "max-age=60" }, []],
    [{ "cache-control": "max-age=60", "set-cookie": "a=b" }, ["set-cookie"]],
    [
      { "cache-control": ['no-cache="B, a"', 'private="c"', "max-age=60"], "set-cookie": "x" },
      ["a", "b", "c", "set-cookie"],
    ],
  ];
  test.each(cases)("%j", (response, withheld) => {
    expect(policyFor(response).withheldFields).toEqual(withheld);
  });
});

test("where cookies are shared, Set-Cookie is withheld only if the response names it", () => {
  const options = { shareSetCookie: true };
  const plain = { "cache-control": "max-age=60", "set-cookie": "a=b" };
  expect(policyFor(plain, { options }).withheldFields).toEqual([]);
  const named = { ...plain, "cache-control": 'max-age=60, no-cache="Set-Cookie"' };
  expect(policyFor(named, { options }).withheldFields).toEqual(["set-cookie"]);
  const unstated = { "last-modified": dateIn(-1000), "set-cookie": "a=b" };
  expect(decide(unstated, { options }).reason).toBe("set-cookie");
});

describe("stale use is what the response says, else the operator, and never where it is forbidden", () => {
  const options = { staleWhileRevalidateWindow: 10, staleIfErrorWindow: 20 };
  const cases: [cacheControl: string, windows: [revalidate: number, error: number]][] = [
    ["max-age=60", [10, 20]],
    ["max-age=60, stale-while-revalidate=5, stale-if-error=6", [5, 6]],
    ["max-age=60, stale-while-revalidate=0, stale-if-error=x", [0, 0]],
    ["max-age=60, must-revalidate", [0, 0]],
    ["max-age=60, proxy-revalidate, stale-if-error=9", [0, 0]],
    ["max-age=60, must-revalidate, stale-while-revalidate=8, stale-if-error=9", [0, 0]],
    ["max-age=60, proxy-revalidate, stale-while-revalidate=8, stale-if-error=9", [0, 0]],
    ["s-maxage=60", [0, 0]],
    ["s-maxage=60, stale-while-revalidate=8", [8, 0]],
    ["s-maxage=60, stale-if-error=9", [0, 9]],
    ["s-maxage=60, max-age=0, stale-while-revalidate=8, stale-if-error=9", [8, 9]],
    ["s-maxage=60, must-revalidate, stale-while-revalidate=8, stale-if-error=9", [0, 0]],
    ["s-maxage=60, proxy-revalidate, stale-while-revalidate=8, stale-if-error=9", [0, 0]],
    ["s-maxage=60, no-cache, stale-while-revalidate=8, stale-if-error=9", [0, 0]],
    ['s-maxage=60, no-cache="x", stale-while-revalidate=8', [8, 0]],
    ["max-age=60, no-cache", [0, 0]],
    ["public", [0, 0]],
    ["public, stale-if-error=6", [0, 6]],
  ];
  test.each(cases)("%j", (cacheControl, windows) => {
    const policy = policyFor({ "cache-control": cacheControl, etag: '"a"' }, { options });
    expect([policy.staleWhileRevalidateWindow, policy.staleIfErrorWindow]).toEqual(windows);
  });

  test("and by the letter s-maxage forbids it whatever else is said (RFC 9111 §5.2.2.10)", () => {
    const strict = { options: { ...options, strictSharedMaxAge: true } };
    const cacheControl = "s-maxage=60, stale-while-revalidate=8, stale-if-error=9";
    const windows = { staleWhileRevalidateWindow: 0, staleIfErrorWindow: 0 };
    expect(policyFor({ "cache-control": cacheControl }, strict)).toMatchObject(windows);
    const targeted = { "cdn-cache-control": cacheControl, "cache-control": "max-age=60" };
    expect(policyFor(targeted, strict)).toMatchObject(windows);
    expect(policyFor({ "cache-control": "max-age=60, stale-if-error=9" }, strict).staleIfErrorWindow).toBe(9);
  });
});

test("the policy keeps validators, groups and what the response varies by", () => {
  const policy = policyFor({
    "cache-control": "max-age=60, immutable",
    date: dateIn(-5),
    etag: 'W/"a"',
    "last-modified": dateIn(-1000),
    vary: "Foo, accept-encoding,foo",
    "content-encoding": "br",
    "content-language": "de",
    "cache-groups": '"a", "b"',
  });
  expect(policy).toMatchObject({
    immutable: true,
    entityTag: 'W/"a"',
    lastModifiedAt: Date.parse(dateIn(-1000)),
    dateAt: Date.parse(dateIn(-5)),
    vary: ["accept-encoding", "foo"],
    contentEncoding: "br",
    contentLanguage: "de",
    groups: ["a", "b"],
    revalidateAlways: false,
    revalidateWhenStale: false,
  });
});

test("a policy survives the index as JSON", () => {
  const policy = policyFor({
    expires: "Sun, 21 Nov 9999 04:46:39 GMT",
    date: "Sat, 01 Jan 0001 00:00:00 GMT",
    etag: '"a"',
  });
  expect(JSON.parse(JSON.stringify(policy))).toEqual(policy);
});

test("a server error replaces only another one", () => {
  expect(mayReplace({ status: 200 }, 503)).toBe(false);
  expect(mayReplace({ status: 404 }, 500)).toBe(false);
  expect(mayReplace({ status: 200 }, 404)).toBe(true);
  expect(mayReplace({ status: 503 }, 500)).toBe(true);
  expect(mayReplace({ status: 503 }, 200)).toBe(true);
});

describe("after a 304 or a HEAD the stored response", () => {
  const fresh = { "cache-control": "max-age=60" };
  const cases: [outcome: string, reason: string | undefined, response: Fields, request: Fields][] = [
    ["freshen", undefined, fresh, {}],
    ["freshen", undefined, { etag: '"a"' }, {}],
    ["remove", "response-no-store", { "cache-control": "no-store" }, {}],
    [
      "remove",
      "response-private",
      { "cache-control": "private" },
      { authorization: "x", "cache-control": "no-store" },
    ],
    ["remove", "vary-any", { ...fresh, vary: "*" }, {}],
    ["leave", "request-no-store", fresh, { "cache-control": "no-store" }],
    ["leave", "request-authorization", fresh, { authorization: "x" }],
    ["leave", "request-identity", fresh, { "x-api-key": "x" }],
    ["leave", "request-sender", { etag: '"a"' }, { cookie: "a=b" }],
  ];
  test.each(cases)("%s, %s: %j %j", (outcome, reason, response, request) => {
    const exchange = {
      origin: "https://example.org",
      target: "/page",
      status: 200,
      requestAt: now,
      responseAt: now,
      receivedAt: now,
    };
    const decision = decideFreshening(
      { ...exchange, request: reader(request), response: reader(response) },
      { lifetimeSource: "max-age" },
      plainOptions,
    );
    expect<unknown>(decision).toMatchObject(reason === undefined ? { outcome } : { outcome, reason });
  });
});
