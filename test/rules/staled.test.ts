import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { remainingLifetime } from "../../src/rules/freshness.ts";
import type { Policy } from "../../src/rules/policy.ts";
import { decideReuse, decideReuseOnError } from "../../src/rules/reuse.ts";
import { staled } from "../../src/rules/staled.ts";
import { decideFreshening } from "../../src/rules/storable.ts";
import { dateIn, type Fields, now, plainOptions, plainReuse, policyFor, reader } from "./exchange.ts";

function at(seconds: number): number {
  return now + seconds * 1000;
}

function policyOf(directives: string, more: Fields = {}): Policy {
  return policyFor({ "cache-control": directives, etag: '"a"', ...more });
}

/** What a soft purge leaves after so many seconds; there must be something. */
function softened(directives: string, seconds: number, more: Fields = {}): Policy {
  const policy = staled(policyOf(directives, more), at(seconds));
  if (policy === null) throw new Error("expected that it stays");
  return policy;
}

function reuse(policy: Policy, seconds: number, request: Fields = {}) {
  return decideReuse(policy, reader(request), at(seconds), plainReuse).reason;
}

describe("what a soft purge leaves", () => {
  test.each<[directives: string, more: Fields]>([
    ["max-age=100", {}],
    ["max-age=100", { age: "20" }],
    ["max-age=100, immutable", {}],
    ["s-maxage=100, stale-while-revalidate=5", {}],
    ["s-maxage=100, stale-if-error=5", {}],
    ["", { "last-modified": dateIn(-10_000) }],
  ])("%s %j is stale from now on, by every process's clock", (directives, more) => {
    const policy = softened(directives, 10, more);
    expect(policy.lifetimeSource).toBe("purged");
    for (const seconds of [9.001, 10, 11, 5000])
      expect(remainingLifetime(policy, at(seconds))).toBeLessThanOrEqual(0);
  });

  test.each<[directives: string]>([
    ["no-cache"],
    ["max-age=100, no-cache"],
    ["max-age=100, must-revalidate"],
    ["max-age=100, proxy-revalidate"],
    ["s-maxage=100"],
  ])("of %s is nothing: it may not be used stale", (directives) => {
    expect(staled(policyOf(directives), at(10))).toBeNull();
    expect(staled(policyOf(directives), at(500))).toBeNull();
  });

  test("is the same where it is stale already", () => {
    const policy = policyOf("max-age=100, stale-while-revalidate=50");
    expect(staled(policy, at(120))).toBe(policy);
    const never = policyOf("max-age=0");
    expect(staled(never, at(0))).toBe(never);
  });

  test("has its windows from now on", () => {
    const policy = softened("max-age=1000, stale-while-revalidate=50, stale-if-error=80", 100);
    expect(reuse(policy, 100)).toBe("hit-stale-while-revalidate");
    expect(reuse(policy, 148)).toBe("hit-stale-while-revalidate");
    expect(reuse(policy, 150)).toBe("revalidate-purged");
    const onError = (seconds: number) =>
      decideReuseOnError(policy, reader(), at(seconds), 503, plainReuse).reason;
    expect([onError(178), onError(180)]).toEqual(["hit-stale-if-error", "error-window-passed"]);
  });

  test("is asked for where nothing permits to use it stale, and who asks is told why", () => {
    expect(reuse(softened("max-age=1000", 100), 100)).toBe("revalidate-purged");
    expect(reuse(softened("s-maxage=1000, stale-if-error=9", 100), 100)).toBe("revalidate-purged");
    expect(reuse(softened("max-age=1000, immutable", 100), 100, { "cache-control": "max-age=0" })).toBe(
      "request-max-age",
    );
    expect(reuse(softened("max-age=1000", 100), 100, { "cache-control": "max-stale" })).toBe("hit-max-stale");
  });

  test("is as any other again when the origin confirms it", () => {
    const stored = softened("max-age=1000", 100);
    const later = at(200);
    const exchange = {
      ...{ origin: "https://example.org", target: "/page", request: reader(), status: 200 },
      response: reader({ "cache-control": "max-age=1000", etag: '"a"' }),
      ...{ requestAt: later, responseAt: later, receivedAt: later },
    };
    const decision = decideFreshening(exchange, stored, plainOptions);
    if (decision.outcome !== "freshen") throw new Error("expected that it is freshened");
    expect(decision.policy.lifetimeSource).toBe("max-age");
    expect(reuse(decision.policy, 900)).toBe("hit-fresh");
  });

  test("of what seems to come from the future is stale also when the clock has caught up", () => {
    const policy = softened("max-age=1000", -500);
    for (const seconds of [-500, 0, 1, 900])
      expect(remainingLifetime(policy, at(seconds))).toBeLessThanOrEqual(0);
  });
});

test("a second soft purge changes nothing", () => {
  const directives = fc.constantFrom(
    ...[
      "max-age=100",
      "max-age=100, stale-while-revalidate=10",
      "s-maxage=50, stale-if-error=9",
      "max-age=0",
      "no-cache",
    ],
  );
  fc.assert(
    fc.property(directives, fc.nat(300_000), fc.nat(300_000), fc.nat(120), (said, first, later, age) => {
      const once = staled(policyOf(said, { age: String(age) }), now + first);
      if (once !== null) expect(staled(once, now + first + later)).toBe(once);
    }),
  );
});
