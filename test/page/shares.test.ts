import { expect, test } from "bun:test";
import { hitShares, hitsIn, requestsIn, savedShares } from "../../src/page/overview/shares.ts";

test("hits are what needed no question to the origin of its own", () => {
  const outcomes = { HIT: 1, STALE: 2, COLLAPSED: 4, REVALIDATED: 8, MISS: 16, ERROR: 32 };
  expect([hitsIn({ outcomes }), requestsIn({ outcomes })]).toEqual([7, 63]);
});

test("shares are in percent of each stretch, and unknown where nothing came", () => {
  const outcomes = { HIT: [3, 0, 0], MISS: [1, 0, 2] };
  expect(hitShares({ at: [1, 2, 3], outcomes })).toEqual([75, null, 0]);
  expect(savedShares({ sentBytes: [10, 0, 4], savedBytes: [5, 0, 5] })).toEqual([50, null, 100]);
});
