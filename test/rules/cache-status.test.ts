import { describe, expect, test } from "bun:test";
import { parseList, Token } from "structured-headers";
import { type CacheStatusFacts, cacheStatus } from "../../src/rules/cache-status.ts";
import { type ReasonName, reasons } from "../../src/rules/reason.ts";

describe("Cache-Status (RFC 9211)", () => {
  const cases: [upstream: string | null, facts: CacheStatusFacts, value: string][] = [
    [null, { hit: true }, "cacheproxy; hit"],
    [
      null,
      { hit: true, timeToLive: -30, detail: "hit-stale-while-revalidate" },
      "cacheproxy; hit; ttl=-30; detail=hit-stale-while-revalidate",
    ],
    [
      null,
      { hit: false, forward: "stale", forwardStatus: 304, stored: true, collapsed: true },
      "cacheproxy; fwd=stale; fwd-status=304; stored; collapsed",
    ],
    [null, { hit: false, stored: false, collapsed: false, forward: "uri-miss" }, "cacheproxy; fwd=uri-miss"],
    [null, { hit: true, key: '/a"\\b' }, 'cacheproxy; hit; key="/a\\"\\\\b"'],
    [null, { hit: true, key: "/ä\n" }, 'cacheproxy; hit; key="/%E4%A"'],
    [null, { hit: true, rules: [] }, "cacheproxy; hit"],
    [null, { hit: true, rules: ["shop-2"] }, "cacheproxy; hit; rule=shop-2"],
    [null, { hit: true, rules: ["2x"] }, 'cacheproxy; hit; rule="2x"'],
    [null, { hit: true, rules: ["a,b\n"] }, 'cacheproxy; hit; rule="a,b%A"'],
    [null, { hit: false, forward: "miss", rules: ["a", "b_1.c"] }, 'cacheproxy; fwd=miss; rule="a b_1.c"'],
    ["Origin; hit", { hit: true }, "Origin; hit, cacheproxy; hit"],
    ["not a list;;", { hit: true }, "cacheproxy; hit"],
    ["", { hit: true }, "cacheproxy; hit"],
  ];
  test.each(cases)("after %j", (upstream, facts, value) => {
    expect(cacheStatus(upstream, facts)).toBe(value);
  });

  test("every reason is a token, and the whole is a structured list", () => {
    for (const detail of Object.keys(reasons) as ReasonName[]) {
      const value = cacheStatus("ExampleCache; hit", {
        hit: false,
        forward: "miss",
        timeToLive: 5.9,
        detail,
      });
      const [, [name, parameters] = [null, new Map()]] = parseList(value);
      expect(name).toEqual(new Token("cacheproxy"));
      expect(parameters.get("detail")).toEqual(new Token(detail));
      expect(parameters.get("ttl")).toBe(5);
    }
  });
});
