import { describe, expect, test } from "bun:test";
import { endToEndFields } from "../../src/rules/hop-by-hop.ts";

function remaining(names: string[], connection: string | null): string[] {
  const fields = names.map((name) => [name, "x"] as const);
  return endToEndFields(fields, connection).map(([name]) => name);
}

test("fields of the connection do not go on (RFC 9110 §7.6.1, RFC 9111 §3.1)", () => {
  const names = [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
  ];
  expect(remaining([...names, "x-a", "content-length"], null)).toEqual(["x-a", "content-length"]);
});

test("nor do those that Connection names, in any case and spacing", () => {
  expect(remaining(["a", "b", "c"], "A ,b,, close")).toEqual(["c"]);
});

describe("what others rely on cannot be named away", () => {
  test.each([
    "host",
    "authorization",
    "cookie",
    "cache-control",
    "content-length",
    "content-type",
    "content-security-policy",
    "x-forwarded-for",
    "x-forwarded-host",
    "forwarded",
    "via",
    "cdn-loop",
    "vary",
    "age",
    "set-cookie",
    "if-none-match",
    "range",
    "cdn-cache-control",
    "access-control-allow-origin",
    "sec-fetch-site",
  ])("%s", (name) => {
    expect(remaining([name], `close, ${name}`)).toEqual([name]);
  });
});
