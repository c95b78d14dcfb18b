import { describe, expect, test } from "bun:test";
import { normalAuthority } from "../../src/rules/authority.ts";

describe("a Host field is keyed, told and sent on", () => {
  test.each<[host: string, asHttp: string, asHttps: string]>([
    ["example.org", "example.org", "example.org"],
    ["Example.ORG", "example.org", "example.org"],
    ["example.org:80", "example.org", "example.org:80"],
    ["example.org:443", "example.org:443", "example.org"],
    ["example.org:8080", "example.org:8080", "example.org:8080"],
    ["example.org:65535", "example.org:65535", "example.org:65535"],
    ["a_b.example", "a_b.example", "a_b.example"],
    ["127.0.0.1:80", "127.0.0.1", "127.0.0.1:80"],
    ["[::1]:80", "[::1]", "[::1]:80"],
    ["[2001:DB8::1]", "[2001:db8::1]", "[2001:db8::1]"],
  ])("%j as %j, and as %j where the scheme is https", (host, asHttp, asHttps) => {
    expect(normalAuthority(host, "http")).toBe(asHttp);
    expect(normalAuthority(host, "https")).toBe(asHttps);
  });
});

test.each([
  "",
  ":80",
  "example.org:",
  "example.org:0",
  "example.org:00080",
  "example.org:080",
  "example.org:65536",
  "example.org:99999",
  "example.org:x",
  "a, b",
  "a b",
  "a/b",
  "a@b",
  "a?b",
  "a%20b",
  "a:80:80",
  "[::1",
  "::1",
  "[::g]",
  "[1:2]",
  "f\u00f6\u00f6",
])("%j is not one host, or its port is none", (host) => {
  expect(normalAuthority(host, "http")).toBeNull();
});
