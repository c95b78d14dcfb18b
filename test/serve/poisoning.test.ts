import { afterEach, describe, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import {
  always,
  cacheWord,
  keyOf,
  type ProxyOverrides,
  reasonOf,
  startProxy,
  type TestProxy,
} from "./proxy.ts";

/** What the origin sees and the cache does not tell apart, one client could put before all others. */

let proxy: TestProxy;
async function before(script: Script, overrides?: ProxyOverrides): Promise<TestProxy> {
  proxy = await startProxy(script, overrides);
  return proxy;
}
afterEach(() => proxy.stop());

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };

/** Repeats what the origin was told in this field. */
const echo =
  (name: string, fields: Record<string, string> = {}): Script =>
  (exchange) =>
    void exchange.respond(200, { ...fresh, ...fields }, exchange.request.field(name) ?? "nothing");

describe("the Host of a client", () => {
  test.each([
    ["without Vary", {}],
    ["with Vary: X-Forwarded-Host", { Vary: "X-Forwarded-Host" }],
  ])("is in no page that another host's client gets (%s)", async (_, fields) => {
    await before(echo("x-forwarded-host", fields));
    expect((await proxy.get("/page", { Host: "evil.example" })).text).toBe("evil.example");
    const good = await proxy.get("/page", { Host: "good.example" });
    expect([cacheWord(good), good.text]).toEqual(["MISS", "good.example"]);
    for (const host of ["good.example", "evil.example", "GOOD.example"]) {
      const again = await proxy.get("/page", { Host: host });
      expect([cacheWord(again), again.text]).toEqual(["HIT", host.toLowerCase()]);
    }
  });

  test("takes no other host's page by way of its entity tag", async () => {
    await before((exchange) => {
      const same = exchange.request.field("if-none-match") === '"same"';
      if (same) return void exchange.send('HTTP/1.1 304 Not Modified\r\nETag: "same"\r\n\r\n');
      const host = exchange.request.field("x-forwarded-host") ?? "";
      return void exchange.respond(200, { ...fresh, ETag: '"same"' }, host);
    });
    await proxy.get("/page", { Host: "evil.example" });
    expect((await proxy.get("/page", { Host: "good.example" })).text).toBe("good.example");
  });

  test("drives no other host's page out, however many a client makes up", async () => {
    await before(echo("x-forwarded-host"), { maxVariants: 4 });
    await proxy.get("/page", { Host: "good.example" });
    for (let i = 0; i < 10; i++) await proxy.get("/page", { Host: `made-up-${i}.example` });
    const good = await proxy.get("/page", { Host: "good.example" });
    expect([cacheWord(good), good.text]).toEqual(["HIT", "good.example"]);
  });

  test("does not keep an unsafe request from removing the page of every host", async () => {
    await before(echo("x-forwarded-host"));
    await proxy.get("/page", { Host: "a.example" });
    await proxy.get("/page", { Host: "b.example" });
    await ask(proxy.port, requestText("DELETE", "/page", { Host: "a.example" }));
    expect(cacheWord(await proxy.get("/page", { Host: "b.example" }))).toBe("MISS");
  });

  test.each(["a,b", "[::1", "a:80:80", "a b", "", "a:", ":80", "a:00080", "a:99999"])(
    "%j is refused, also for what is stored, and with --preserve-host",
    async (host) => {
      for (const options of [{}, { originHost: null }]) {
        await before(always(200, fresh), { options });
        await proxy.get("/page");
        await ask(proxy.port, "GET /page HTTP/1.0\r\n\r\n");
        expect((await proxy.get("/page", { Host: host })).status).toBe(400);
        expect(proxy.origin.requests).toHaveLength(2);
        if (options.originHost !== null) await proxy.stop();
      }
    },
  );

  test.each([
    ["Shop.EXAMPLE", "shop.example"],
    ["shop.example:80", "shop.example"],
    ["shop.example:81", "shop.example:81"],
  ])("is sent with --preserve-host as it is keyed: %s as %s", async (host, sent) => {
    await before(echo("host"), { options: { originHost: null } });
    expect((await proxy.get("/page", { Host: host })).text).toBe(sent);
    const again = await proxy.get("/page", { Host: sent.toUpperCase() });
    expect([cacheWord(again), again.text]).toEqual(["HIT", sent]);
  });

  test("sent twice is refused, also for what is stored", async () => {
    await before(always(200, fresh));
    await proxy.get("/page");
    const twice = "GET /page HTTP/1.1\r\nHost: cache.test\r\nHost: cache.test\r\n\r\n";
    expect((await ask(proxy.port, twice)).status).toBe(400);
  });
});

