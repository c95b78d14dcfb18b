import { afterEach, expect, test } from "bun:test";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { always, cacheWord, type ProxyOverrides, startProxy, type TestProxy } from "./proxy.ts";

/** An origin that has all its pages beneath "/app", of which clients know nothing. */

let proxy: TestProxy;
afterEach(() => proxy.stop());

async function before(script: Parameters<typeof startProxy>[0], overrides: ProxyOverrides = {}) {
  proxy = await startProxy(script, {
    ...overrides,
    options: { pathPrefix: "/app", ...overrides.options },
  });
}

const targets = () => proxy.origin.requests.map(({ target }) => target);
const fresh = { "Cache-Control": "max-age=60" };

test("is asked beneath it, and its answers are found under the client's paths", async () => {
  await before(always(200, fresh));
  for (const target of ["/", "/a?b=c", "/a/b/", "/a%2Fb"]) {
    expect(cacheWord(await proxy.get(target))).toBe("MISS");
    expect(cacheWord(await proxy.get(target))).toBe("HIT");
  }
  expect(targets()).toEqual(["/app/", "/app/a?b=c", "/app/a/b/", "/app/a%2Fb"]);
});

test("is asked for the file that --index names beneath it", async () => {
  await before(always(200, fresh), { options: { index: "index.html" } });
  await proxy.get("/");
  expect(targets()).toEqual(["/app/index.html"]);
});

test.each([
  "GET /../secret HTTP/1.1\r\nHost: shop.test\r\n\r\n",
  "GET /../secret HTTP/1.0\r\n\r\n",
  "GET /a/%2e%2e/.%2E/secret HTTP/1.0\r\n\r\n",
  "GET /\\..\\secret HTTP/1.0\r\n\r\n",
  "GET //../../secret HTTP/1.0\r\n\r\n",
  "GET //..//../secret HTTP/1.1\r\nHost: shop.test\r\n\r\n",
  "GET /..\\/..\\secret HTTP/1.1\r\nHost: shop.test\r\n\r\n",
  "GET http://evil.test/../secret HTTP/1.1\r\nHost: shop.test\r\n\r\n",
])("is asked for nothing outside of it: %p", async (request) => {
  await before(always(200, {}));
  const { status } = await ask(proxy.port, request);
  expect([200, 400]).toContain(status);
  for (const target of targets()) expect(target).toStartWith("/app/");
});

test("sends clients to places that they can ask for, from the cache as well", async () => {
  await before(always(301, { ...fresh, Location: "/app/dir/", "Content-Location": "/app/dir/index.html" }));
  for (const word of ["MISS", "HIT"]) {
    const answer = await proxy.get("/dir");
    expect([cacheWord(answer) as string, answer.field("location"), answer.field("content-location")]).toEqual(
      [word, "/dir/", "/dir/index.html"],
    );
  }
});

test.each(["/app/page", "page", "http://cache.test/app/page", () => `${proxy.origin.url}/app/page`])(
  "makes invalid what it names in the Location of an unsafe answer: %p",
  async (location) => {
    await before(always(200, fresh));
    await proxy.get("/page");
    expect(cacheWord(await proxy.get("/page"))).toBe("HIT");
    const named = typeof location === "string" ? location : location();
    proxy.origin.answer(always(201, { Location: named }));
    await ask(proxy.port, requestText("POST", "/form", { "Content-Length": "0" }));
    proxy.origin.answer(always(200, fresh));
    expect(cacheWord(await proxy.get("/page"))).toBe("MISS");
  },
);

test("leaves the paths of cookies as they are", async () => {
  await before(always(200, { "Set-Cookie": "a=1; Path=/app" }));
  expect((await proxy.get("/")).field("set-cookie")).toBe("a=1; Path=/app");
});
