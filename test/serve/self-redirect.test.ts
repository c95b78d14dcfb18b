import { afterEach, describe, expect, test } from "bun:test";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { always, type ProxyOverrides, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
afterEach(() => proxy.stop());

/** What the operator hears when a visitor of shop.test asks for that and is redirected there. */
async function heard(
  target: string,
  location: string,
  {
    options,
    method = "GET",
    fields = {},
  }: { options?: ProxyOverrides["options"]; method?: string; fields?: Record<string, string> } = {},
): Promise<readonly string[]> {
  proxy = await startProxy(always(302, { Location: location }), options === undefined ? {} : { options });
  const request = requestText(method, target, { Host: "shop.test", ...fields });
  const answer = await ask(proxy.port, request);
  expect([answer.status, answer.field("location")]).toEqual([302, location]);
  return proxy.selfRedirects;
}

describe("a redirect to the URL that the visitor asked for is told to the operator", () => {
  test.each([
    ["as an absolute URL, as WordPress has it", "/page", "http://shop.test/page"],
    ["as a path", "/page", "/page"],
    ["with its query, which is not told", "/page?secret=1", "http://shop.test/page?secret=1"],
  ])("%s", async (_, target, location) => {
    expect(await heard(target, location)).toEqual(["302 shop.test/page"]);
  });

  test("with the scheme that a server before this one says the visitor used", async () => {
    const fields = { "X-Forwarded-Proto": "https" };
    expect(await heard("/page", "https://shop.test/page", { fields })).toEqual(["302 shop.test/page"]);
  });

  test("also when it answers a HEAD", async () => {
    expect(await heard("/page", "/page", { method: "HEAD" })).toEqual(["302 shop.test/page"]);
  });
});

describe("a redirect is not told of", () => {
  test.each([
    ["that leads to another page", "/page", "http://shop.test/other"],
    ["that leads to TLS", "/page", "https://shop.test/page"],
    ["that leads to the origin's own name", "/page", "http://127.0.0.1:8000/page"],
  ])("%s", async (_, target, location) => {
    expect(await heard(target, location)).toEqual([]);
  });

  test("when the origin is asked by the visitor's Host already", async () => {
    expect(await heard("/page", "/page", { options: { originHost: null } })).toEqual([]);
  });

  test("when another page was asked for in place of the visitor's", async () => {
    expect(await heard("/", "/", { options: { index: "index.html" } })).toEqual([]);
  });

  test("when it answers a form", async () => {
    expect(await heard("/page", "/page", { method: "POST", fields: { "Content-Length": "0" } })).toEqual([]);
  });
});
