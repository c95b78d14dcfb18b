import { afterEach, describe, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { always, cacheWord, type ProxyOverrides, startProxy, type TestProxy } from "./proxy.ts";

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

  test.each(["a,b", "[::1", "a:80:80", "a b"])("%j is refused, also for what is stored", async (host) => {
    await before(always(200, fresh));
    await proxy.get("/page");
    expect((await proxy.get("/page", { Host: host })).status).toBe(400);
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
  ])("%s does not reach the origin of a page that is stored", async (name) => {
    await before(echo(name));
    expect((await proxy.get("/page", { [name]: "/evil" })).text).toBe("nothing");
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

describe("targets", () => {
  test("that Bun cannot tell apart are refused", async () => {
    await before(always(200, fresh));
    expect((await ask(proxy.port, requestText("GET", "/\xe9"))).status).toBe(400);
    expect((await ask(proxy.port, requestText("GET", "/\xc3\xa9"))).status).toBe(200);
    expect(proxy.origin.requests[0]?.target).toBe("/%C3%A9");
  });

  test("with several slashes at the start are one with what the origin is asked for", async () => {
    await before((exchange) => void exchange.respond(200, fresh, exchange.request.target));
    expect((await proxy.get("//page")).text).toBe("/page");
    expect(cacheWord(await proxy.get("/page"))).toBe("HIT");
    await ask(proxy.port, requestText("DELETE", "//page"));
    expect(cacheWord(await proxy.get("/page"))).toBe("MISS");
  });
});
