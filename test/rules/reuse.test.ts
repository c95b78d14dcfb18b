import { describe, expect, test } from "bun:test";
import type { ReasonName } from "../../src/rules/reason.ts";
import { decideReuse, decideReuseOnError, onlyIfCached } from "../../src/rules/reuse.ts";
import { dateIn, type Fields, now, policyFor, reader } from "./exchange.ts";

const honour = { clientCacheControl: "honour", maxOutage: 0, isOffline: false } as const;
const ignore = { ...honour, clientCacheControl: "ignore" } as const;

/** A response with a lifetime of 100 seconds, so old. */
function aged(seconds: number, directives = "max-age=100") {
  return { policy: policyFor({ "cache-control": directives, etag: '"a"' }), at: now + seconds * 1000 };
}

describe("reuse (RFC 9111 §4)", () => {
  const cases: [use: string, reason: ReasonName, age: number, directives: string, request: Fields][] = [
    ["fresh", "hit-fresh", 0, "max-age=100", {}],
    ["fresh", "hit-fresh", 99, "max-age=100", {}],
    ["revalidate", "revalidate-stale", 100, "max-age=100", {}],
    ["fresh", "hit-fresh", 99, "max-age=100, must-revalidate", {}],
    ["revalidate", "revalidate-must", 100, "max-age=100, must-revalidate", {}],
    ["revalidate", "revalidate-must", 100, "max-age=100, proxy-revalidate", {}],
    ["revalidate", "revalidate-must", 100, "s-maxage=100", {}],
    ["revalidate", "revalidate-no-cache", 0, "max-age=100, no-cache", {}],
    ["fresh", "hit-fresh", 0, 'max-age=100, no-cache="x"', {}],
    ["revalidate", "revalidate-stale", 100, "max-age=100, immutable", {}],
    ["revalidate", "request-no-cache", 0, "max-age=100", { "cache-control": "No-Cache" }],
    ["revalidate", "request-no-cache", 0, "max-age=100, immutable", { "cache-control": "no-cache" }],
    ["revalidate", "request-pragma", 0, "max-age=100", { pragma: "no-cache" }],
    ["fresh", "hit-fresh", 0, "max-age=100", { pragma: "foo" }],
    ["fresh", "hit-fresh", 0, "max-age=100", { pragma: "no-cache", "cache-control": "x" }],
    ["revalidate", "request-max-age", 3, "max-age=100", { "cache-control": "max-age=1" }],
    ["fresh", "hit-fresh", 3, "max-age=100", { "cache-control": "max-age=3" }],
    ["revalidate", "request-max-age", 3, "max-age=100", { "cache-control": "max-age=x" }],
    ["fresh", "hit-immutable", 3, "max-age=100, immutable", { "cache-control": "max-age=0" }],
    ["revalidate", "request-max-age", 100, "max-age=100, immutable", { "cache-control": "max-age=0" }],
    ["revalidate", "request-min-fresh", 10, "max-age=100", { "cache-control": "min-fresh=91" }],
    ["fresh", "hit-fresh", 10, "max-age=100", { "cache-control": "min-fresh=90" }],
    ["revalidate", "request-condition", 0, "max-age=100, immutable", { "if-match": '"a"' }],
    ["revalidate", "request-condition", 0, "max-age=100", { "if-unmodified-since": dateIn(0) }],
    ["revalidate", "request-condition", 110, "max-age=100, stale-while-revalidate=30", { "if-match": "*" }],
    ["fresh", "hit-fresh", 0, "max-age=100", { "if-none-match": '"a"', "if-modified-since": dateIn(0) }],
    ["fresh", "hit-fresh", 10, "max-age=100", { "cache-control": "no-store, only-if-cached" }],
    ["stale", "hit-max-stale", 150, "max-age=100", { "cache-control": "max-stale" }],
    ["stale", "hit-max-stale", 150, "max-age=100", { "cache-control": "max-stale=50" }],
    ["revalidate", "revalidate-stale", 151, "max-age=100", { "cache-control": "max-stale=50" }],
    ["revalidate", "revalidate-stale", 101, "max-age=100", { "cache-control": "max-stale=x" }],
    ["stale", "hit-max-stale", 150, "max-age=100", { "cache-control": "max-stale=50, max-age=200" }],
    ["revalidate", "revalidate-must", 101, "s-maxage=100", { "cache-control": "max-stale" }],
    ["revalidate", "revalidate-no-cache", 101, "no-cache", { "cache-control": "max-stale" }],
    ["stale", "hit-stale-while-revalidate", 129, "max-age=100, stale-while-revalidate=30", {}],
    ["revalidate", "revalidate-stale", 130, "max-age=100, stale-while-revalidate=30", {}],
    ["stale", "hit-stale-while-revalidate", 129, "s-maxage=100, stale-while-revalidate=30", {}],
    ["revalidate", "revalidate-must", 130, "s-maxage=100, stale-while-revalidate=30", {}],
    ["revalidate", "revalidate-must", 101, "max-age=100, must-revalidate, stale-while-revalidate=30", {}],
    ["revalidate", "revalidate-must", 101, "s-maxage=100, proxy-revalidate, stale-while-revalidate=30", {}],
    [
      "stale",
      "hit-max-stale",
      129,
      "s-maxage=100, stale-while-revalidate=30",
      { "cache-control": "max-stale, max-age=200" },
    ],
    [
      "revalidate",
      "revalidate-must",
      130,
      "s-maxage=100, stale-while-revalidate=30",
      { "cache-control": "max-stale" },
    ],
    [
      "revalidate",
      "revalidate-must",
      129,
      "s-maxage=100, stale-while-revalidate=30",
      { "cache-control": "max-age=200" },
    ],
    [
      "revalidate",
      "revalidate-stale",
      110,
      "max-age=100, stale-while-revalidate=30",
      { "cache-control": "max-age=200" },
    ],
    [
      "revalidate",
      "request-min-fresh",
      110,
      "max-age=100, stale-while-revalidate=30",
      { "cache-control": "min-fresh=1" },
    ],
    [
      "revalidate",
      "request-no-cache",
      110,
      "max-age=100, stale-while-revalidate=30",
      { "cache-control": "no-cache" },
    ],
  ];
  test.each(cases)("%s, %s: %j s old, %j, %j", (use, reason, age, directives, request) => {
    const { policy, at } = aged(age, directives);
    expect(decideReuse(policy, reader(request), at, honour)).toMatchObject({ use, reason });
  });
});

