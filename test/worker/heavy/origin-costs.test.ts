import { describe, expect, test } from "bun:test";
import { type Costing, createOriginCosts } from "../../../src/worker/heavy/origin-costs.ts";

const miss: Costing = {
  ...{ at: 0, cache: "MISS", reason: "stored-explicit", forwarded: "miss", method: "GET" },
  ...{ protocol: "https", host: "a.example", target: "/p?q=1", firstByteMilliseconds: 40 },
};
const passed = { cache: "PASS", forwarded: "method-not-cached", reason: "method-not-cached" } as const;

function costsOf(...requests: Partial<Costing>[]) {
  const costs = createOriginCosts();
  for (const request of requests) costs.served({ ...miss, ...request });
  return costs.read(0);
}

test("a miss costs its URL a miss, and its path and why it came about the time until its first byte", () => {
  expect(costsOf({}, { target: "/p?q=2", reason: "set-cookie", firstByteMilliseconds: 60 })).toEqual({
    missed: [
      { url: "https://a.example/p?q=1", times: 1, reason: "stored-explicit" },
      { url: "https://a.example/p?q=2", times: 1, reason: "set-cookie" },
    ],
    slowest: [{ path: "a.example/p", times: 2, milliseconds: 100, longest: 60 }],
    costs: [
      { forwarded: "miss", reason: "set-cookie", times: 1, milliseconds: 60 },
      { forwarded: "miss", reason: "stored-explicit", times: 1, milliseconds: 40 },
    ],
  });
});

describe("what is counted as a miss, and what has taken the origin's time", () => {
  const { forwarded: _, ...unasked } = miss;
  const hit = { ...unasked, cache: "HIT", reason: "hit-fresh" } as const;

  test.each<[string, Costing, number, string | undefined]>([
    ["a hit", hit, 0, undefined],
    ["who waited for another's answer", { ...miss, cache: "COLLAPSED", reason: "collapsed" }, 0, undefined],
    ["what was confirmed", { ...miss, cache: "REVALIDATED", reason: "revalidated" }, 0, "a.example/p"],
    ["a GET passed by", { ...miss, ...passed }, 1, "a.example/p"],
    ["a HEAD", { ...miss, method: "HEAD" }, 1, "HEAD a.example/p"],
    ["a POST", { ...miss, ...passed, method: "POST" }, 0, "POST a.example/p"],
    ["a failure", { ...miss, cache: "ERROR", reason: "origin-timeout" }, 0, "a.example/p"],
  ])("%s", (_what, request, misses, path) => {
    const costs = createOriginCosts();
    costs.served(request);
    const { missed, slowest } = costs.read(0);
    expect([missed.length, slowest[0]?.path]).toEqual([misses, path]);
  });
});

test("a client cannot fill the memory with long targets", () => {
  const [only] = costsOf({ target: `/${"x".repeat(16_000)}` }).missed;
  expect(only?.url).toHaveLength(301);
  expect(only?.url).toEndWith("x…");
});

test("so many are told as are read", () => {
  const requests = Array.from({ length: 200 }, (_, number) => ({ target: `/${number}` }));
  const { missed, slowest } = costsOf(...requests);
  expect([missed.length, slowest.length]).toEqual([50, 50]);
});
