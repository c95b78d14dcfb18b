import { describe, expect, test } from "bun:test";
import { parseGroups } from "../../src/rules/groups.ts";
import { invalidatedGroups, invalidatedTargets } from "../../src/rules/invalidation.ts";
import { type Fields, reader } from "./exchange.ts";

function invalidated(
  method: string,
  status: number,
  response: Fields = {},
  upstreamOrigins = ["http://127.0.0.1:8000", "http://127.0.0.2:8000"],
) {
  const origin = "https://example.org";
  return invalidatedTargets({
    method,
    status,
    target: "/a/b?c",
    origin,
    upstreamOrigins,
    response: reader(response),
  });
}

describe("a successful unsafe request invalidates its target (RFC 9111 §4.4)", () => {
  const cases: [method: string, status: number, invalidates: boolean][] = [
    ["POST", 200, true],
    ["PUT", 204, true],
    ["DELETE", 299, true],
    ["PATCH", 303, true],
    ["M-SEARCH", 200, true],
    ["FOO", 200, true],
    ["get", 200, true],
    ["POST", 199, false],
    ["POST", 400, false],
    ["POST", 500, false],
    ["GET", 200, false],
    ["HEAD", 200, false],
    ["OPTIONS", 200, false],
    ["TRACE", 200, false],
    ["QUERY", 200, false],
    ["PROPFIND", 207, false],
  ];
  test.each(cases)("%s with %p: %p", (method, status, invalidates) => {
    expect(invalidated(method, status)).toEqual(invalidates ? ["/a/b?c"] : []);
  });
});

describe("and what Location and Content-Location of the same origin name", () => {
  const cases: [reference: string, target: string | null][] = [
    ["/x?y", "/x?y"],
    ["x", "/a/x"],
    ["../x#f", "/x"],
    ["?z", "/a/b?z"],
    ["https://example.org/x", "/x"],
    ["HTTPS://EXAMPLE.ORG:443/x", "/x"],
    ["//example.org/x", "/x"],
    ["http://127.0.0.1:8000/x", "/x"],
    ["http://127.0.0.2:8000/x", "/x"],
    ["http://example.org/x", null],
    ["https://example.org:8443/x", null],
    ["https://example.com/x", null],
    ["https://example.org@example.com/x", null],
    ["//example.com/x", null],
    ["\\\\example.com/x", null],
    ["javascript:alert(1)", null],
    ["http://[", null],
  ];
  test.each(cases)("%j", (reference, target) => {
    const expected = target === null ? ["/a/b?c"] : ["/a/b?c", target];
    expect(invalidated("POST", 201, { location: reference })).toEqual(expected);
    expect(invalidated("POST", 200, { "content-location": reference })).toEqual(expected);
  });

  test("each once", () => {
    const response = { location: "/x", "content-location": "/x" };
    expect(invalidated("POST", 201, response)).toEqual(["/a/b?c", "/x"]);
    expect(invalidated("POST", 201, { location: "/a/b?c" })).toEqual(["/a/b?c"]);
    expect(invalidated("POST", 500, response)).toEqual([]);
  });

  test("a target that begins with two slashes names no other host", () => {
    const exchange = { method: "PUT", status: 200, target: "//x/y", origin: "https://example.org" };
    expect(invalidatedTargets({ ...exchange, response: reader({ location: "z" }) })).toEqual([
      "//x/y",
      "//x/z",
    ]);
  });
});

describe("groups are a list of strings (RFC 9875 §2)", () => {
  const cases: [value: string | null, groups: string[]][] = [
    ['"a", "b c"', ["a", "b c"]],
    ['"a";x=1, "a"', ["a"]],
    ['"a", token', []],
    ['"a", ("b")', []],
    ['"a", 1', []],
    ['"a', []],
    ['"ä"', []],
    ["", []],
    [null, []],
  ];
  test.each(cases)("%j", (value, groups) => {
    expect(parseGroups(value)).toEqual(groups);
  });
});

test("only a successful unsafe request invalidates groups (RFC 9875 §3)", () => {
  const response = reader({ "cache-group-invalidation": '"a", "b"' });
  expect(invalidatedGroups({ method: "POST", status: 200, response })).toEqual(["a", "b"]);
  expect(invalidatedGroups({ method: "POST", status: 404, response })).toEqual([]);
  expect(invalidatedGroups({ method: "GET", status: 200, response })).toEqual([]);
  expect(invalidatedGroups({ method: "POST", status: 200, response: reader() })).toEqual([]);
});