describe("what a client says of itself or of its target in fields", () => {
  test.each([
    "X-Forwarded-Prefix",
    "X-Forwarded-Scheme",
    "X-Forwarded-Port",
    "X-Real-IP",
    "True-Client-IP",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-HTTP-Method-Override",
    "X-Host",
    "X-Original-Host",
    "Base-Url",
    "Front-End-Https",
    "CF-Connecting-IP",
    "X-Azure-ClientIP",
    "Remote-User",
    "X-Middleware-Subrequest",
    "X-Invoke-Status",
    "Proxy",
  ])("%s does not reach the origin of a page that is stored", async (name) => {
    await before(echo(name));
    expect((await proxy.get("/page", { [name]: "/evil" })).text).toBe("nothing");
  });

  test.each([
    ["X_Forwarded_Host", "drop"],
    ["X_Forwarded_Host", "keep"],
    ["x-forwarded_host", "keep"],
    ["X.Forwarded.Host", "keep"],
    ["Accept_Encoding", "keep"],
    ["X_Kind", "drop"],
  ] as const)("%s does not, with --underscore-fields %s", async (name, underscoreFields) => {
    await before(echo(name), { options: { underscoreFields } });
    expect((await proxy.get("/page", { [name]: "evil.test" })).text).toBe("nothing");
  });

  test("a field with an underscore that is kept is keyed where its twin is named by Vary", async () => {
    await before(echo("x_kind", { Vary: "X-Kind" }), { options: { underscoreFields: "keep" } });
    expect((await proxy.get("/page", { X_Kind: "evil" })).text).toBe("evil");
    const plain = await proxy.get("/page");
    expect([cacheWord(plain), plain.text]).toEqual(["MISS", "nothing"]);
    const same = await proxy.get("/page", { X_Kind: "evil" });
    expect([cacheWord(same), same.text]).toEqual(["HIT", "evil"]);
  });

  test("a method override passes with a POST, whose answer is nobody else's", async () => {
    await before(echo("x-http-method-override"));
    const post = requestText("POST", "/page", { "X-HTTP-Method-Override": "PUT", "Content-Length": "0" });
    expect((await ask(proxy.port, post)).text).toBe("PUT");
  });

  test("Vary on a field written here tells apart what the origin was told, not what the client said", async () => {
    await before(echo("x-forwarded-for", { Vary: "X-Forwarded-For" }));
    expect((await proxy.get("/page", { "X-Forwarded-For": "6.6.6.6" })).text).toBe("127.0.0.1");
    const other = await proxy.get("/page", { "X-Forwarded-For": "7.7.7.7" });
    expect([cacheWord(other), other.text]).toEqual(["HIT", "127.0.0.1"]);
  });
});

describe("a field that Connection names", () => {
  test.each([
    ["RSC", "close, RSC"],
    ["HX-Request", "hx-request"],
    ["Next-Router-Prefetch", "keep-alive,next-router-prefetch"],
  ])(
    "%s makes no page everybody's that the origin made without it (Connection: %s)",
    async (name, connection) => {
      await before(echo(name, { Vary: name }));
      expect((await proxy.get("/page", { [name]: "1", Connection: connection })).text).toBe("nothing");
      const other = await proxy.get("/page", { [name]: "1" });
      expect([cacheWord(other), other.text]).toEqual(["MISS", "1"]);
      for (const [fields, text] of [
        [{ [name]: "1", Connection: connection }, "nothing"],
        [{}, "nothing"],
        [{ [name]: "1" }, "1"],
      ] as const) {
        const again = await proxy.get("/page", fields as Record<string, string>);
        expect([cacheWord(again), again.text]).toEqual(["HIT", text]);
      }
    },
  );

  test.each(["Cookie", "Authorization", "Accept-Language"])(
    "%s reaches the origin nevertheless",
    async (name) => {
      await before(echo(name, { Vary: name, "Cache-Control": "public, max-age=60" }));
      expect((await proxy.get("/page", { [name]: "a=1", Connection: name })).text).toBe("a=1");
    },
  );
});