test("a stale answer is revalidated in the background inside the stale-while-revalidate window only", () => {
  const { policy } = aged(0, "max-age=100, stale-while-revalidate=30");
  const request = reader({ "cache-control": "max-stale" });
  const at = (age: number) => decideReuse(policy, request, now + age * 1000, honour);
  expect(at(129)).toEqual({ use: "stale", revalidateInBackground: true, reason: "hit-max-stale" });
  expect(at(130)).toEqual({ use: "stale", revalidateInBackground: false, reason: "hit-max-stale" });
  expect(decideReuse(policy, reader(), now + 101_000, honour)).toMatchObject({
    revalidateInBackground: true,
  });
});

describe("where clients are not heeded, nothing they say changes the answer", () => {
  const requests: Fields[] = [
    { "cache-control": "no-cache" },
    { "cache-control": "max-age=0" },
    { "cache-control": "min-fresh=1000" },
    { pragma: "no-cache" },
  ];

  test("but a condition on what is there now is not said to caches", () => {
    const { policy, at } = aged(10);
    expect(decideReuse(policy, reader({ "if-match": '"a"' }), at, ignore).reason).toBe("request-condition");
  });

  test.each(requests)("%j", (request) => {
    const { policy, at } = aged(10);
    expect(decideReuse(policy, reader(request), at, ignore)).toEqual({ use: "fresh", reason: "hit-fresh" });
  });

  test("nor makes it stale", () => {
    const { policy, at } = aged(150);
    const request = reader({ "cache-control": "max-stale, stale-if-error=1000, only-if-cached" });
    expect(decideReuse(policy, request, at, ignore).reason).toBe("revalidate-stale");
    expect(decideReuseOnError(policy, request, at, 503, ignore).reason).toBe("error-no-stale-if-error");
    expect(onlyIfCached(request, ignore)).toBe(false);
  });
});

describe("reuse when the origin failed (RFC 5861 §4)", () => {
  const covered = "max-age=100, stale-if-error=50";
  const cases: [
    use: boolean,
    reason: ReasonName,
    failure: "unreachable" | number,
    age: number,
    directives: string,
    request: Fields,
  ][] = [
    [true, "hit-stale-if-error", "unreachable", 100, covered, {}],
    [true, "hit-stale-if-error", 500, 149, covered, {}],
    [true, "hit-stale-if-error", 502, 149, covered, {}],
    [true, "hit-stale-if-error", 503, 149, covered, {}],
    [true, "hit-stale-if-error", 504, 149, covered, {}],
    [false, "error-window-passed", 503, 150, covered, {}],
    [false, "error-not-covered", 501, 110, covered, {}],
    [false, "error-not-covered", 404, 110, covered, {}],
    [false, "error-no-stale-if-error", "unreachable", 110, "max-age=100", {}],
    [false, "error-must-revalidate", "unreachable", 110, `${covered}, must-revalidate`, {}],
    [true, "hit-stale-if-error", "unreachable", 149, "s-maxage=100, stale-if-error=50", {}],
    [false, "error-window-passed", "unreachable", 150, "s-maxage=100, stale-if-error=50", {}],
    [
      false,
      "error-window-passed",
      503,
      150,
      "s-maxage=100, stale-if-error=50",
      { "cache-control": "stale-if-error=900" },
    ],
    [
      false,
      "error-must-revalidate",
      503,
      110,
      "s-maxage=100, must-revalidate, stale-if-error=50",
      { "cache-control": "stale-if-error=50" },
    ],
    [false, "error-must-revalidate", 503, 110, "s-maxage=100, stale-while-revalidate=30", {}],
    [false, "error-must-revalidate", 503, 110, "s-maxage=100", { "cache-control": "stale-if-error=50" }],
    [false, "error-no-cache", "unreachable", 10, `${covered}, no-cache`, {}],
    [false, "error-request", "unreachable", 110, covered, { "cache-control": "no-cache" }],
    [false, "error-request", "unreachable", 110, covered, { pragma: "no-cache" }],
    [false, "error-request", 503, 110, covered, { "cache-control": "max-age=5" }],
    [false, "error-request", "unreachable", 110, covered, { "if-match": '"a"' }],
    [true, "hit-stale-if-error", 503, 110, "max-age=100", { "cache-control": "stale-if-error=50" }],
    [true, "hit-fresh", "unreachable", 10, "max-age=100, must-revalidate", {}],
  ];
  test.each(cases)("%j, %s: %j, %j s old, %j, %j", (use, reason, failure, age, directives, request) => {
    const { policy, at } = aged(age, directives);
    expect(decideReuseOnError(policy, reader(request), at, failure, honour)).toEqual({ use, reason });
  });
});

