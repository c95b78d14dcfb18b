import { describe, expect, test } from "bun:test";
import { isAvoidable } from "../../src/rules/avoidable.ts";

describe("requests for which the origin was asked", () => {
  test.each<[forwarded: string, reason: string, isSo: boolean]>([
    ["miss", "set-cookie", true],
    ["miss", "stored-explicit", false],
    ["vary-miss", "stored-explicit", true],
    ["revalidate-stale", "revalidated", true],
    ["request-no-cache", "stored-explicit", true],
    ["method-not-cached", "method-not-storable", false],
    ["method-not-cached", "origin-refused", false],
    ["websocket", "websocket", false],
    ["rule-pass", "rule-pass", false],
    ["rule-pass", "origin-timeout", false],
    ["miss", "rule-no-store", false],
    ["miss", "rule-set-cookie", true],
    ["partial-hit", "partial-hit", false],
    ["miss", "what another version calls so", true],
  ])("because of %s, with an answer that is %s, could have been hits: %p", (forwarded, reason, isSo) => {
    expect(isAvoidable(forwarded, reason)).toBe(isSo);
  });
});
