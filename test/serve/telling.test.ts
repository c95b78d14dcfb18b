import { afterEach, describe, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { connectTo, requestText } from "../fixtures/raw-client.ts";
import { always, cacheWord, type ProxyOverrides, reasonOf, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
async function before(script: Script, overrides?: ProxyOverrides): Promise<void> {
  proxy = await startProxy(script, overrides);
}
afterEach(() => proxy.stop());

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };

async function status(fields?: Record<string, string>): Promise<string | null> {
  return (await proxy.get("/page", fields)).field("cache-status");
}

describe("Cache-Status (RFC 9211)", () => {
  test("says of each step what it was", async () => {
    await before(always(200, { ...fresh, ETag: '"v1"', Vary: "X-Kind" }));
    expect(await status()).toBe(
      "cacheproxy; fwd=uri-miss; fwd-status=200; stored; ttl=60; detail=stored-explicit",
    );
    proxy.advance(20);
    expect(await status()).toBe("cacheproxy; hit; ttl=40; detail=hit-fresh");
    expect(await status({ "X-Kind": "a" })).toStartWith("cacheproxy; fwd=vary-miss; fwd-status=200; stored");
    proxy.origin.answer(({ send }) => void send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'));
    expect(await status({ "Cache-Control": "no-cache" })).toBe(
      "cacheproxy; fwd=request; fwd-status=304; stored; ttl=60; detail=revalidated",
    );
    proxy.advance(70);
    expect(await status({ "Cache-Control": "max-stale" })).toBe(
      "cacheproxy; hit; ttl=-10; detail=hit-max-stale",
    );
    expect(await status()).toStartWith("cacheproxy; fwd=stale; fwd-status=304");
  });

  test("says that the origin was asked when a stale response stands in for its error", async () => {
    await before(always(200, { "Cache-Control": "max-age=60, stale-if-error=60" }));
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer(always(503, {}));
    expect(await status()).toBe("cacheproxy; fwd=stale; fwd-status=503; ttl=-10; detail=hit-stale-if-error");
  });

  test("says that it was not asked again so soon", async () => {
    await before(always(200, { "Cache-Control": "max-age=60, stale-if-error=60" }));
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer((exchange) => exchange.reset());
    expect(await status()).toBe("cacheproxy; fwd=stale; ttl=-10; detail=hit-stale-if-error");
    expect(await status()).toBe("cacheproxy; hit; ttl=-10; detail=hit-stale-if-error");
  });

  test("says why nothing stale stands in for an error", async () => {
    await before(always(200, { "Cache-Control": "max-age=60, stale-if-error=60" }));
    await proxy.get("/page");
    proxy.advance(120);
    proxy.origin.answer(always(503, {}));
    expect(await status()).toBe("cacheproxy; fwd=stale; fwd-status=503; detail=error-window-passed");
  });

  test("comes after what upstream caches wrote, also from the store", async () => {
    await before(always(200, { ...fresh, "Cache-Status": 'Upstream; hit; ttl=9, "Other cache"; fwd=miss' }));
    const upstream = 'Upstream; hit; ttl=9, "Other cache"; fwd=miss, cacheproxy; ';
    expect(await status()).toStartWith(`${upstream}fwd=uri-miss`);
    expect(await status()).toStartWith(`${upstream}hit`);
  });

  test.each([true, false])(
    "has the key only where the operator wants it (short cut: %p)",
    async (shortCut) => {
      for (const showKey of [true, false]) {
        await before(always(200, fresh), { shortCut, options: { showKey, originHost: null } });
        const shown = showKey ? '; key="/page shop.example"' : "";
        const fields = { Host: "Shop.example" };
        expect(await status(fields)).toBe(
          `cacheproxy; fwd=uri-miss; fwd-status=200; stored; ttl=60${shown}; detail=stored-explicit`,
        );
        expect(await status(fields)).toBe(`cacheproxy; hit; ttl=60${shown}; detail=hit-fresh`);
        expect(await status({ ...fields, "If-None-Match": "*" })).toContain(`; hit; ttl=60${shown}; detail`);
        if (showKey) await proxy.stop();
      }
    },
  );
});

describe("Age, Date and Expires", () => {
  const dates = { Date: "Thu, 01 Jan 2026 11:59:50 GMT", Expires: "Thu, 01 Jan 2026 13:00:00 GMT" };

  test("an upstream cache's Age is passed on by a miss, and counted on by a hit", async () => {
    await before(always(200, { ...fresh, Age: "7" }));
    expect((await proxy.get("/page")).field("age")).toBe("7");
    proxy.advance(5);
    expect((await proxy.get("/page")).field("age")).toBe("12");
    proxy.advance(48);
    expect(cacheWord(await proxy.get("/page"))).toBe("MISS");
  });

  test("a Date in the past counts as age, and both dates stay as they came", async () => {
    await before(always(200, { ...fresh, ...dates }));
    for (const age of [null, "10"]) {
      const answer = await proxy.get("/page");
      expect(answer.field("age")).toBe(age);
      expect([answer.field("date"), answer.field("expires")]).toEqual([dates.Date, dates.Expires]);
    }
  });

  test("who reads along with another's large response learns how old it is", async () => {
    const rest = Promise.withResolvers<void>();
    await before(async ({ send }) => {
      await send(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nAge: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
      );
      await rest.promise;
      await send("0\r\n\r\n");
    });
    const first = await connectTo(proxy.port);
    await first.send(requestText("GET", "/page"));
    await first.head();
    proxy.advance(10);
    const second = await connectTo(proxy.port);
    await second.send(requestText("GET", "/page"));
    const head = await second.head();
    rest.resolve();
    expect(head.text).toContain("\r\nX-Cache: COLLAPSED\r\n");
    expect(head.text).toContain("\r\nAge: 13\r\n");
    for (const client of [first, second]) client.close();
  });

  test("Warning is never added", async () => {
    await before(always(200, { "Cache-Control": "max-age=60" }));
    await proxy.get("/page");
    proxy.advance(999);
    const stale = await proxy.get("/page", { "Cache-Control": "max-stale" });
    expect([cacheWord(stale), stale.field("warning")]).toEqual(["STALE", null]);
  });
});

describe("targeted fields (RFC 9213)", () => {
  const lists = {
    cdn: ["cdn-cache-control"],
    both: ["example-cache-control", "cdn-cache-control"],
    none: [],
  };

  test.each<[list: keyof typeof lists, fields: Record<string, string>, reason: string]>([
    ["cdn", { "Cache-Control": "no-store", "CDN-Cache-Control": "max-age=60" }, "stored-targeted"],
    ["cdn", { "Cache-Control": "max-age=60", "CDN-Cache-Control": "no-store" }, "response-no-store"],
    ["cdn", { "Cache-Control": "max-age=60", "CDN-Cache-Control": "max-age=(" }, "stored-explicit"],
    ["cdn", { "Cache-Control": "max-age=60", "CDN-Cache-Control": "" }, "stored-explicit"],
    ["cdn", { Expires: "Thu, 01 Jan 2026 13:00:00 GMT", "CDN-Cache-Control": "private" }, "response-private"],
    ["none", { "Cache-Control": "max-age=60", "CDN-Cache-Control": "no-store" }, "stored-explicit"],
    ["both", { "CDN-Cache-Control": "max-age=60", "Cache-Control": "no-store" }, "stored-targeted"],
    ["both", { "Example-Cache-Control": "private", "CDN-Cache-Control": "max-age=60" }, "response-private"],
    ["both", { "Example-Cache-Control": "?", "CDN-Cache-Control": "max-age=60" }, "stored-targeted"],
  ])("obeying %s, %j: %s", async (list, fields, reason) => {
    await before(always(200, fields), { storing: { targetedFields: lists[list] } });
    const miss = await proxy.get("/page");
    expect(reasonOf(miss)).toBe(reason as never);
    const again = await proxy.get("/page");
    for (const [name, value] of Object.entries(fields)) {
      expect([miss.field(name), again.field(name)]).toEqual([value, value]);
    }
  });

  test.each([
    [["surrogate-control"], {}, 'cacheproxy="Surrogate/1.0"'],
    [["surrogate-control"], { "Surrogate-Capability": 'a="ESI/1.0"' }, 'cacheproxy="Surrogate/1.0"'],
    [["cdn-cache-control"], {}, null],
  ])(
    "the origin is told of Surrogate-Control where %j is obeyed, and of no other surrogate (%j)",
    async (targetedFields, fields, told) => {
      await before(always(200, fresh), { storing: { targetedFields } });
      await proxy.get("/page", fields as Record<string, string>);
      expect(proxy.origin.requests[0]?.field("surrogate-capability")).toBe(told);
    },
  );
});

describe("the log of a large response that turns out not to be stored", () => {
  test.each([
    ["because it breaks off", 1024, "incomplete-body"],
    ["because it grows too large", 1, "too-large"],
  ])("%s says so at its end", async (_, maxObjectSize, reason) => {
    const rest = Promise.withResolvers<void>();
    const script: Script = async ({ send, end }) => {
      await send(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
      );
      await rest.promise;
      if (reason === "too-large") await send("0\r\n\r\n");
      end();
    };
    await before(script, { options: { maxObjectSize } });
    const client = await connectTo(proxy.port);
    await client.send(requestText("GET", "/page", { Connection: "close" }));
    expect((await client.head()).text).toContain("detail=stored-explicit");
    rest.resolve();
    await client.rest();
    expect(proxy.served.map((served) => served.reason)).toEqual([reason as never]);
  });
});

describe("the log learns", () => {
  test("when the first byte of an answer went, and when the last", async () => {
    const begun = Promise.withResolvers<void>();
    await before(async ({ send }) => {
      proxy.advance(1);
      await send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
      await begun.promise;
      await send("0\r\n\r\n");
    });
    const client = await connectTo(proxy.port);
    await client.send(requestText("GET", "/page"));
    await client.head();
    proxy.advance(2);
    begun.resolve();
    await proxy.untilServed(1);
    client.close();
    expect(proxy.served[0]).toMatchObject({ firstByteMilliseconds: 1000, milliseconds: 3000 });
  });

  test.each([true, false])(
    "who asked, of what is stored as well (by the short cut: %p)",
    async (shortCut) => {
      await before(always(200, fresh), { shortCut });
      const fields = { Host: "Shop.test:80", "User-Agent": "curl/8", Referer: "http://shop.test/" };
      for (const word of ["MISS", "HIT"] as const) {
        await proxy.get("/page", fields);
        const served = proxy.served.at(-1);
        expect([served?.cache, served?.protocol]).toEqual([word, "http"]);
        for (const [name, value] of Object.entries(fields)) {
          expect(served?.received.get(name.toLowerCase())).toBe(value);
        }
      }
    },
  );
});
