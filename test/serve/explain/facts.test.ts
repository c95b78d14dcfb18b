import { afterEach, describe, expect, test } from "bun:test";
import type { Explanation, Facts } from "../../../src/control/explanation.ts";
import { createOffline } from "../../../src/origin/offline.ts";
import type { Script } from "../../fixtures/origin.ts";
import { purgingOf } from "../../../src/serve/purge/permission.ts";
import { createDirectory } from "../../store/directory.ts";
import { always, beginning, planOf, type ProxyOverrides, startProxy, type TestProxy } from "../proxy.ts";

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
  expect(facts).toMatchObject({ origin: null, origins: [proxy.origin.url] });
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

test.each([
  ["other.test", ['hosts = ["other.test"]']],
  // In the file it would stand for the hosts of others.
  ["*.test", [null]],
])("of the unknown host %s it is advised to copy %j", async (host, copies) => {
  await before(fresh, { plan: planOf({ hosts: ["shop.test"] }) });
  const { advice } = await explain(`http://${host}/a`);
  expect(advice.map(({ copy }) => copy)).toEqual(copies);
});

describe("what counts neither for the key nor for the origin", () => {
  test.each([
    [{ query: { ignore: ["utm_*"] } }, "/a?utm_source=x&v=1", {}, ["query utm_source"]],
    [{ query: { keep: ["v"], sort: true } }, "/a?x&v=2&v=1&x=2", {}, ["query x", "query x"]],
    [{ cookies: ["lang"] }, "/a", { Cookie: "lang=de; session=1" }, ["cookie session"]],
    [{ cookies: "ignore" as const }, "/a", { Cookie: "lang=de; b" }, ["cookie lang", "cookie b"]],
    [{ removeRequest: ["accept-language"] }, "/a", { "Accept-Language": "de" }, ["field accept-language"]],
    [
      {},
      "/a?b=1",
      { "X-Forwarded-Host": "evil.test", X_Kind: "a", Cookie: "c=1" },
      ["field x-forwarded-host", "field x_kind"],
    ],
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

test("a request that asks the origin meanwhile is told: its answer may do for this one, too", async () => {
  const gate = Promise.withResolvers<void>();
  await before(async ({ respond }) => {
    await gate.promise;
    await respond(200, { "Cache-Control": "max-age=60" }, "hello");
  });
  const answer = proxy.get("/a", { Host: "cache.test" });
  await proxy.origin.untilExchange(1);
  expect((await explain("/a")).underWay).toBe(1);
  gate.resolve();
  await answer;
  expect((await explain("/a")).underWay).toBe(0);
});

test.each([false, true])(
  "the store is only looked at: it hears of nothing else, with fetch %p",
  async (fetch) => {
    await before(fresh);
    await proxy.get("/a", { Host: "cache.test" });
    const { store } = proxy.context;
    const touched: string[] = [];
    for (const name of ["find", "put", "write", "freshen", "copyAs", "noteUse", "remove"] as const) {
      Object.assign(store, { [name]: () => touched.push(name) });
    }
    for (const seconds of [0, 70]) {
      proxy.advance(seconds);
      await proxy.explain({ method: "GET", url: "/a", fields: [], from: null, fetch });
    }
    expect(touched).toEqual([]);
    expect(proxy.context.flights.under("/a cache.test")).toEqual([]);
  },
);

describe("what is not looked up", () => {
  const handshake = {
    ...{ Connection: "Upgrade", Upgrade: "websocket" },
    ...{ "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13" },
  };
  const purging = purgingOf({ purgeFrom: ["192.0.2.0/24"] });

  test.each<[string, string, Record<string, string>, ProxyOverrides, Facts["outcome"], boolean]>([
    ["a POST", "POST", {}, {}, { kind: "pass", reason: "method-not-cached", status: null }, true],
    ["a handshake", "GET", handshake, {}, { kind: "upgrade", reason: "websocket", status: null }, true],
    [
      ...(["a purge from elsewhere", "PURGE", {}, { options: { purging } }] as const),
      ...([{ kind: "purge", reason: "purge-forbidden", status: 403 }, false] as const),
    ],
    [
      ...(["what a rule denies", "GET", {}, { plan: planOf({ settings: { deny: 410 } }) }] as const),
      ...([{ kind: "own", reason: "rule-deny", status: 410 }, false] as const),
    ],
  ])("%s", async (_, method, fields, overrides, outcome, isAsked) => {
    await before(fresh, overrides);
    const facts = await explain("/a", fields, method);
    expect(facts.outcome).toEqual(outcome);
    expect(facts.key).toBeNull();
    expect(facts.origin !== null).toBe(isAsked);
  });

  test("a purge that is allowed purges nothing, and tells nobody", async () => {
    await before(fresh, { options: { purging } });
    const asked = { method: "PURGE", url: "/a", fields: [], from: "192.0.2.1", fetch: false };
    expect((await proxy.explain(asked)).outcome).toEqual({ kind: "purge", reason: "purged", status: 200 });
    const throughProxy: [string, string][] = [["X-Forwarded-For", "1.2.3.4"]];
    expect((await proxy.explain({ ...asked, fields: throughProxy })).outcome.reason).toBe("purge-forbidden");
    expect([...proxy.purges, ...proxy.unnamedProxies]).toEqual([]);
  });
});

test("without its origin a miss is answered by the cache itself", async () => {
  const reuse = { clientCacheControl: "honour", maxOutage: 0, isOffline: true } as const;
  await before(fresh, { options: { reuse }, forward: createOffline() });
  const { outcome, origin } = await explain("/a");
  expect(outcome).toEqual({ kind: "own", reason: "offline", status: 504 });
  expect(origin).toBeNull();
});

describe("while the origin is left alone, because it has failed several times in a row", () => {
  const lasting = always(200, { "Cache-Control": "max-age=1, stale-if-error=60", ETag: '"v1"' });
  const refreshed = always(200, { "Cache-Control": "max-age=1, stale-while-revalidate=60" });

  async function beforeFailures(stored: Script): Promise<void> {
    await before(stored);
    await proxy.get("/stored", { Host: "cache.test" });
    proxy.advance(5);
    await proxy.origin.stop();
    for (const path of ["/1", "/2", "/3"]) await proxy.get(path, { Host: "cache.test" });
  }

  test.each<[string, string, Script, Facts["outcome"]]>([
    ["GET", "/a", fresh, { kind: "own", reason: "origins-down", status: 503 }],
    ["POST", "/a", fresh, { kind: "own", reason: "origins-down", status: 503 }],
    ["GET", "/stored", lasting, { kind: "stale", reason: "hit-stale-if-error", status: 200 }],
    ["GET", "/stored", refreshed, { kind: "stale", reason: "hit-stale-while-revalidate", status: 200 }],
    ["GET", "/stored", fresh, { kind: "hit", reason: "hit-fresh", status: 200 }],
  ])("%s %s is answered without it, as is said", async (method, path, stored, outcome) => {
    await beforeFailures(stored);
    const asked = proxy.origin.requests.length;
    const facts = await explain(path, {}, method);
    expect(facts).toMatchObject({ outcome, origin: null });
    const answer = await fetch(`http://127.0.0.1:${proxy.port}${path}`, {
      method,
      headers: { Host: "cache.test" },
    });
    expect(answer.status).toBe(outcome.status ?? 0);
    expect(answer.headers.get("cache-status")).toContain(`detail=${outcome.reason}`);
    expect(proxy.origin.requests).toHaveLength(asked);
  });

  test("and until one request may try it: that was explained, it has not tried", async () => {
    await beforeFailures(fresh);
    expect((await explain("/a")).outcome.kind).toBe("own");
    proxy.advance(5);
    for (const _ of [1, 2]) expect((await explain("/a")).outcome.kind).toBe("miss");
    expect((await proxy.get("/a", { Host: "cache.test" })).field("cache-status")).toContain("origin-refused");
    expect((await explain("/a")).outcome.kind).toBe("own");
  });
});

test("of pieces it is told how much is held, and the origin is asked for what is missing", async () => {
  const directory = createDirectory();
  try {
    const whole = new Uint8Array(1000);
    await before(
      ({ respond }) =>
        void respond(
          206,
          { "Cache-Control": "max-age=60", ETag: '"v1"', "Content-Range": "bytes 0-99/1000" },
          whole.subarray(0, 100),
        ),
      { disk: directory.open({ now: () => beginning }) },
    );
    await proxy.get("/a", { Host: "cache.test", Range: "bytes=0-99" });
    const within = await explain("/a", { Range: "bytes=0-9" });
    expect(within.outcome).toEqual({ kind: "hit", reason: "hit-fresh", status: 206 });
    const { outcome, stored, origin } = await explain("/a", { Range: "bytes=50-149" });
    expect(outcome).toEqual({ kind: "partial", reason: "partial-hit", status: null });
    expect(stored).toMatchObject([
      { where: "disk", isPartial: true, isSelected: true, size: 1000, held: 100 },
    ]);
    expect(origin?.fields).toContainEqual(["range", "bytes=100-149"]);
    expect(origin?.fields).toContainEqual(["if-range", '"v1"']);
    proxy.advance(70);
    expect((await explain("/a")).outcome).toMatchObject({ kind: "revalidate", reason: "revalidate-stale" });
    // Nothing could confirm them for a HEAD.
    expect((await explain("/a", {}, "HEAD")).outcome).toMatchObject({ kind: "miss", reason: "partial-miss" });
  } finally {
    await proxy.stop();
    await directory.dispose();
  }
});
