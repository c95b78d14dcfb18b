import { describe, expect, test } from "bun:test";
import type { ErrorCap } from "../../src/rules/exchange.ts";
import { dateIn, type Fields, policyFor } from "./exchange.ts";

function lifetimeOf(status: number, response: Fields, errorCap: ErrorCap = "usual"): number {
  const changes = { exchange: { status }, options: { errorCap, defaultLifetime: 3600 } };
  return policyFor({ etag: '"a"', ...response }, changes).freshnessLifetime;
}

const stated = { "cache-control": "max-age=60" };

describe("what an error states counts, but for those of a moment, which are fresh for 10 s", () => {
  test.each([400, 408, 413, 414, 500, 501, 502, 503, 504, 599])("%i", (status) => {
    expect(lifetimeOf(status, stated)).toBe(10);
    expect(lifetimeOf(status, { "cache-control": "s-maxage=9" })).toBe(9);
    expect(lifetimeOf(status, { "cdn-cache-control": "max-age=60" })).toBe(10);
    expect(lifetimeOf(status, { expires: dateIn(60) })).toBe(10);
  });

  test.each([200, 204, 301, 302, 308, 399, 401, 402, 403, 404, 405, 406, 407, 409, 410, 411, 415, 451, 499])(
    "as stated: %i",
    (status) => {
      expect(lifetimeOf(status, stated)).toBe(60);
    },
  );
});

describe("an error that states nothing is fresh for 10 s at the most", () => {
  const old = { "last-modified": dateIn(-10_000) };

  test.each([404, 405, 410, 414, 501])("%i", (status) => {
    expect(lifetimeOf(status, old)).toBe(10);
    expect(lifetimeOf(status, { "last-modified": dateIn(-50) })).toBe(5);
    expect(lifetimeOf(status, {})).toBe(10);
    expect(lifetimeOf(status, old, "none")).toBe(10);
    expect(lifetimeOf(status, old, 100)).toBe(10);
    expect(lifetimeOf(status, old, 3)).toBe(3);
  });

  test.each([403, 503, 599])("public, as %i", (status) => {
    expect(lifetimeOf(status, { ...old, "cache-control": "public" })).toBe(10);
  });

  test.each([200, 203, 300, 301, 308])("but not %i", (status) => {
    expect(lifetimeOf(status, old)).toBe(1000);
    expect(lifetimeOf(status, {}, 3)).toBe(3600);
  });
});

describe("the operator's cap is for every error, and can be taken off", () => {
  const cases: [cap: ErrorCap, status: number, lifetime: number][] = [
    [30, 400, 30],
    [30, 404, 30],
    [30, 503, 30],
    [90, 503, 60],
    [0, 404, 0],
    [30, 399, 60],
    ["none", 400, 60],
    ["none", 503, 60],
  ];
  test.each(cases)("%j, %i: %i", (cap, status, lifetime) => {
    expect(lifetimeOf(status, stated, cap)).toBe(lifetime);
  });
});

test("an error is used stale for no longer than it may be fresh", () => {
  const windows = (status: number, cacheControl: string) => {
    const options = { staleWhileRevalidateWindow: 100, staleIfErrorWindow: 200 };
    const { staleWhileRevalidateWindow, staleIfErrorWindow } = policyFor(
      { "cache-control": cacheControl },
      { exchange: { status }, options },
    );
    return [staleWhileRevalidateWindow, staleIfErrorWindow];
  };
  const own = "max-age=60, stale-while-revalidate=30, stale-if-error=40";
  expect(windows(503, own)).toEqual([10, 10]);
  expect(windows(404, own)).toEqual([30, 40]);
  expect(windows(404, "max-age=60")).toEqual([10, 10]);
  expect(windows(200, "max-age=60")).toEqual([100, 200]);
});
