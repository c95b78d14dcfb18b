import { afterEach, describe, expect, test } from "bun:test";
import type { Explanation } from "../../../src/control/explanation.ts";
import type { Script } from "../../fixtures/origin.ts";
import { always, planOf, type ProxyOverrides, startProxy, type TestProxy } from "../proxy.ts";

/** What an explanation says of a request, beside what becomes of it: see prediction.test.ts. */

let proxy: TestProxy;

async function before(script: Script, overrides: ProxyOverrides = {}): Promise<void> {
  proxy = await startProxy(script, overrides);
}
afterEach(() => proxy.stop());

function explain(url: string, fields: Record<string, string> = {}, method = "GET"): Promise<Explanation> {
  return proxy.explain({ method, url, fields: Object.entries(fields), from: null, fetch: false });
}

const fresh = always(
  200,
  { "Cache-Control": "max-age=60", "Content-Type": "text/plain", ETag: '"v1"' },
  "hello",
);

test("nothing stored is a miss, with what the origin would be asked", async () => {
  await before(fresh);
  const facts = await explain("http://cache.test/a");
  expect(facts).toMatchObject({
    url: "http://cache.test/a",
    outcome: { kind: "miss", reason: "miss", status: null },
    stored: [],
    origin: { method: "GET", url: `${proxy.origin.url}/a`, inBackground: false },
  });
  expect(facts.origin?.fields).toContainEqual(["x-forwarded-host", "cache.test"]);
});

test("what is stored is told with its age and what is left of its lifetime", async () => {
  await before(fresh);
  await proxy.get("/a", { Host: "cache.test" });
  proxy.advance(10);
  const facts = await explain("http://cache.test/a");
  expect(facts.outcome).toEqual({ kind: "hit", reason: "hit-fresh", status: 200 });
  expect(facts.stored).toMatchObject([
    {
      ...{ where: "memory", isPartial: false, isSelected: true, withheld: null, size: 5, held: 5 },
      ...{ age: 10, lifetime: 60, remaining: 50, lifetimeSource: "max-age", type: "text/plain" },
    },
  ]);
  expect(facts.origin).toBeNull();
});

test("a path is asked of the first site's host, else of this machine; a Host field goes before the URL", async () => {
  await before(fresh);
  expect((await explain("/a")).url).toBe("http://cache.test/a");
  expect((await explain("http://one.test/a", { Host: "two.test" })).url).toBe("http://two.test/a");
  proxy.usePlan(planOf({ hosts: ["*.shop.test", "shop.test"] }));
  expect((await explain("/a")).url).toBe("http://shop.test/a");
});

test("a host without a site is told as what it is", async () => {
  await before(fresh, { plan: planOf({ hosts: ["shop.test"] }) });
  const facts = await explain("http://other.test/a");
  expect(facts).toMatchObject({ site: null, outcome: { kind: "own", reason: "host-unknown", status: 421 } });
});

describe("what counts neither for the key nor for the origin", () => {
  test.each([
    [{ query: { ignore: ["utm_*"] } }, "/a?utm_source=x&v=1", {}, ["query utm_source"]],
    [{ query: { keep: ["v"], sort: true } }, "/a?x&v=2&v=1&x=2", {}, ["query x", "query x"]],
    [{ cookies: ["lang"] }, "/a", { Cookie: "lang=de; session=1" }, ["cookie session"]],
    [{ cookies: "ignore" as const }, "/a", { Cookie: "lang=de; b" }, ["cookie lang", "cookie b"]],
    [{ removeRequest: ["accept-language"] }, "/a", { "Accept-Language": "de" }, ["field accept-language"]],
    [{}, "/a?b=1", { "X-Forwarded-Host": "evil.test", X_Kind: "a", Cookie: "c=1" }, ["field x_kind"]],
    [{}, "/a", { Connection: "x-own", "X-Own": "1" }, ["field connection", "field x-own"]],
  ])("%j of %s with %j", async (settings, target, fields, leftOut) => {
    await before(fresh, { plan: planOf({ settings }) });
    const facts = await explain(`http://cache.test${target}`, fields);
    expect(facts.key?.leftOut).toEqual(leftOut);
  });
});

test("who the request tells that it comes from, and by what", async () => {
  await before(fresh);
  const facts = await explain("/a", { Cookie: "_ga=1; session=2, cart=3", "X-Api-Key": "secret" });
  expect(facts.sender).toEqual({
    kind: "identified",
    by: ["x-api-key", "cookie session", "cookie cart"],
    ignoredCookies: ["_ga"],
  });
});

test("variants are told apart, and the one that the request selects", async () => {
  await before(always(200, { "Cache-Control": "max-age=60", Vary: "Accept-Language" }));
  await proxy.get("/a", { Host: "cache.test", "Accept-Language": "de" });
  await proxy.get("/a", { Host: "cache.test" });
  const { stored } = await explain("/a", { "Accept-Language": "de" });
  expect(stored.map(({ variant, isSelected }) => ({ variant, isSelected }))).toEqual([
    { variant: [["accept-language", null]], isSelected: false },
    { variant: [["accept-language", "de"]], isSelected: true },
  ]);
});

test("why a stored response is withheld", async () => {
  await before(always(200, { "Last-Modified": "Wed, 31 Dec 2025 12:00:00 GMT" }));
  await proxy.get("/a", { Host: "cache.test" });
  const { stored, outcome } = await explain("/a", { Cookie: "session=1" });
  expect(outcome).toEqual({ kind: "miss", reason: "sender-miss", status: null });
  expect(stored).toMatchObject([{ isSelected: true, withheld: "sender-miss" }]);
});

test("credentials that rules add are not shown, those of the asker are", async () => {
  await before(fresh, { plan: planOf({ settings: { setRequest: { authorization: "Basic secret" } } }) });
  const { origin } = await explain("/a", { "X-Api-Key": "mine" });
  expect(origin?.fields).toContainEqual(["authorization", "…"]);
  expect(origin?.fields).toContainEqual(["x-api-key", "mine"]);
});

test("a stale response that is refreshed meanwhile tells of both", async () => {
  await before(always(200, { "Cache-Control": "max-age=1, stale-while-revalidate=60", ETag: '"v1"' }));
  await proxy.get("/a", { Host: "cache.test" });
  proxy.advance(5);
  const { outcome, origin } = await explain("/a");
  expect(outcome).toEqual({ kind: "stale", reason: "hit-stale-while-revalidate", status: 200 });
  expect(origin).toMatchObject({ inBackground: true });
  expect(origin?.fields).toContainEqual(["if-none-match", '"v1"']);
});

test("how the origin has failed of late, and how long it is left in peace", async () => {
  await before(({ reset }) => reset());
  await proxy.get("/a", { Host: "cache.test" });
  expect((await explain("/a")).lastFailure).toEqual({ failure: "unreachable", rests: 1 });
  proxy.advance(2);
  expect((await explain("/a")).lastFailure).toEqual({ failure: "unreachable", rests: 0 });
});
