import { describe, expect, test } from "bun:test";
import { redirectsToItself } from "../../src/rules/self-redirect.ts";

const asked = ["http://shop.test:8888/a?b=c"];

function isLoop(
  location: string | null,
  status = 301,
  method = "GET",
  urls: readonly string[] = asked,
): boolean {
  return redirectsToItself({ method, status, location }, urls);
}

describe("a redirect sends its visitor round", () => {
  test.each([
    "http://shop.test:8888/a?b=c",
    "HTTP://SHOP.test:8888/a?b=c",
    "http://shop.test:8888/a?b=c#top",
    "//shop.test:8888/a?b=c",
    "/a?b=c",
    "?b=c",
    "#top",
    "/x/../a?b=c",
  ])("to %p", (location) => expect(isLoop(location)).toBe(true));

  test.each([301, 302, 303, 307, 308])("with %d, for GET and HEAD alike", (status) => {
    expect([isLoop("/a?b=c", status), isLoop("/a?b=c", status, "HEAD")]).toEqual([true, true]);
  });

  test("to the port that the scheme means anyway", () => {
    expect(isLoop("http://shop.test:80/", 301, "GET", ["http://shop.test/"])).toBe(true);
  });

  test("to any of the URLs that it may have asked", () => {
    expect(isLoop("https://shop.test/a", 301, "GET", ["http://shop.test/a", "https://shop.test/a"])).toBe(
      true,
    );
  });
});

describe("a redirect leads elsewhere", () => {
  test.each([
    ["to the origin's own name", "http://127.0.0.1:8000/a?b=c"],
    ["to another scheme", "https://shop.test:8888/a?b=c"],
    ["to another port", "http://shop.test/a?b=c"],
    ["to another host", "http://www.shop.test:8888/a?b=c"],
    ["to another path", "/a/?b=c"],
    ["to another query", "/a"],
    ["to nowhere", "http://["],
    ["without Location", null],
  ])("%s", (_, location) => expect(isLoop(location)).toBe(false));

  test.each([200, 201, 300, 304, 305, 306])("with %d, which nobody follows", (status) => {
    expect(isLoop("/a?b=c", status)).toBe(false);
  });

  test.each(["POST", "PUT", "DELETE"])("after a %s, which is not asked again", (method) => {
    expect(isLoop("/a?b=c", 303, method)).toBe(false);
  });
});
