import { describe, expect, test } from "bun:test";
import { decideReuse } from "../../src/rules/reuse.ts";
import { surrogateCapability, surrogateDevice } from "../../src/rules/targeted.ts";
import { dateIn, decide, type Fields, now, plainReuse, policyFor, reader } from "./exchange.ts";

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
    [{ "cdn-cache-control": "max-age=2147483648", "cache-control": "max-age=5" }, 2 ** 31, "targeted"],
    [{ "cdn-cache-control": "max-age=99999999999", "cache-control": "max-age=5" }, 2 ** 31, "targeted"],
    [{ "cdn-cache-control": "max-age=9999999999999999", "cache-control": "max-age=5" }, 5, "max-age"],
    [{ "cdn-cache-control": "max-age=0", expires: dateIn(60), etag: '"a"' }, 0, "targeted"],
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

describe("a targeted field with a directive of the wrong type is as good as absent (RFC 9213 §2.1)", () => {
  const wrong = [
    'max-age="60"',
    "max-age=60.0",
    "max-age=60.5",
    "max-age=-60",
    "max-age=token",
    "max-age=(60)",
    "max-age=?0",
    "max-age=:NjA=:",
    "max-age",
    "max-age=60, s-maxage=6.5",
    'max-age=60, stale-while-revalidate="5"',
    "max-age=60, stale-if-error",
    "max-age=60, no-cache=1",
    "max-age=60, no-cache=x",
    'max-age=60, no-cache=("x")',
    "max-age=60, private=1",
    "max-age=60, private=x",
    "max-age=60, no-store=?0",
    'max-age=60, no-transform="x"',
    "max-age=60, must-revalidate=1",
    "max-age=60, must-understand=x",
    "max-age=60, proxy-revalidate=()",
    "max-age=60, public=1",
    "max-age=60, immutable=?0",
  ];
  test.each(wrong)("%j", (value) => {
    const response = { "cdn-cache-control": value, "cache-control": "max-age=5" };
    expect(policyFor(response)).toMatchObject({ freshnessLifetime: 5, lifetimeSource: "max-age" });
    expect(decide({ ...response, "cache-control": "no-store" }).reason).toBe("response-no-store");
  });

  test("and the next targeted field is looked at", () => {
    const response = { "cdn-cache-control": 'max-age="60"', "other-cache-control": "max-age=7" };
    const options = { targetedFields: ["cdn-cache-control", "other-cache-control"] };
    expect(policyFor(response, { options })).toMatchObject({
      freshnessLifetime: 7,
      lifetimeSource: "targeted",
    });
  });

  test.each([
    'max-age="5", max-age=60',
    "max-age=60;x=y, foo=1.5",
    "max-age=60, unknown=(a b)",
    'max-age=60, no-cache="x-user"',
    "max-age=60, public, immutable, must-revalidate",
  ])("but not with %j: the last of a name counts, parameters and unknown directives do not", (value) => {
    const response = { "cdn-cache-control": value, "cache-control": "max-age=5" };
    expect(policyFor(response).freshnessLifetime).toBe(60);
  });
});

test("beside a targeted field Expires gives no lifetime", () => {
  const response = { "cdn-cache-control": "public", expires: "Thu, 15 Jan 2099 12:00:00 GMT", etag: '"a"' };
  expect(policyFor(response).lifetimeSource).toBe("none");
});

test("a targeted lifetime ends as any does: the Age counts, and no-cache wants a validation each time", () => {
  const use = (response: Fields) => decideReuse(policyFor(response), reader(), now, plainReuse).use;
  const longer = { "cache-control": "max-age=9999", age: "100", etag: '"a"' };
  expect(use({ ...longer, "cdn-cache-control": "max-age=101" })).toBe("fresh");
  expect(use({ ...longer, "cdn-cache-control": "max-age=100" })).toBe("revalidate");
  expect(use({ ...longer, "cdn-cache-control": "max-age=9999, no-cache" })).toBe("revalidate");
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
