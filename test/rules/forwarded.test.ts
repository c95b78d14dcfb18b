import { describe, expect, test } from "bun:test";
import { requestFieldsOf } from "../../src/rules/fields.ts";
import { tellsOfClient, type Told, toldByProxies } from "../../src/rules/forwarded.ts";
import { compileNetworks } from "../../src/rules/networks.ts";

const isTrusted = compileNetworks(["10.0.0.0/8", "2001:db8:f::/48"]);

/** What is told where 10.0.0.1 has brought the request. Each line of a field is one of a list. */
function told(fields: Readonly<Record<string, string | readonly string[]>>): Told {
  const lines = Object.entries(fields).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value] as const),
  );
  return toldByProxies(requestFieldsOf(lines), "10.0.0.1", isTrusted);
}

describe("the client is the first, from the right, that is not trusted", () => {
  test.each<[what: string, forwardedFor: string | readonly string[], address: string | null]>([
    ["one proxy", "192.0.2.7", "192.0.2.7"],
    ["two proxies", "192.0.2.7, 10.0.0.2", "192.0.2.7"],
    ["what the client has made up", "198.51.100.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"],
    ["made up as if it were trusted", "10.0.0.9, 192.0.2.7", "192.0.2.7"],
    ["two lines of the field", ["198.51.100.1", "192.0.2.7, 10.0.0.2"], "192.0.2.7"],
    ["all trusted: the farthest", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["nothing in it", "", "10.0.0.1"],
    ["empty members", ", 192.0.2.7,, 10.0.0.2 ,", "192.0.2.7"],
    ["a port", "192.0.2.7:4711", "192.0.2.7"],
    ["IPv6", "2001:DB8::7", "2001:db8::7"],
    ["IPv6 in brackets", "[2001:db8::7]", "2001:db8::7"],
    ["IPv6 with a port", "[2001:db8::7]:4711, 10.0.0.2:80", "2001:db8::7"],
    ["IPv6 through a trusted one", "2001:db8::7, 2001:db8:f::1", "2001:db8::7"],
    ["IPv4 as IPv6 writes it", "192.0.2.7, ::ffff:10.0.0.2", "192.0.2.7"],
    ["IPv4 as IPv6 writes it, of the client", "::ffff:192.0.2.7", "192.0.2.7"],
    ["quotes", '"[2001:db8::7]:4711"', "2001:db8::7"],
    ["a trusted one does not know", "192.0.2.7, unknown, 10.0.0.2", null],
    ["the nearest does not know", "192.0.2.7, unknown", null],
    ["rubbish that the client has sent", "<rubbish>, 192.0.2.7", "192.0.2.7"],
    ["a quote that the client has sent", '"rubbish, 192.0.2.7', "192.0.2.7"],
    ["no address: too many numbers", "192.0.2.7.1", null],
    ["no address: octal", "0300.0.2.7", null],
    ["no address: a name", "client.example", null],
    ["no address: a port too many", "[2001:db8::7]:80:80", null],
  ])("X-Forwarded-For with %s", (_, value, address) => {
    expect(told({ "x-forwarded-for": value })).toMatchObject({ address, protocol: null, host: null });
  });

  test.each<[what: string, forwarded: string | readonly string[], address: string | null]>([
    ["one proxy", "for=192.0.2.7", "192.0.2.7"],
    ["two proxies", "for=192.0.2.7, for=10.0.0.2", "192.0.2.7"],
    ["what the client has made up", "for=198.51.100.1, for=192.0.2.7", "192.0.2.7"],
    ["several lines", ["for=198.51.100.1", "for=192.0.2.7", "For=10.0.0.2"], "192.0.2.7"],
    ["a port", 'for="192.0.2.7:4711"', "192.0.2.7"],
    ["a port without the quotes", "for=192.0.2.7:4711", "192.0.2.7"],
    ["a hidden port", 'for="192.0.2.7:_x"', "192.0.2.7"],
    ["IPv6", 'for="[2001:db8::7]"', "2001:db8::7"],
    ["IPv6 with a port", 'for="[2001:db8::7]:4711"', "2001:db8::7"],
    ["escapes in quotes", 'for="192.0.2\\.7"', "192.0.2.7"],
    ["other parameters", "by=10.0.0.1;for=192.0.2.7;secret=_x ; Proto=", null],
    ["empty parameters", ";; for=192.0.2.7;;", null],
    ["empty parameters behind", "for=192.0.2.7;; by=_x;", "192.0.2.7"],
    ["unknown", "for=192.0.2.7, for=unknown", null],
    ["an obfuscated one", "for=192.0.2.7, for=_gazonk", null],
    ["nothing of the client", "for=192.0.2.7, proto=https", "10.0.0.1"],
    ["two clients in one", "for=192.0.2.7;for=192.0.2.8", null],
    ["rubbish", "192.0.2.7", null],
    ["rubbish that the client has sent", "rubbish, for=192.0.2.7", "192.0.2.7"],
    ["a quote that the client has not closed", 'for="x, for="[2001:db8::7]"', "2001:db8::7"],
    ["the same, with an escape", 'for="x\\, for="[2001:db8::7]";by="_y"', "2001:db8::7"],
    ["a comma within quotes", 'for=192.0.2.7, by="a, for=198.51.100.1";for=10.0.0.2', "192.0.2.7"],
  ])("Forwarded with %s", (_, value, address) => {
    expect(told({ forwarded: value }).address).toBe(address);
  });
});

describe("scheme and host are those of the farthest that is trusted", () => {
  test.each<[fields: Readonly<Record<string, string>>, protocol: string | null, host: string | null]>([
    [{ "x-forwarded-proto": "https", "x-forwarded-host": "shop.example" }, "https", "shop.example"],
    [{ "x-forwarded-proto": "HTTPS" }, "https", null],
    [{ "x-forwarded-proto": "wss" }, "https", null],
    [{ "x-forwarded-proto": "ws" }, "http", null],
    [{ "x-forwarded-proto": "ftp" }, null, null],
    [{ "x-forwarded-host": "a b" }, null, null],
    // The one proxy speaks last; what stands before is its client's.
    [{ "x-forwarded-proto": "https, http" }, "http", null],
    [{ "x-forwarded-host": "evil.example, shop.example" }, null, "shop.example"],
    // Two are trusted.
    [{ "x-forwarded-for": "192.0.2.7, 10.0.0.2", "x-forwarded-proto": "https, http" }, "https", null],
    [{ "x-forwarded-for": "192.0.2.7, 10.0.0.2", "x-forwarded-proto": "https" }, "https", null],
    [
      { "x-forwarded-for": "192.0.2.7, 10.0.0.2", "x-forwarded-proto": "http, https, https, http" },
      "https",
      null,
    ],
    [{ "x-forwarded-for": "192.0.2.7, 10.0.0.2", "x-forwarded-proto": "?, https" }, "https", null],
    [{ forwarded: "for=192.0.2.7;proto=https;host=shop.example" }, "https", "shop.example"],
    [{ forwarded: 'for=192.0.2.7;host="shop.example:8443"' }, null, "shop.example:8443"],
    [{ forwarded: "proto=http;host=evil.example, for=192.0.2.7;proto=https" }, "https", null],
    [{ forwarded: "for=192.0.2.7;proto=https, for=10.0.0.2;proto=http" }, "https", null],
    [{ forwarded: "for=192.0.2.7, for=10.0.0.2;proto=https" }, "https", null],
    [{ forwarded: "for=192.0.2.7;proto=gopher, for=10.0.0.2;proto=https" }, "https", null],
  ])("%j: %j and %j", (fields, protocol, host) => {
    expect(told(fields)).toMatchObject({ protocol, host });
  });
});

describe("of several fields", () => {
  test.each<[what: string, fields: Readonly<Record<string, string>>, expected: Partial<Told>]>([
    [
      "X-Forwarded-For goes before Forwarded, which most hand on as it came",
      { "x-forwarded-for": "192.0.2.7", forwarded: "for=198.51.100.1;proto=https;host=evil.example" },
      { address: "192.0.2.7", protocol: null, host: null },
    ],
    [
      "so does X-Forwarded-Proto alone",
      { "x-forwarded-proto": "http", forwarded: "for=198.51.100.1;proto=https" },
      { address: "10.0.0.1", protocol: "http", host: null },
    ],
    [
      "X-Forwarded-For goes before X-Real-IP",
      { "x-forwarded-for": "192.0.2.7", "x-real-ip": "198.51.100.1" },
      { address: "192.0.2.7", protocol: null, host: null },
    ],
    [
      "X-Real-IP counts where it is alone",
      { "x-real-ip": "192.0.2.7" },
      { address: "192.0.2.7", protocol: null, host: null },
    ],
    [
      "of X-Real-IP the last, where there are two",
      { "x-real-ip": "10.0.0.9, 192.0.2.7" },
      { address: "192.0.2.7", protocol: null, host: null },
    ],
    [
      "X-Real-IP counts beside X-Forwarded-Proto",
      { "x-real-ip": "192.0.2.7", "x-forwarded-proto": "https" },
      { address: "192.0.2.7", protocol: "https", host: null },
    ],
  ])("%s", (_, fields, expected) => {
    expect(told(fields)).toMatchObject(expected);
  });
});

test("long lists take linear time", () => {
  const beganAt = performance.now();
  for (const part of ["10.0.0.2,", '"', '\\"', "a=b;", 'a="b";', ",", " "]) {
    const value = part.repeat(100_000);
    told({ "x-forwarded-for": value, "x-forwarded-host": value });
    told({ forwarded: value });
  }
  expect(performance.now() - beganAt).toBeLessThan(5_000);
});

test.each<[name: string, tells: boolean]>([
  ["x-forwarded-for", true],
  ["x-forwarded-proto", true],
  ["x-forwarded-host", true],
  ["forwarded", true],
  ["x-real-ip", true],
  ["x-forwarded-port", false],
  ["via", false],
])("%s tells of the client: %p", (name, tells) => {
  expect(tellsOfClient(requestFieldsOf([[name, "x"]]))).toBe(tells);
});

describe("who is not trusted, and names others, may speak for anybody", () => {
  test.each<[what: string, fields: Readonly<Record<string, string>>, speaksForOthers: boolean]>([
    ["nobody is named", { "x-forwarded-proto": "https" }, true],
    ["nobody in Forwarded", { forwarded: "proto=https" }, true],
    ["nobody by one of those that are named", { forwarded: "proto=https, for=10.0.0.2" }, true],
    ["a client", { "x-forwarded-for": "192.0.2.7" }, false],
    ["a client through another that is trusted", { "x-forwarded-for": "192.0.2.7, 10.0.0.2" }, false],
    ["only trusted ones", { "x-forwarded-for": "10.0.0.3, 10.0.0.2" }, false],
    ["one that is not trusted, and its client", { "x-forwarded-for": "198.51.100.1, 192.0.2.7" }, true],
    ["the same in Forwarded", { forwarded: "for=198.51.100.1, for=192.0.2.7" }, true],
    ["one by another field", { "x-real-ip": "192.0.2.7" }, false],
  ])("%s", (_, fields, speaksForOthers) => {
    expect(told(fields).speaksForOthers).toBe(speaksForOthers);
  });
});
