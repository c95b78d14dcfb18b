import { describe, expect, test } from "bun:test";
import { decideReuse } from "../../src/rules/reuse.ts";
import { currentAge, remainingLifetime } from "../../src/rules/freshness.ts";
import { dateIn, type Fields, now, plainReuse, policyFor, reader } from "./exchange.ts";

const day = 86_400;

describe("the lifetime is that of s-maxage, else max-age, else Expires, else a heuristic (RFC 9111 §4.2.1)", () => {
  const cases: [response: Fields, lifetime: number, source: string][] = [
    [{ "cache-control": "s-maxage=60, max-age=5" }, 60, "s-maxage"],
    [{ "cache-control": ["max-age=60", "s-maxage=5"] }, 5, "s-maxage"],
    [{ "cache-control": "max-age=0, s-maxage=60", expires: dateIn(-10) }, 60, "s-maxage"],
    [{ "cache-control": "max-age=60", expires: dateIn(-10) }, 60, "max-age"],
    [{ "cache-control": "max-age=60", expires: "0" }, 60, "max-age"],
    [{ "cache-control": "max-age=0", expires: dateIn(60), etag: '"a"' }, 0, "max-age"],
    [{ "cache-control": "max-age='60'", expires: dateIn(60), etag: '"a"' }, 0, "max-age"],
    [{ "cache-control": "s-maxage=x, max-age=60", etag: '"a"' }, 0, "s-maxage"],
    [{ expires: dateIn(60), date: dateIn(0) }, 60, "expires"],
    [{ expires: dateIn(300), date: dateIn(400), etag: '"a"' }, 0, "expires"],
    [{ expires: dateIn(60), date: "foo" }, 60, "expires"],
    [{ expires: dateIn(60) }, 60, "expires"],
    [{ expires: dateIn(60), date: dateIn(-30) }, 90, "expires"],
    [{ expires: dateIn(0), date: dateIn(0), etag: '"a"' }, 0, "expires"],
    [{ expires: "0", date: dateIn(0), etag: '"a"' }, 0, "expires"],
    [{ expires: [dateIn(60), dateIn(60)], etag: '"a"' }, 0, "expires"],
    [{ expires: "Thu, 18 Aug 2050 02:01:18 UTC", "last-modified": dateIn(-1000) }, 0, "expires"],
    [{ expires: "Sun, 21 Nov 9999 04:46:39 GMT" }, 2 ** 31, "expires"],
    [{ "last-modified": dateIn(-1000), date: dateIn(0) }, 100, "heuristic"],
    [{ "last-modified": dateIn(-1000) }, 100, "heuristic"],
    [{ "last-modified": dateIn(-100 * day) }, day, "heuristic"],
    [{ "last-modified": dateIn(5) }, 0, "heuristic"],
    [{ "last-modified": "yesterday", etag: '"a"' }, 0, "none"],
    [{ etag: '"a"' }, 0, "none"],
  ];
  test.each(cases)("%j", (response, lifetime, source) => {
    const policy = policyFor(response);
    expect({ lifetime: policy.freshnessLifetime, source: policy.lifetimeSource }).toEqual({
      lifetime,
      source: source as typeof policy.lifetimeSource,
    });
  });
});

describe("the operator's lifetime is for responses that give no other", () => {
  const options = { defaultLifetime: 60 };
  const cases: [response: Fields, lifetime: number][] = [
    [{}, 60],
    [{ etag: '"a"' }, 60],
    [{ "last-modified": dateIn(-1000) }, 100],
    [{ "cache-control": "max-age=5" }, 5],
    [{ expires: "0", etag: '"a"' }, 0],
  ];
  test.each(cases)("%j", (response, lifetime) => {
    expect(policyFor(response, { options }).freshnessLifetime).toBe(lifetime);
  });
});