test("only-if-cached is heard", () => {
  expect(onlyIfCached(reader({ "cache-control": "Only-If-Cached" }), honour)).toBe(true);
  expect(onlyIfCached(reader({ "cache-control": "max-age=5" }), honour)).toBe(false);
  expect(onlyIfCached(reader(), honour)).toBe(false);
});

describe("max-outage lets a response stand in for an origin that cannot be reached (RFC 9111 §4.2.4)", () => {
  const hour = { ...honour, maxOutage: 3600 };
  const covered = "max-age=100, stale-if-error=50";
  const cases: [
    use: boolean,
    reason: ReasonName,
    failure: "unreachable" | number,
    age: number,
    directives: string,
    request: Fields,
  ][] = [
    [true, "outage", "unreachable", 100, "max-age=100", {}],
    [true, "outage", "unreachable", 3699, "max-age=100", {}],
    [false, "error-no-stale-if-error", "unreachable", 3700, "max-age=100", {}],
    [true, "hit-stale-if-error", "unreachable", 149, covered, {}],
    [true, "outage", "unreachable", 150, covered, {}],
    [false, "error-window-passed", "unreachable", 3700, covered, {}],
    [false, "error-no-stale-if-error", 503, 100, "max-age=100", {}],
    [false, "error-window-passed", 503, 150, covered, {}],
    [false, "error-must-revalidate", "unreachable", 100, "max-age=100, must-revalidate", {}],
    [false, "error-must-revalidate", "unreachable", 100, "max-age=100, proxy-revalidate", {}],
    [false, "error-must-revalidate", "unreachable", 100, "s-maxage=100", {}],
    [false, "error-no-cache", "unreachable", 100, "max-age=100, no-cache", {}],
    [false, "error-request", "unreachable", 100, "max-age=100", { "cache-control": "no-cache" }],
  ];
  test.each(cases)("%j, %s: %j, %j s old, %j, %j", (use, reason, failure, age, directives, request) => {
    const { policy, at } = aged(age, directives);
    expect(decideReuseOnError(policy, reader(request), at, failure, hour)).toEqual({ use, reason });
  });
});

describe("offline, what is stored is the answer, whatever its age", () => {
  const offline = { ...honour, isOffline: true };
  test.each<[use: string, reason: ReasonName, age: number, directives: string, request: Fields]>([
    ["fresh", "hit-fresh", 99, "max-age=100", {}],
    ["stale", "offline", 100, "max-age=100", {}],
    ["stale", "offline", 1e8, "max-age=100, must-revalidate", {}],
    ["stale", "offline", 1e8, "s-maxage=100", {}],
    ["stale", "offline", 0, "no-cache", {}],
    ["stale", "offline", 110, "max-age=100, stale-while-revalidate=50", {}],
    ["fresh", "hit-fresh", 50, "max-age=100", { "cache-control": "no-cache" }],
    ["stale", "offline", 150, "max-age=100", { pragma: "no-cache" }],
    ["stale", "offline", 150, "max-age=100", { "cache-control": "max-age=0" }],
    ["revalidate", "request-condition", 50, "max-age=100", { "if-match": '"a"' }],
  ])("%s, %s: %j s old, %j, %j", (use, reason, age, directives, request) => {
    const { policy, at } = aged(age, directives);
    const decision = decideReuse(policy, reader(request), at, offline);
    expect(decision).toMatchObject({ use, reason });
    if (decision.use === "stale") expect(decision.revalidateInBackground).toBe(false);
  });
});
