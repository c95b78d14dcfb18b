import { expect, test } from "bun:test";
import { nameOf, sharesOf, unavoidableCauses } from "../../../src/cli/report/shares.ts";
import { aCause, aReport, withoutTraffic } from "./reports.ts";

test("the parts are all requests and all bytes", () => {
  const { requests, bytes, parts } = sharesOf(aReport());
  expect(parts.reduce((sum, part) => sum + part.requests, 0)).toBe(requests);
  expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes);
});

test("of counters that were read while requests came no part is less than nothing", () => {
  const { parts } = sharesOf(aReport({ avoidable: { requests: 9000, bytes: 1e9, milliseconds: 0 } }));
  expect(parts.filter(({ requests, bytes }) => requests < 0 || bytes < 0)).toEqual([]);
});

test("without any request there are hits alone, and those are none", () => {
  const { parts } = sharesOf(aReport(withoutTraffic));
  expect(parts).toEqual([{ name: "hits", kind: "hit", requests: 0, bytes: 0 }]);
});

test("what cannot be a hit is told by cause over all sites, first requests and one visitor's together", () => {
  const causes = [
    aCause("method-not-cached", 5, 0),
    aCause("method-not-cached", 7, 0, { site: "blog" }),
    aCause("", 3, 0, { forwarded: "upgrade" }),
    aCause("no-lifetime", 30, 10, { avoidable: { requests: 8, bytes: 0, milliseconds: 0 } }),
  ];
  expect(unavoidableCauses(aReport({ causes }))).toEqual([
    { name: "asked for the first time", requests: 20 },
    { name: "method-not-cached", requests: 12 },
    { name: "upgrade", requests: 3 },
    { name: "looks like one visitor's own", requests: 2 },
  ]);
});

const names: readonly [forwarded: string, reason: string, name: string][] = [
  ["miss", "set-cookie", "set-cookie"],
  ["miss", "stored-explicit", "newly stored"],
  ["method-not-cached", "post-without-content-location", "method-not-cached"],
  ["upgrade", "", "upgrade"],
  ["vary-miss", "no-lifetime", "vary-miss"],
];

test.each(names)("a cause of %s and %p is called %s", (forwarded, reason, name) => {
  expect(nameOf({ forwarded, reason })).toBe(name);
});