describe("the initial age is the greater of Date's and Age's, with the delay of the response (§4.2.3)", () => {
  const cases: [response: Fields, delaySeconds: number, age: number][] = [
    [{}, 0, 0],
    [{}, 7, 7],
    [{ date: dateIn(-20) }, 0, 20],
    [{ date: dateIn(-20), age: "30" }, 0, 30],
    [{ date: dateIn(-40), age: "30" }, 0, 40],
    [{ date: dateIn(-33), age: "30" }, 5, 35],
    [{ date: dateIn(50), age: "30" }, 0, 30],
    [{ date: "foo", age: "30" }, 0, 30],
    [{ age: "99999999999999999999" }, 0, 2 ** 31],
    [{ age: "7200,0" }, 0, 7200],
    [{ age: "0,7200" }, 0, 0],
  ];
  test.each(cases)("%j after %j s", (fields, delaySeconds, age) => {
    const requestAt = now - delaySeconds * 1000;
    const policy = policyFor(
      { ...fields, "cache-control": "max-age=10000", etag: '"a"' },
      { exchange: { requestAt } },
    );
    expect(policy.correctedInitialAge).toBe(age);
  });
});

describe("of an Age the first member counts, and none that is no number (§5.1)", () => {
  const cases: [age: string | string[], counted: number][] = [
    ["abc", 0],
    ["-7200", 0],
    ["+7200", 0],
    ["7200.0", 0],
    ["1e3", 0],
    ["7200s", 0],
    ['"7200"', 0],
    ["7200;foo=bar", 0],
    ["", 0],
    [",", 0],
    ["abc, 7200", 0],
    ["7200, abc", 7200],
    ["7200, 0", 7200],
    ["0, 7200", 0],
    ["7200,0", 7200],
    [",7200", 7200],
    [["7200", "0"], 7200],
    [["0", "7200"], 0],
    [["0", "0"], 0],
    [["abc", "7200"], 0],
    ["2147483647", 2 ** 31 - 1],
    ["2147483649", 2 ** 31],
  ];
  test.each(cases)("%j is %j", (age, counted) => {
    const policy = policyFor({ age, "cache-control": "max-age=3600", etag: '"a"' });
    expect(policy.correctedInitialAge).toBe(counted);
    expect(remainingLifetime(policy, now)).toBe(3600 - counted);
  });
});

describe("a response from the future was stored when the wall clock was ahead: its age cannot be known", () => {
  const policy = policyFor({ "cache-control": "max-age=60, stale-while-revalidate=60", age: "10" });
  test.each([
    [0, 10],
    [-1000, 10],
    [-1001, 2 ** 31],
    [-3_600_000, 2 ** 31],
  ])("%i ms from when it came its age is %i", (milliseconds, age) => {
    expect(currentAge(policy, now + milliseconds)).toBe(age);
  });

  test("and it serves neither fresh nor stale without being asked for", () => {
    const { use } = decideReuse(policy, reader(), now - 3_600_000, plainReuse);
    expect(use).toBe("revalidate");
  });
});

test("what the origin says of time is compared with the wall clock, delays with the steady one", () => {
  const ahead = 3_600_000;
  const exchange = { requestAt: now + ahead - 3000, responseAt: now + ahead, receivedAt: now };
  const policy = policyFor({ date: dateIn(-2), "cache-control": "max-age=60" }, { exchange });
  expect(policy.correctedInitialAge).toBe(3);
  expect(policy.responseAt).toBe(now + ahead);
  const undated = policyFor({ "cache-control": "max-age=60" }, { exchange });
  expect(undated.dateAt).toBe(now);
});

test("a response ages by whole seconds and not below its initial age", () => {
  const policy = policyFor({ "cache-control": "max-age=60", age: "10" });
  expect(currentAge(policy, now)).toBe(10);
  expect(currentAge(policy, now + 999)).toBe(10);
  expect(currentAge(policy, now + 1000)).toBe(11);
  expect(currentAge(policy, now - 1000)).toBe(10);
  expect(remainingLifetime(policy, now + 20_500)).toBe(30);
  expect(remainingLifetime(policy, now + 70_000)).toBe(-20);
});
