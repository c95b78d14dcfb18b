import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  gaps,
  isSameRepresentation,
  rangeFor,
  strongValidator,
  wantedParts,
} from "../../src/rules/pieces.ts";
import { dateIn, type Fields, now, policyFor, reader } from "./exchange.ts";

const fresh = { "cache-control": "max-age=60", date: dateIn(0) };

describe("what of the body an answer needs", () => {
  const stored = { status: 200, policy: policyFor({ ...fresh, etag: '"a"' }), size: 100 };
  test.each<[string, string, Fields, [number, number][]]>([
    ["all of it", "GET", {}, [[0, 100]]],
    ["one range", "GET", { range: "bytes=10-19" }, [[10, 20]]],
    ["the end", "GET", { range: "bytes=-5" }, [[95, 100]]],
    [
      "several ranges",
      "GET",
      { range: "bytes=50-59, 0-9" },
      [
        [50, 60],
        [0, 10],
      ],
    ],
    ["nothing for HEAD", "HEAD", { range: "bytes=10-19" }, []],
    ["nothing for a 416", "GET", { range: "bytes=100-" }, []],
    ["nothing for a 304", "GET", { "if-none-match": '"a"' }, []],
    ["a range whose If-Range matches", "GET", { range: "bytes=10-19", "if-range": '"a"' }, [[10, 20]]],
    [
      "all of it when If-Range does not match",
      "GET",
      { range: "bytes=10-19", "if-range": '"b"' },
      [[0, 100]],
    ],
  ])("%s", (_, method, request, parts) => {
    expect(wantedParts(method, reader(request), stored, now)).toEqual(
      parts.map(([start, end]) => ({ start, end })),
    );
  });
});

test.each<[string, Fields, string | null]>([
  ["a strong entity tag", { etag: '"a"', "last-modified": dateIn(-100) }, '"a"'],
  ["no weak entity tag, and no date beside it", { etag: 'W/"a"', "last-modified": dateIn(-100) }, null],
  ["a Last-Modified a second before Date", { "last-modified": dateIn(-1) }, dateIn(-1)],
  ["no Last-Modified in the second of Date", { "last-modified": dateIn(0) }, null],
  ["nothing where there is nothing", {}, null],
])("a strong validator is %s", (_, fields, validator) => {
  expect(strongValidator(policyFor({ ...fresh, ...fields }))).toBe(validator);
});

test.each<[string, Fields, number, Fields, number, boolean]>([
  ["of one strong tag and size", { etag: '"a"' }, 10, { etag: '"a"' }, 10, true],
  ["of another tag", { etag: '"a"' }, 10, { etag: '"b"' }, 10, false],
  ["of another size", { etag: '"a"' }, 10, { etag: '"a"' }, 11, false],
  ["of one weak tag", { etag: 'W/"a"' }, 10, { etag: 'W/"a"' }, 10, false],
  ["without validators", {}, 10, {}, 10, false],
  [
    "of one date, as strong as a tag",
    { "last-modified": dateIn(-9) },
    10,
    { "last-modified": dateIn(-9) },
    10,
    true,
  ],
  [
    "of one date, but one with a tag",
    { "last-modified": dateIn(-9) },
    10,
    { "last-modified": dateIn(-9), etag: '"a"' },
    10,
    false,
  ],
])("pieces %s: %p", (_, one, size, other, otherSize, same) => {
  const of = (fields: Fields, bytes: number) => ({ policy: policyFor({ ...fresh, ...fields }), size: bytes });
  expect(isSameRepresentation(of(one, size), of(other, otherSize))).toBe(same);
});

describe("what no piece holds", () => {
  type Pair = readonly [number, number];
  const parts = (pairs: readonly Pair[]) => pairs.map(([start, end]) => ({ start, end }));
  test.each<[Pair[], Pair, Pair[]]>([
    [[], [0, 10], [[0, 10]]],
    [[[0, 10]], [0, 10], []],
    [[[0, 100]], [10, 20], []],
    [[[0, 5]], [0, 10], [[5, 10]]],
    [[[5, 10]], [0, 10], [[0, 5]]],
    [
      [[3, 5]],
      [0, 10],
      [
        [0, 3],
        [5, 10],
      ],
    ],
    [
      [
        [6, 8],
        [1, 3],
      ],
      [0, 10],
      [
        [0, 1],
        [3, 6],
        [8, 10],
      ],
    ],
    [
      [
        [0, 5],
        [5, 10],
      ],
      [0, 10],
      [],
    ],
    [
      [
        [0, 6],
        [4, 10],
      ],
      [0, 10],
      [],
    ],
    [
      [
        [0, 9],
        [2, 4],
      ],
      [0, 10],
      [[9, 10]],
    ],
    [[[20, 30]], [0, 10], [[0, 10]]],
    [
      [
        [0, 5],
        [20, 30],
      ],
      [4, 25],
      [[5, 20]],
    ],
    [[], [5, 5], []],
  ])("of %j within %j: %j", (held, [start, end], missing) => {
    expect(gaps(parts(held), { start, end })).toEqual(parts(missing));
  });

  test("and what is missing are, together, exactly what is wanted", () => {
    const part = fc.tuple(fc.nat(60), fc.nat(60)).map(([one, other]) => ({
      start: Math.min(one, other),
      end: Math.max(one, other) + 1,
    }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), part, (held, wanted) => {
        const missing = gaps(held, wanted);
        for (let at = wanted.start; at < wanted.end; at++) {
          const isHeld = held.some(({ start, end }) => start <= at && at < end);
          expect(missing.filter(({ start, end }) => start <= at && at < end)).toHaveLength(isHeld ? 0 : 1);
        }
        expect(
          missing.every(({ start, end }) => wanted.start <= start && start < end && end <= wanted.end),
        ).toBe(true);
      }),
    );
  });
});

test("a range that reaches the end is asked for without an end", () => {
  expect(rangeFor({ start: 3, end: 5 }, 10)).toBe("bytes=3-4");
  expect(rangeFor({ start: 3, end: 10 }, 10)).toBe("bytes=3-");
});
