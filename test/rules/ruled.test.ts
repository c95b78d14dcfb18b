import { describe, expect, test } from "bun:test";
import type { StoringOptions } from "../../src/rules/exchange.ts";
import type { Audience } from "../../src/rules/policy.ts";
import type { ReasonName } from "../../src/rules/reason.ts";
import { decideFreshening } from "../../src/rules/storable.ts";
import { dateIn, decide, type Fields, now, plainOptions, policyFor, reader } from "./exchange.ts";

type Changes = NonNullable<Parameters<typeof decide>[1]>;

function lifetimeOf(response: Fields, options: Partial<StoringOptions>, status = 200): number {
  return policyFor(response, { options, exchange: { status } }).freshnessLifetime;
}

describe("a rule's lifetime goes over what the response says of how long it is fresh", () => {
  const options = { lifetime: 60 };
  test.each<[response: Fields]>([
    [{}],
    [{ "cache-control": "max-age=5" }],
    [{ "cache-control": "s-maxage=500" }],
    [{ "cache-control": "max-age=0, no-cache, must-revalidate", expires: "0" }],
    [{ "cdn-cache-control": "max-age=5" }],
    [{ expires: dateIn(500) }],
    [{ "last-modified": dateIn(-10_000) }],
  ])("%j", (response) => {
    expect(decide(response, { options }).reason).toBe("stored-rule");
    expect(policyFor(response, { options })).toMatchObject({
      freshnessLifetime: 60,
      revalidateAlways: false,
    });
  });

  test.each([200, 302, 404, 500])("for each status that a rule gives it: %i", (status) => {
    const changes = { options, exchange: { status, framing: "chunked" as const } };
    expect(policyFor({}, changes)).toMatchObject({ freshnessLifetime: 60, lifetimeSource: "rule" });
  });

  test.each<[reason: ReasonName, response: Fields, changes?: Changes]>([
    ["response-no-store", { "cache-control": "no-store" }],
    ["response-private", { "cache-control": "private, max-age=5" }],
    ["rule-set-cookie", { "set-cookie": "a=1" }],
    ["rule-set-cookie", { "set-cookie": "a=1", "cache-control": "max-age=5" }],
    ["vary-any", { vary: "*" }],
    ["status-partial", {}, { exchange: { status: 206 } }],
    ["status-never-stored", {}, { exchange: { status: 429 } }],
    ["method-not-storable", {}, { exchange: { method: "PUT" } }],
    ["post-without-content-location", { "content-location": "/page" }, { exchange: { method: "POST" } }],
    ["request-authorization", {}, { request: { authorization: "x" } }],
    ["request-identity", {}, { request: { "x-api-key": "x" } }],
    ["request-no-store", {}, { request: { "cache-control": "no-store" } }],
    ["unframed", {}, { exchange: { framing: "close" } }],
    ["never-fresh", {}, { options: { lifetime: 0 } }],
  ])("but not over all else: %s: %j", (reason, response, changes = {}) => {
    expect(decide(response, { ...changes, options: { ...options, ...changes.options } }).reason).toBe(reason);
  });

  test("and what it goes over says nothing of stale use either", () => {
    const stale = { ...options, staleWhileRevalidateWindow: 10, staleIfErrorWindow: 20 };
    const windows = (cacheControl: string) => {
      const policy = policyFor({ "cache-control": cacheControl }, { options: stale });
      return [policy.staleWhileRevalidateWindow, policy.staleIfErrorWindow, policy.revalidateWhenStale];
    };
    expect(windows("no-cache")).toEqual([10, 20, false]);
    expect(windows("s-maxage=5")).toEqual([10, 20, false]);
    expect(windows("must-revalidate")).toEqual([0, 0, true]);
    expect(windows("stale-if-error=5")).toEqual([10, 5, false]);
  });

  test("it counts from when the response comes, whatever age that brings", () => {
    const { correctedInitialAge, freshnessLifetime } = policyFor({ age: "5000" }, { options });
    expect([correctedInitialAge, freshnessLifetime - correctedInitialAge]).toEqual([5000, 60]);
  });
});

