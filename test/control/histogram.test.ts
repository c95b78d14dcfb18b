import { expect, test } from "bun:test";
import { createHistogram, quantileOf } from "../../src/control/histogram.ts";

test.each<[seconds: readonly number[], share: number, bound: number | null]>([
  [[], 0.5, null],
  [[0.003], 0.5, 2 ** -8],
  [[0.003, 0.003, 0.003, 1], 0.5, 2 ** -8],
  [[0.003, 0.003, 0.003, 1], 0.99, 1],
  [[1_000_000], 0.5, 64],
])("of %j the share %d is within %p", (seconds, share, bound) => {
  const histogram = createHistogram("origin_first_byte_seconds");
  for (const each of seconds) histogram.note(each);
  expect(quantileOf("origin_first_byte_seconds", histogram.buckets, share)).toBe(bound);
});
