import { afterEach, describe, expect, test } from "bun:test";
import { createOffline } from "../../src/origin/offline.ts";
import type { RawResponse } from "../fixtures/raw-client.ts";
import { always, cacheWord, type ProxyOverrides, reasonOf, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
afterEach(() => proxy.stop());

const fresh = { "Cache-Control": "max-age=60", ETag: '"v1"' };
const reuse = { clientCacheControl: "honour", maxOutage: 0, isOffline: false } as const;
const hour = { reuse: { ...reuse, maxOutage: 3600 } };

async function before(fields: Record<string, string>, overrides: ProxyOverrides): Promise<void> {
  proxy = await startProxy(always(200, fields), overrides);
  await proxy.get("/page");
}

function told(response: RawResponse) {
  return [response.status, cacheWord(response), reasonOf(response), response.text];
}

describe("while the origin cannot be reached", () => {
  test("what is stored is served for as long as max-outage says, and not a second longer", async () => {
    await before(fresh, { options: hour });
    proxy.origin.answer((exchange) => exchange.reset());
    proxy.advance(60 + 3599);
    expect(told(await proxy.get("/page"))).toEqual([200, "STALE", "outage", "body"]);
    proxy.advance(1);
    const [status, word, reason] = told(await proxy.get("/page"));
    expect([status, word, reason]).toEqual([502, "ERROR", "origin-broken"]);
  });

  test("the next clients do not wait for it, and it is asked in the background until it answers", async () => {
    await before(fresh, { options: hour });
    proxy.origin.answer((exchange) => exchange.reset());
    proxy.advance(61);
    await proxy.get("/page");
    proxy.origin.answer(always(200, fresh, "new"));
    expect(told(await proxy.get("/page"))).toEqual([200, "STALE", "outage", "body"]);
    proxy.advance(2);
    const asked = proxy.origin.untilExchange(proxy.origin.exchanges.length + 1);
    expect(told(await proxy.get("/page"))).toEqual([200, "STALE", "outage", "body"]);
    await asked;
    let answer = await proxy.get("/page");
    while (answer.text === "body") answer = await proxy.get("/page");
    expect(told(answer)).toEqual([200, "HIT", "hit-fresh", "new"]);
  });

  test.each(["must-revalidate", "proxy-revalidate", "s-maxage=60", "no-cache"])(
    "nothing that says %s is served",
    async (directive) => {
      await before({ ...fresh, "Cache-Control": `max-age=60, ${directive}` }, { options: hour });
      proxy.origin.answer((exchange) => exchange.reset());
      proxy.advance(61);
      expect((await proxy.get("/page")).status).toBe(502);
    },
  );

  test("an error that it answers is no outage", async () => {
    await before(fresh, { options: hour });
    proxy.origin.answer(always(503, {}, "sorry"));
    proxy.advance(61);
    expect((await proxy.get("/page")).status).toBe(503);
  });

  test("all that is not stored is answered 503 at once, with the time to come again", async () => {
    await before(fresh, { originUrl: "http://127.0.0.1:1", options: hour });
    for (const path of ["/a", "/b"]) expect((await proxy.get(path)).status).toBe(502);
    for (const path of ["/c", "/d"]) {
      const answer = await proxy.get(path);
      expect([answer.status, answer.field("retry-after"), reasonOf(answer)]).toEqual([
        503,
        "5",
        "origins-down",
      ]);
    }
    proxy.advance(4);
    expect((await proxy.get("/e")).field("retry-after")).toBe("1");
  });
});

describe("offline", () => {
  const offline = { reuse: { ...reuse, isOffline: true } };

  test.each([
    "max-age=60",
    "max-age=60, must-revalidate",
    "no-cache",
    "max-age=60, stale-while-revalidate=600",
  ])("what was stored with %s is served, however old, and nobody is asked", async (directives) => {
    await before({ ...fresh, "Cache-Control": directives }, { options: offline });
    const asked = proxy.origin.requests.length;
    proxy.advance(400 * 86_400);
    for (const fields of [
      {},
      { "Cache-Control": "no-cache" },
      { Pragma: "no-cache" },
      { "Cache-Control": "only-if-cached" },
    ]) {
      expect(told(await proxy.get("/page", fields))).toEqual([200, "STALE", "offline", "body"]);
    }
    expect(proxy.origin.requests).toHaveLength(asked);
  });

  test("all else is a 504 at once, whatever the method", async () => {
    proxy = await startProxy(always(200, fresh), { options: offline, forward: createOffline() });
    for (const method of ["GET", "HEAD", "POST", "DELETE"]) {
      const answer = await fetch(`http://127.0.0.1:${proxy.port}/page`, { method });
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([504, null]);
      expect(answer.headers.get("cache-status")).toContain("detail=offline");
      const text = "504 the cache is offline and asks nobody; it has only what is stored\n";
      expect(await answer.text()).toBe(method === "HEAD" ? "" : text);
    }
    expect(proxy.origin.requests).toHaveLength(0);
  });
});