describe("what a client does not say", () => {
  test.each([
    ["Accept", "*/*"],
    ["User-Agent", "cacheproxy"],
  ])("of %s is keyed as what the origin is told for it", async (name, told) => {
    await before(echo(name, { Vary: name }));
    expect((await proxy.get("/page")).text).toBe(told);
    const other = await proxy.get("/page", { [name]: told });
    expect([cacheWord(other), other.text]).toEqual(["HIT", told]);
    expect((await proxy.get("/page", { [name]: "text/css" })).text).toBe("text/css");
  });
});

describe("targets", () => {
  test.each(["/page?q=%EF%BF%BD", "/%EF%BF%BD"])(
    "%s is served, and never from what is stored, collapsed or refreshed for another",
    async (target) => {
      await before((exchange) => void exchange.respond(200, fresh, exchange.request.target));
      for (const each of [target, target, target.replace("%EF%BF%BD", "\xff")]) {
        const answer = await ask(proxy.port, requestText("GET", each));
        expect([answer.status, cacheWord(answer), answer.text]).toEqual([200, "PASS", target]);
        expect(reasonOf(answer)).toBe("target-uncertain");
      }
      expect(proxy.origin.requests).toHaveLength(3);
      expect(await proxy.context.store.find(keyOf(target))).toEqual([]);
    },
  );

  test("of which Bun has lost bytes are not collapsed", async () => {
    const both = Promise.withResolvers<void>();
    await before(async (exchange) => {
      if (proxy.origin.requests.length === 2) both.resolve();
      await both.promise;
      await exchange.respond(200, fresh, "hello");
    });
    const answers = await Promise.all([proxy.get("/%EF%BF%BD"), proxy.get("/%EF%BF%BD")]);
    expect(answers.map(cacheWord)).toEqual(["PASS", "PASS"]);
  });

  test("of which Bun has lost bytes keep no answer to a POST", async () => {
    await before(always(200, { ...fresh, "Content-Location": "/%EF%BF%BD" }));
    await ask(proxy.port, requestText("POST", "/%EF%BF%BD", { "Content-Length": "0" }));
    expect(await proxy.context.store.find(keyOf("/%EF%BF%BD"))).toEqual([]);
  });

  test("of which Bun has lost bytes are in no store for who wants nothing else", async () => {
    await before(always(200, fresh));
    expect((await proxy.get("/%EF%BF%BD", { "Cache-Control": "only-if-cached" })).status).toBe(504);
    expect(proxy.origin.requests).toEqual([]);
  });

  test.each(["/%ef%bf%bd", "/%FF", "/\xc3\xa9"])("that say what they mean are stored: %s", async (target) => {
    await before(always(200, fresh));
    await ask(proxy.port, requestText("GET", target));
    expect(cacheWord(await ask(proxy.port, requestText("GET", target)))).toBe("HIT");
  });

  test.each([
    ["/a/../b", "/b"],
    ["/b#fragment", "/b"],
    ["/\xc3\xa9", "/%C3%A9"],
  ])("without a Host are keyed as they are asked: %s as %s", async (target, asked) => {
    await before((exchange) => void exchange.respond(200, fresh, exchange.request.target));
    const answer = await ask(proxy.port, `GET ${target} HTTP/1.0\r\n\r\n`);
    expect([answer.status, answer.text]).toEqual([200, asked]);
    expect(await proxy.context.store.find(keyOf(asked, ""))).toHaveLength(1);
    expect(cacheWord(await ask(proxy.port, `GET ${asked} HTTP/1.0\r\n\r\n`))).toBe("HIT");
  });

  test("without a Host, of which Bun has lost bytes, are stored no more than others", async () => {
    await before(always(200, fresh));
    expect(cacheWord(await ask(proxy.port, "GET /\xff HTTP/1.0\r\n\r\n"))).toBe("PASS");
  });

  test("with several slashes at the start are one with what the origin is asked for", async () => {
    await before((exchange) => void exchange.respond(200, fresh, exchange.request.target));
    expect((await proxy.get("//page")).text).toBe("/page");
    expect(cacheWord(await proxy.get("/page"))).toBe("HIT");
    await ask(proxy.port, requestText("DELETE", "//page"));
    expect(cacheWord(await proxy.get("/page"))).toBe("MISS");
  });
});
