import { afterEach, expect, test } from "bun:test";
import type { Fetched } from "../../../src/control/explanation.ts";
import { createOffline } from "../../../src/origin/offline.ts";
import { createHandDeadlines } from "../../fixtures/hand-deadlines.ts";
import type { Script } from "../../fixtures/origin.ts";
import { always, planOf, type ProxyOverrides, startProxy, type TestProxy } from "../proxy.ts";

/** What the origin says to an explanation, and what is made of it; that it is the same as what traffic makes: prediction.test.ts. */

let proxy: TestProxy;

async function before(script: Script, overrides: ProxyOverrides = {}): Promise<void> {
  proxy = await startProxy(script, overrides);
}
afterEach(() => proxy.stop());

async function fetched(
  url: string,
  method = "GET",
  fields: [string, string][] = [],
): Promise<Fetched | null> {
  return (await proxy.explain({ method, url, fields, from: null, fetch: true })).fetched;
}

const fresh = { "Cache-Control": "max-age=60", ETag: '"v1"' };

test("the answer is judged and not stored, and its body is not read", async () => {
  const gone = Promise.withResolvers<void>();
  await before(async (exchange) => {
    await exchange.send("HTTP/1.1 200 OK\r\nCache-Control: s-maxage=60\r\nContent-Length: 100\r\n\r\nbegun");
    await exchange.gone;
    gone.resolve();
  });
  expect(await fetched("/a")).toMatchObject({
    ...{ status: 200, framing: "length", failure: null, isStored: true, reason: "stored-explicit" },
    ...{ lifetime: 60, lifetimeSource: "s-maxage" },
  });
  await gone.promise;
  expect(await proxy.context.store.look("/a cache.test")).toEqual([]);
});

test("what is fresh is judged as if it were not stored, and stays as it was", async () => {
  await before(always(200, fresh));
  await proxy.get("/a", { Host: "cache.test" });
  proxy.origin.answer(always(200, { "Cache-Control": "private" }));
  expect(await fetched("/a")).toMatchObject({ status: 200, isStored: false, reason: "response-private" });
  expect(proxy.origin.requests.at(-1)?.field("if-none-match")).toBeNull();
  expect((await proxy.get("/a", { Host: "cache.test" })).field("x-cache")).toBe("HIT");
});

test("a 304 confirms what is stored, and freshens nothing", async () => {
  await before(always(200, fresh));
  await proxy.get("/a", { Host: "cache.test" });
  proxy.advance(70);
  proxy.origin.answer(always(304, { ...fresh, "Cache-Control": "max-age=600" }, ""));
  expect(await fetched("/a")).toMatchObject({
    ...{ status: 304, isStored: true, reason: "revalidated", lifetime: 600 },
  });
  expect(await proxy.context.store.look("/a cache.test")).toMatchObject([
    { response: { policy: { freshnessLifetime: 60 } } },
  ]);
});

test("a 304 that says that it may not be stored any more removes nothing", async () => {
  await before(always(200, fresh));
  await proxy.get("/a", { Host: "cache.test" });
  proxy.advance(70);
  proxy.origin.answer(always(304, { ETag: '"v1"', "Cache-Control": "no-store" }, ""));
  expect(await fetched("/a")).toMatchObject({ status: 304, isStored: false, reason: "revalidated" });
  expect(await proxy.context.store.look("/a cache.test")).toHaveLength(1);
  expect([...proxy.effects, ...proxy.invalidatedElsewhere]).toEqual([]);
});

test("an origin that fails is told, and what stands in for it", async () => {
  await before(always(200, { "Cache-Control": "max-age=5, stale-if-error=600" }));
  await proxy.get("/a", { Host: "cache.test" });
  proxy.advance(10);
  proxy.origin.answer(always(999, {}));
  const { status, failure, reason } = (await fetched("/a")) ?? {};
  expect({ status, reason }).toEqual({ status: null, reason: "hit-stale-if-error" });
  expect(failure).toContain("origin");
  // Who asks next does not hear of it.
  expect(
    (await proxy.explain({ method: "GET", url: "/a", fields: [], from: null, fetch: false })).lastFailure,
  ).toBeNull();
});

test("an origin that takes too long is not waited for", async () => {
  const explainPatience = createHandDeadlines();
  await before(() => undefined, { explainPatience });
  const answer = fetched("/a");
  await proxy.origin.untilExchange(1);
  explainPatience.pass();
  expect(await answer).toMatchObject({ status: null, isStored: false, reason: "origin-timeout" });
  expect(explainPatience.running).toBe(0);
});

test("a cookie that the origin sets is not shown", async () => {
  await before(always(200, { "Set-Cookie": "session=secret; Path=/" }));
  const { fields = [] } = (await fetched("/a")) ?? {};
  expect(fields).toContainEqual(["set-cookie", "session=…"]);
  expect(JSON.stringify(fields)).not.toContain("secret");
});

test.each(["POST", "DELETE", "PURGE", "OPTIONS"])("the origin is not asked with %s", async (method) => {
  await before(always(200, fresh));
  expect(await fetched("/a", method)).toBeNull();
  expect(proxy.origin.requests).toEqual([]);
});

test("the origin is not asked for what is answered without it", async () => {
  await before(always(200, fresh), { plan: planOf({ settings: { deny: 403 } }) });
  expect(await fetched("/a")).toBeNull();
  expect(proxy.origin.requests).toEqual([]);
});

test("rules that decide of the answer are named", async () => {
  const rule = { name: "lasting", settings: { lifetime: 30_000 }, if: { status: ["200"] } };
  await before(always(200, {}), { plan: planOf({ rules: [rule] }) });
  const explanation = await proxy.explain({ method: "GET", url: "/a", fields: [], from: null, fetch: true });
  expect(explanation.fetched).toMatchObject({ reason: "stored-rule", lifetime: 30, rules: ["lasting"] });
  expect(explanation.rules).toEqual(["lasting"]);
});

test("a body that is announced to be too large is not stored", async () => {
  await before(always(200, fresh, "x".repeat(2000)), { options: { maxObjectSize: 1000 } });
  expect(await fetched("/a")).toMatchObject({ isStored: false, reason: "too-large" });
});

test("who is to ask nobody asks nobody to explain it", async () => {
  const reuse = { clientCacheControl: "honour", maxOutage: 0, isOffline: true } as const;
  await before(always(200, fresh), { options: { reuse }, forward: createOffline() });
  expect(await fetched("/a")).toBeNull();
  expect(proxy.origin.requests).toHaveLength(0);
});

test("of what is fresh while nobody is asked it is told that nobody is", async () => {
  await before(always(200, fresh));
  await proxy.get("/a", { Host: "cache.test" });
  await proxy.origin.stop();
  for (const path of ["/1", "/2", "/3"]) await proxy.get(path, { Host: "cache.test" });
  expect(await fetched("/a")).toMatchObject({ status: null, isStored: false, reason: "origins-down" });
});
