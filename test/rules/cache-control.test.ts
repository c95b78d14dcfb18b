import { describe, expect, test } from "bun:test";
import { longestSeconds, parseCacheControl } from "../../src/rules/cache-control.ts";

describe("seconds are the least that the field can mean", () => {
  const cases: [value: string | null, seconds: number | null][] = [
    ["max-age=3600", 3600],
    ["MaX-aGe=3600", 3600],
    ["foobar, max-age=3600", 3600],
    [" , max-age=3600 ,, ", 3600],
    ["public,max-age=3600,x", 3600],
    ["max-age=003600", 3600],
    ['max-age="3600"', 3600],
    ['max-age="36\\00"', 3600],
    ["max-age=0", 0],
    ["max-age=2147483648", longestSeconds],
    ["max-age=99999999999999999999999", longestSeconds],
    ["max-age=1, max-age=1800", 1],
    ["max-age=1800, max-age=1", 1],
    ["max-age=1800, max-age=x", 0],
    ["max-age=1800, max-age", 0],
    ["max-age=-3600", 0],
    ["max-age=+3600", 0],
    ["max-age=3600.0", 0],
    ["max-age=3600.5", 0],
    ["max-age=1e3", 0],
    ["max-age=0x10", 0],
    ["max-age='3600'", 0],
    ["max-age=a3600", 0],
    ["max-age=3600a", 0],
    ["max-age =3600", 0],
    ["max-age= 3600", 0],
    ["max-age=", 0],
    ["max-age", 0],
    ["max-age;3600", 0],
    ["max-age=3600;x", 0],
    ['max-age="3600', 0],
    ['extension="max-age=3600"', null],
    ['extension="max-age=3600", max-age=1', 1],
    ['max-age=1, extension="max-age=3600"', 1],
    ['extension="a\\", max-age=3600"', null],
    ['extension="unclosed, max-age=5', 5],
    ['"max-age=3600"', null],
    ["x-max-age=3600", null],
    ["=3600", null],
    ["", null],
    [null, null],
  ];
  test.each(cases)("%j", (value, seconds) => {
    expect(parseCacheControl(value).seconds("max-age")).toBe(seconds);
  });
});

describe("a directive that is present counts, whatever stands behind it", () => {
  const cases: [value: string, present: boolean][] = [
    ["no-store", true],
    ["No-StOrE", true],
    ["no-store=1", true],
    ["no-store=", true],
    ["no-store x", true],
    ["no-store;x", true],
    ["\tno-store", true],
    ['x="unclosed, no-store', true],
    ['x="a", y="b, no-store', true],
    ["no-stored", false],
    ['x=", no-store"', false],
  ];
  test.each(cases)("%j", (value, present) => {
    expect(parseCacheControl(value).has("no-store")).toBe(present);
  });
});

describe("a directive is qualified only by a quoted list of field names everywhere", () => {
  const cases: [value: string | null, fields: string[] | null][] = [
    ['private="Set-Cookie"', ["set-cookie"]],
    ['private="a, B ,c"', ["a", "b", "c"]],
    ['private="a", private="b"', ["a", "b"]],
    ["private", null],
    ['private="a", private', null],
    ["private=set-cookie", null],
    ["private=true", null],
    ['private=""', null],
    ['private=" , "', null],
    ['private="*"', null],
    ['private="a b"', null],
    ['private="a', null],
    ['private="a" x', null],
    ["max-age=1", null],
    [null, null],
  ];
  test.each(cases)("%j", (value, fields) => {
    expect(parseCacheControl(value).fields("private")).toEqual(fields);
  });
});

test("a directive is bare when none of its occurrences has an argument", () => {
  expect(parseCacheControl("max-stale").isBare("max-stale")).toBe(true);
  expect(parseCacheControl("max-stale, max-stale=5").isBare("max-stale")).toBe(false);
  expect(parseCacheControl("max-stale x").isBare("max-stale")).toBe(false);
  expect(parseCacheControl("max-age=5").isBare("max-stale")).toBe(false);
});
