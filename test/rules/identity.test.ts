import { describe, expect, test } from "bun:test";
import { claimOf } from "../../src/origin/claims.ts";
import { cookieMatcher } from "../../src/rules/cookies.ts";
import { bearsIdentity, identityFields, senderOf, withholding } from "../../src/rules/identity.ts";
import { dateIn, decide, type Fields, policyFor, reader } from "./exchange.ts";

const options = { ignoredCookies: cookieMatcher(["_ga*", "_gid"]) };

/** Written out, so that a name that leaves the table is missed. */
const fieldsOfIdentity = [
  "x-api-key",
  "api-key",
  "apikey",
  "x-api-token",
  "x-auth-token",
  "x-auth-key",
  "x-access-token",
  "access-token",
  "x-user-token",
  "x-jwt-assertion",
  "x-parse-session-token",
  "x-plex-token",
  "x-rapidapi-key",
  "x-redmine-api-key",
  "x-apikey",
  "x-session-token",
  "x-authorization",
  "private-token",
  "job-token",
  "x-vault-token",
  "x-shopify-access-token",
  "x-goog-api-key",
  "x-goog-iap-jwt-assertion",
  "x-amz-security-token",
  "x-functions-key",
  "ocp-apim-subscription-key",
  "cf-access-jwt-assertion",
  "signature",
];

const heuristic = { "last-modified": dateIn(-1000) };
const stated = { "cache-control": "max-age=60" };

describe("a field by which servers know their users", () => {
  test.each(fieldsOfIdentity)("%s tells who sends the request, and bars storing and reuse", (name) => {
    const request = { [name]: "secret" };
    expect(senderOf(reader(request), options)).toBe("identified");
    expect(bearsIdentity(reader(request))).toBe(true);
    expect(decide(stated, { request }).reason).toBe("request-identity");
    expect(withholding(policyFor(stated), reader(request), options)).toBe("identity-miss");
  });

  test("is in the table once, in lower case, and no other is", () => {
    expect([...identityFields].sort()).toEqual([...fieldsOfIdentity].sort());
  });

  test("is one that the origin gets", () => {
    expect(identityFields.filter((name) => claimOf(name) !== null)).toEqual([]);
  });

  test.each(["x-csrf-token", "x-xsrf-token", "x-requested-with", "x-request-id", "user-agent", "accept"])(
    "%s is none",
    (name) => {
      expect(senderOf(reader({ [name]: "x" }), options)).toBe("anonymous");
      expect(decide(heuristic, { request: { [name]: "x" } }).storable).toBe(true);
    },
  );

  const cases: [response: Fields, storable: boolean, reused: boolean][] = [
    [stated, false, false],
    [{ expires: dateIn(60) }, false, false],
    [{ "cache-control": "max-age=60, must-revalidate" }, false, false],
    [{ "cache-control": "no-cache", etag: '"a"' }, false, false],
    [{ ...stated, vary: "X-Api-Key" }, false, false],
    [{ "cdn-cache-control": "max-age=60", "cache-control": "public, max-age=60" }, false, false],
    [{ "cache-control": "max-age=60, public" }, true, true],
    [{ "cache-control": "s-maxage=60" }, true, true],
    [{ "cdn-cache-control": "max-age=60, public" }, true, true],
    [{ "cache-control": "public", ...heuristic }, false, false],
  ];
  test.each(cases)("beside %j: stored %j, reused %j", (response, storable, reused) => {
    const request = { "x-api-key": "secret" };
    expect(decide(response, { request }).storable).toBe(storable);
    expect(withholding(policyFor(response), reader(request), options) === null).toBe(reused);
  });
});

describe("a lifetime that the origin did not state is for anonymous requests", () => {
  const unstated: [response: Fields, changes: Parameters<typeof decide>[1]][] = [
    [heuristic, {}],
    [{ ...heuristic, "cache-control": "public" }, {}],
    [{ ...heuristic, "cache-control": "must-revalidate" }, {}],
    [{ "last-modified": "yesterday", etag: '"a"' }, {}],
    [{ etag: '"a"' }, {}],
    [{ etag: '"a"', "cache-control": 'no-cache="x"' }, {}],
    [{}, { options: { defaultLifetime: 60 } }],
  ];
  test.each(unstated)("%j %j", (response, changes = {}) => {
    const policy = policyFor(response, changes);
    for (const request of [{ cookie: "session=1" }, { "x-api-key": "secret" }] as const) {
      expect(decide(response, { ...changes, request }).storable).toBe(false);
      expect(withholding(policy, reader(request), options)).toBe("sender-miss");
    }
    expect(decide(response, { ...changes, request: { cookie: "session=1" } }).reason).toBe("request-sender");
    expect(withholding(policy, reader({ authorization: "x" }), options)).toBe("sender-miss");
    for (const request of [{}, { cookie: "_ga=1; _gid=2" }]) {
      expect(decide(response, { ...changes, request }).storable).toBe(true);
      expect(withholding(policy, reader(request), options)).toBeNull();
    }
  });

  test("with Authorization neither, where public or must-revalidate would let it be stored", () => {
    for (const directive of ["public", "must-revalidate"]) {
      const response = { ...heuristic, "cache-control": directive };
      expect(decide(response, { request: { authorization: "x" } }).reason).toBe("request-sender");
    }
  });

  const spoken: Fields[] = [
    stated,
    { expires: dateIn(60) },
    { expires: "0", etag: '"a"' },
    { "cache-control": "s-maxage=60" },
    { "cache-control": "max-age=0", etag: '"a"' },
    { "cache-control": "no-cache", etag: '"a"' },
    { "cdn-cache-control": "max-age=60" },
  ];
  test.each(spoken)("where it spoke of caching, as by %j, a cookie changes nothing", (response) => {
    const request = { cookie: "session=1" };
    expect(decide(response, { request }).storable).toBe(true);
    expect(withholding(policyFor(response), reader(request), options)).toBeNull();
  });

  test("where it stated a lifetime, what an anonymous request stored answers one with Authorization", () => {
    expect(withholding(policyFor(stated), reader({ authorization: "x" }), options)).toBeNull();
  });
});

describe("a cookie counts unless it is one of those that are ignored", () => {
  const cases: [cookie: string, counts: boolean][] = [
    ["session=1", true],
    ["_ga=1", false],
    ["_ga=1; _gid=2; _ga_ABC=3", false],
    ["_ga=1; session=2", true],
    ["session=2;_ga=1", true],
    ["_ga=1,session=2", true],
    ["_ga=1, session=2", true],
    ["_ga=1,2,3", false],
    ["_ga=a=b", false],
    ['_ga="x; session=2"', true],
    ["x_ga=1", true],
    ["_gidx=1", true],
    ["_GA=1", true],
    ["session", true],
    ["=x", true],
    ["", false],
    [" ; ;", false],
    ["  _gid = 1 ", false],
    ["_ga=", false],
  ];
  test.each(cases)("%j: %j", (cookie, counts) => {
    expect(senderOf(reader({ cookie }), options)).toBe(counts ? "cookie" : "anonymous");
  });
});
