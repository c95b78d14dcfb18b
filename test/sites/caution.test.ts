import { describe, expect, test } from "bun:test";
import { halvesOf } from "../../src/sites/caution.ts";
import type { RuleSettings } from "../../src/sites/plan.ts";

describe("what a setting does decides whether doubt is for it or against it", () => {
  const cautious: RuleSettings[] = [
    { pass: true },
    { deny: 403 },
    { redirect: { to: "https" } },
    { cookies: "pass" },
    { store: false },
    { heuristic: false },
    { lifetime: 0 },
    { defaultLifetime: 0 },
    { defaultLifetime: "off" },
    { maxLifetime: 1000 },
    { staleWhileRevalidate: 0 },
    { staleWhileRevalidate: "off" },
    { staleIfError: 0 },
    { staleIfError: "off" },
    { keyHeaders: ["rsc"] },
  ];
  const permissive: RuleSettings[] = [
    { pass: false },
    { cookies: "ignore" },
    { cookies: ["currency"] },
    { query: { sort: true } },
    { ignoreCase: true },
    { store: true },
    { heuristic: true },
    { lifetime: 1000, force: true },
    { defaultLifetime: 1000 },
    { staleWhileRevalidate: 1000 },
    { staleIfError: 1000 },
    { removeSetCookie: true },
    { setRequest: { a: "1" } },
  ];
  test.each(cautious)("protects: %j", (settings) => {
    expect(halvesOf(settings)).toEqual({ cautious: settings, permissive: {} });
  });
  test.each(permissive)("permits: %j", (settings) => {
    expect(halvesOf(settings)).toEqual({ cautious: {}, permissive: settings });
  });
  test("a rule that does both is two", () => {
    expect(halvesOf({ pass: true, cookies: "ignore", store: undefined })).toEqual({
      cautious: { pass: true },
      permissive: { cookies: "ignore" },
    });
  });
});
