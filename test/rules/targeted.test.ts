import { describe, expect, test } from "bun:test";
import { surrogateCapability, surrogateDevice } from "../../src/rules/targeted.ts";
import { decide, type Fields, policyFor } from "./exchange.ts";

const targetedFields = ["cdn-cache-control", "surrogate-control"];

describe("the first well-formed targeted field counts in place of Cache-Control and Expires (RFC 9213 §2.2)", () => {
  const cases: [response: Fields, lifetime: number, source: string][] = [
    [{ "cdn-cache-control": "max-age=60", "cache-control": "max-age=5" }, 60, "targeted"],
    [{ "cdn-cache-control": "max-age=5", "cache-control": "max-age=60" }, 5, "targeted"],
    [{ "cdn-cache-control": "max-age=60", "cache-control": "no-store" }, 60, "targeted"],
    [{ "cdn-cache-control": "max-age=60", "cache-control": "private" }, 60, "targeted"],
    [{ "cdn-cache-control": "max-age=60", expires: "0" }, 60, "targeted"],
    [{ "cdn-cache-control": "max-age=60;x=y, foo" }, 60, "targeted"],
    [{ "cdn-cache-control": ["foo", "max-age=60"] }, 60, "targeted"],
    [{ "cdn-cache-control": "max-age=9, s-maxage=60" }, 60, "targeted"],
    [{ "cdn-cache-control": "max-age=60", "surrogate-control": "max-age=7" }, 60, "targeted"],
    [{ "cdn-cache-control": "", "surrogate-control": "max-age=7" }, 7, "targeted"],
    [{ "cdn-cache-control": "max-age=60,,", "cache-control": "max-age=5" }, 5, "max-age"],
    [{ "cdn-cache-control": "Max-Age=60", "cache-control": "max-age=5" }, 5, "max-age"],
    [{ "cdn-cache-control": "max-age = 60", "cache-control": "max-age=5" }, 5, "max-age"],
    [{ "cdn-cache-control": 'x="unclosed', "cache-control": "max-age=5" }, 5, "max-age"],
    [{ "cdn-cache-control": "ünfug", "cache-control": "max-age=5" }, 5, "max-age"],
    [{ "x-other-control": "max-age=60", "cache-control": "max-age=5" }, 5, "max-age"],
  ];
  test.each(cases)("%j", (response, lifetime, source) => {
    const policy = policyFor(response, { options: { targetedFields } });
    expect({ lifetime: policy.freshnessLifetime, source: policy.lifetimeSource }).toEqual({
      lifetime,
      source: source as typeof policy.lifetimeSource,
    });
  });
});

describe("a targeted directive of the wrong type gives no lifetime", () => {
  const cases = [
    "max-age=60.5",
    "max-age=-60",
    'max-age="x"',
    "max-age=token",
    "max-age=(60)",
    "max-age=?0",
    "max-age",
  ];
  test.each(cases)("%j", (value) => {
    const policy = policyFor({ "cdn-cache-control": value, etag: '"a"' });
    expect(policy.freshnessLifetime).toBe(0);
  });
});

test("beside a targeted field Expires gives no lifetime", () => {
  const response = { "cdn-cache-control": "public", expires: "Thu, 15 Jan 2099 12:00:00 GMT", etag: '"a"' };
  expect(policyFor(response).lifetimeSource).toBe("none");
});

test("a targeted field forbids as Cache-Control would", () => {
  expect(decide({ "cdn-cache-control": "no-store", "cache-control": "max-age=60" }).reason).toBe(
    "response-no-store",
  );
  expect(decide({ "cdn-cache-control": "private", "cache-control": "max-age=60" }).reason).toBe(
    "response-private",
  );
  const qualified = policyFor({ "cdn-cache-control": 'max-age=60, private="x-user"' });
  expect(qualified.withheldFields).toEqual(["x-user"]);
});

describe("Surrogate-Control has directives for one device, extensions, and names of any case", () => {
  const cases: [value: string, lifetime: number][] = [
    ["max-age=60", 60],
    ["MaX-aGe=60", 60],
    ["max-age=99999999999", 2 ** 31],
    [`max-age=60;${surrogateDevice}`, 60],
    ["max-age=60+30", 60],
    ["max-age=9999;other, max-age=60", 60],
    ["max-age=60;other", 5],
    ["max-age =60", 0],
    ["max-age= 60", 0],
  ];
  test.each(cases)("%j", (value, lifetime) => {
    const response = { "surrogate-control": value, "cache-control": "max-age=5", etag: '"a"' };
    expect(policyFor(response, { options: { targetedFields } }).freshnessLifetime).toBe(lifetime);
  });

  test("and the origin is told by which name to address this cache", () => {
    expect(surrogateCapability).toBe(`${surrogateDevice}="Surrogate/1.0"`);
  });
});
