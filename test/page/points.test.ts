import { describe, expect, test } from "bun:test";
import { decadesAround, decadesBetween, pointsOf } from "../../src/page/parts/points.ts";

describe("what is drawn", () => {
  test("of lines is their values, at seconds", () => {
    expect(pointsOf([1000, 2000], [{ values: [1, null] }, { values: [3, 4] }], false)).toEqual([
      [1, 2],
      [1, null],
      [3, 4],
    ]);
  });

  test("of areas lies on those before, the highest first", () => {
    expect(pointsOf([1000, 2000], [{ values: [1, null] }, { values: [3, 4] }], true)).toEqual([
      [1, 2],
      [4, 4],
      [1, 0],
    ]);
  });

  test.each([
    [null, null, [0.01, 100]],
    [0.03, 40, [0.01, 100]],
    [0.1, 100, [0.1, 100]],
    [5, 5, [1, 10]],
    [10, 10, [10, 100]],
  ])("on a scale of powers of ten from %p to %p has the bounds %p", (least, most, bounds) => {
    expect(decadesAround(least, most)).toEqual(bounds as [number, number]);
  });

  test.each([
    [0.01, 10, [0.01, 0.1, 1, 10]],
    [0.02, 10, [0.1, 1, 10]],
  ])("has a line for each power of ten from %p to %p", (low, high, lines) => {
    expect(decadesBetween(low, high)).toEqual(lines);
  });
});