describe("by force it goes over no-store, private and Set-Cookie as well, for everyone", () => {
  const options = { lifetime: 60, isForced: true };
  test.each<[response: Fields, request?: Fields]>([
    [{ "cache-control": "no-store" }],
    [{ "cache-control": "private, no-cache, max-age=0" }],
    [{ "set-cookie": "a=1" }],
    [{}, { authorization: "x" }],
    [{}, { "x-api-key": "x" }],
    [{}, { cookie: "a=1" }],
  ])("%j, asked with %j", (response, request = {}) => {
    const decision = decide(response, { options, request });
    expect(decision).toMatchObject({ reason: "stored-forced", policy: { sharedWith: "everyone" } });
  });
  test("the cookie still goes to nobody else", () => {
    expect(policyFor({ "set-cookie": "a=1" }, { options }).withheldFields).toEqual(["set-cookie"]);
  });
  test.each<[reason: ReasonName, response: Fields, changes: Changes]>([
    ["request-no-store", {}, { request: { "cache-control": "no-store" } }],
    ["vary-any", { vary: "*" }, {}],
    ["rule-no-store", {}, { options: { store: false } }],
    ["response-no-store", { "cache-control": "no-store" }, { options: { lifetime: null } }],
  ])("but not over %s", (reason, response, changes) => {
    expect(decide(response, { ...changes, options: { ...options, ...changes.options } }).reason).toBe(reason);
  });
});

test.each<[audience: Audience, response: Fields, options: Partial<StoringOptions>]>([
  ["unidentified", {}, { lifetime: 60 }],
  ["everyone", { "cache-control": "public" }, { lifetime: 60 }],
  ["everyone", {}, { lifetime: 60, isForced: true }],
  ["anonymous", {}, { defaultLifetime: 60, isForced: true }],
])("who may be given what a rule has stored: %s: %j, %j", (sharedWith, response, options) => {
  expect(policyFor(response, { options }).sharedWith).toBe(sharedWith);
});

test("store = false goes over all, and what is stored goes when it says so", () => {
  const options = { store: false };
  expect(decide({ "cache-control": "public, max-age=60" }, { options }).reason).toBe("rule-no-store");
  const confirming = { origin: "https://example.org", target: "/page", request: reader(), status: 200 };
  const times = { requestAt: now, responseAt: now, receivedAt: now };
  const response = reader({ "cache-control": "max-age=60" });
  const stored = { lifetimeSource: "max-age" } as const;
  expect(
    decideFreshening({ ...confirming, ...times, response }, stored, { ...plainOptions, ...options }),
  ).toEqual({ outcome: "remove", reason: "rule-no-store" });
});

describe("nothing is fresh for longer than max-lifetime", () => {
  test.each<[response: Fields, options: Partial<StoringOptions>, lifetime: number]>([
    [{ "cache-control": "max-age=60" }, {}, 30],
    [{ "cache-control": "max-age=20" }, {}, 20],
    [{ "last-modified": dateIn(-10_000) }, {}, 30],
    [{}, { defaultLifetime: 60 }, 30],
    [{}, { lifetime: 60 }, 30],
    [{}, { lifetime: 60, isForced: true }, 30],
    [{ "cache-control": "max-age=60" }, { maxLifetime: null }, 60],
  ])("%j, %j: %i", (response, options, lifetime) => {
    expect(lifetimeOf(response, { maxLifetime: 30, ...options })).toBe(lifetime);
  });
});

describe("without heuristic nothing is guessed from Last-Modified", () => {
  const response = { "last-modified": dateIn(-10_000) };
  test("so that the response has none, or the operator's default", () => {
    expect(decide(response, { options: { heuristic: true } }).reason).toBe("stored-heuristic");
    expect(decide(response, { options: { heuristic: false } }).reason).toBe("stored-for-validation");
    expect(lifetimeOf(response, { heuristic: false, defaultLifetime: 60 })).toBe(60);
    expect(lifetimeOf({ ...response, "cache-control": "max-age=5" }, { heuristic: false })).toBe(5);
  });
});

describe("errors that state no lifetime have that of errors, whatever their status", () => {
  const options = { errorLifetime: 60, errorCap: 60 } as const;
  test.each([400, 403, 404, 500, 503])("%i", (status) => {
    expect(lifetimeOf({}, options, status)).toBe(60);
    expect(lifetimeOf({ "cache-control": "max-age=5" }, options, status)).toBe(5);
    expect(lifetimeOf({ "cache-control": "max-age=500" }, options, status)).toBe(60);
    const chunked = { options, exchange: { status, framing: "chunked" as const } };
    expect(decide({}, chunked)).toMatchObject({
      reason: "stored-operator",
      policy: { sharedWith: "anonymous" },
    });
    expect(decide({ "set-cookie": "a=1" }, chunked).reason).toBe("set-cookie");
  });
  test("but no others, and a rule's lifetime goes over it", () => {
    expect(decide({}, { options }).reason).toBe("no-lifetime");
    expect(lifetimeOf({}, { ...options, lifetime: 500 }, 404)).toBe(500);
    expect(lifetimeOf({}, { ...options, maxLifetime: 7 }, 404)).toBe(7);
  });
});

test("the names of the rules that decided are kept, where there are some", () => {
  expect(policyFor({}, { options: { lifetime: 60, rules: ["a", "b"] } }).rules).toEqual(["a", "b"]);
  expect("rules" in policyFor({ "cache-control": "max-age=60" })).toBe(false);
});
