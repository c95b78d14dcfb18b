import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatHttpDate, parseHttpDate } from "../../src/rules/http-date.ts";
import { now } from "./exchange.ts";

describe("an HTTP-date is read in all three formats (RFC 9110 §5.6.7)", () => {
  const at = Date.UTC(1994, 10, 6, 8, 49, 37);
  const cases: [value: string, expected: number | null][] = [
    ["Sun, 06 Nov 1994 08:49:37 GMT", at],
    ["Sunday, 06-Nov-94 08:49:37 GMT", at],
    ["Sun Nov  6 08:49:37 1994", at],
    ["Sun Nov 16 08:49:37 1994", Date.UTC(1994, 10, 16, 8, 49, 37)],
    ["sUN, 06 nOV 1994 08:49:37 gmt", at],
    ["Mon, 06 Nov 1994 08:49:37 GMT", at],
    ["Tue, 29 Feb 2028 00:00:00 GMT", Date.UTC(2028, 1, 29)],
    ["Sat, 31 Dec 2016 23:59:60 GMT", Date.UTC(2017, 0, 1)],
    ["Sat, 01 Jan 0001 00:00:00 GMT", new Date(0).setUTCFullYear(1, 0, 1)],
    ["Mon, 29 Feb 2027 00:00:00 GMT", null],
    ["Sun, 31 Apr 2026 00:00:00 GMT", null],
    ["Sun, 00 Nov 1994 08:49:37 GMT", null],
    ["Sun, 06 Nov 1994 24:00:00 GMT", null],
    ["Sun, 06 Nov 1994 08:60:00 GMT", null],
    ["Sun, 06 Nov 1994 08:49:61 GMT", null],
    ["Sun, 06 Nov 1994 08:49:37 UTC", null],
    ["Sun, 06 Nov 1994 08:49:37 +0000", null],
    ["Sun, 06 Nov 1994 08:49:37", null],
    ["Sun, 06 Nov 94 08:49:37 GMT", null],
    ["Sun 06 Nov 1994 08:49:37 GMT", null],
    ["Sun, 6 Nov 1994 08:49:37 GMT", null],
    ["Sun, 06  Nov  1994 08:49:37 GMT", null],
    ["Sun, 06-Nov-1994 08:49:37 GMT", null],
    ["Sun, 06 Nov 1994 08.49.37 GMT", null],
    ["Sun, 06 Nov 1994 8:49:37 GMT", null],
    ["Sun, 06-Nov-94 08:49:37 GMT", null],
    ["Sun Nov 6 08:49:37 1994", null],
    [" Sun, 06 Nov 1994 08:49:37 GMT", null],
    ["Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", null],
    ["Sun, 06 Nov 1994 08:49:37 GMT\n", null],
    ["0", null],
    ["-1", null],
    ["", null],
  ];
  test.each(cases)("%j", (value, expected) => {
    expect(parseHttpDate(value, now)).toBe(expected);
  });
});

describe("a year of two digits is the latest that is at most 50 years ahead", () => {
  const cases: [value: string, year: number][] = [
    ["Thursday, 15-Jan-26 12:00:00 GMT", 2026],
    ["Wednesday, 15-Jan-76 12:00:00 GMT", 2076],
    ["Wednesday, 15-Jan-76 12:00:01 GMT", 1976],
    ["Monday, 01-Jan-99 00:00:00 GMT", 1999],
    ["Saturday, 01-Jan-00 00:00:00 GMT", 2000],
  ];
  test.each(cases)("%j in 2026", (value, year) => {
    expect(new Date(parseHttpDate(value, now) ?? Number.NaN).getUTCFullYear()).toBe(year);
  });

  test("also when the century turns within those 50 years", () => {
    const at = parseHttpDate("Friday, 01-Jan-10 00:00:00 GMT", Date.UTC(2090, 0, 1));
    expect(at).toBe(Date.UTC(2110, 0, 1));
  });
});

test("what is written is read back, to the second", () => {
  const instants = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
  fc.assert(
    fc.property(instants, (at) => {
      expect(parseHttpDate(formatHttpDate(at), now)).toBe(at - (at % 1000));
    }),
  );
});
