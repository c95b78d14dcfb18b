import { describe, expect, test } from "bun:test";
import { withoutPathPrefix } from "../../src/rules/path-prefix.ts";

const place = { prefix: "/app", origins: ["http://127.0.0.1:8000", "http://10.0.0.2"], host: "shop.test" };

function locationOf(value: string, at = place): string | undefined {
  return withoutPathPrefix([["location", value]], at)[0]?.[1];
}

describe("a client is told a place without the prefix", () => {
  test.each([
    ["/app/login", "/login"],
    ["/app", "/"],
    ["/app/", "/"],
    ["/app?next=/app/a", "/?next=/app/a"],
    ["/app#top", "/#top"],
    ["/app/a/../b?c#d", "/a/../b?c#d"],
    ["http://127.0.0.1:8000/app/login", "/login"],
    ["HTTP://127.0.0.1:8000/app", "/"],
    ["//127.0.0.1:8000/app/a", "/a"],
    ["http://10.0.0.2/app/a", "/a"],
    ["http://shop.test/app/login", "http://shop.test/login"],
    ["https://Shop.test/app/login?x", "https://Shop.test/login?x"],
    ["//shop.test/app/", "//shop.test/"],
  ])("%s", (said, told) => expect(locationOf(said)).toBe(told));
});

describe("left as it is: what is outside of the prefix, of another server, or relative", () => {
  test.each([
    "/",
    "/login",
    "/application",
    "/APP/login",
    "login",
    "../login",
    "?page=2",
    "#top",
    "",
    "http://127.0.0.1:8000/login",
    "http://127.0.0.1:8001/app/login",
    "https://elsewhere.test/app/login",
    "//elsewhere.test/app/login",
    "http://shop.test@evil.test/app/login",
    "mailto:me@shop.test",
    "ftp://127.0.0.1:8000/app/x",
    "http:/app/login",
  ])("%p", (value) => expect(locationOf(value)).toBe(value));

  test("the host of a client that named none is nobody's", () => {
    expect(locationOf("///app/x", { ...place, host: "" })).toBe("///app/x");
  });
});

describe("what is left of a path never names another server", () => {
  test.each([
    ["/app//evil.test/x", "/.//evil.test/x"],
    ["/app/\\evil.test/x", "/./\\evil.test/x"],
    ["/app/\t/evil.test/x", "/./\t/evil.test/x"],
    ["http://127.0.0.1:8000/app//evil.test", "/.//evil.test"],
  ])("%p", (said, told) => {
    expect(locationOf(said)).toBe(told);
    expect(new URL(told, "http://shop.test/a").host).toBe("shop.test");
  });
});

test("Content-Location likewise, and no other field", () => {
  const fields = [
    ["content-location", "/app/a"],
    ["set-cookie", "a=1; Path=/app"],
    ["link", "</app/style.css>; rel=preload"],
  ] as const;
  expect(withoutPathPrefix(fields, place)).toEqual([
    ["content-location", "/a"],
    ["set-cookie", "a=1; Path=/app"],
    ["link", "</app/style.css>; rel=preload"],
  ]);
});
