import { describe, expect, test } from "bun:test";
import { piecesToMerge } from "../../../src/store/pieces/runs.ts";

type Pair = readonly [number, number];
const pairs = (groups: { start: number; end: number }[][]) =>
  groups.map((group) => group.map(({ start, end }): Pair => [start, end]));

describe("pieces to merge", () => {
  test.each<[string, Pair[], Pair[][]]>([
    ["none of none", [], []],
    ["none of one", [[0, 5]], []],
    [
      "none that lie apart",
      [
        [0, 5],
        [6, 9],
      ],
      [],
    ],
    [
      "neighbours of like length",
      [
        [10, 15],
        [15, 20],
      ],
      [
        [
          [10, 15],
          [15, 20],
        ],
      ],
    ],
    [
      "those that overlap",
      [
        [10, 15],
        [13, 20],
      ],
      [
        [
          [10, 15],
          [13, 20],
        ],
      ],
    ],
    [
      "a small one stays beside a long one",
      [
        [0, 50],
        [50, 51],
      ],
      [],
    ],
    [
      "a long one takes the small ones before it",
      [
        [0, 1],
        [1, 50],
      ],
      [
        [
          [0, 1],
          [1, 50],
        ],
      ],
    ],
    [
      "groups apart",
      [
        [0, 5],
        [5, 10],
        [20, 25],
        [25, 30],
      ],
      [
        [
          [0, 5],
          [5, 10],
        ],
        [
          [20, 25],
          [25, 30],
        ],
      ],
    ],
    [
      "all, whatever their lengths, when they are the whole",
      [
        [0, 98],
        [98, 99],
        [99, 100],
      ],
      [
        [
          [0, 98],
          [98, 99],
          [99, 100],
        ],
      ],
    ],
  ])("%s", (_, held, groups) => {
    const pieces = held.map(([start, end]) => ({ start, end }));
    expect(pairs(piecesToMerge(pieces, 100))).toEqual(groups);
  });

  test("a file that grows piece by piece is read again a few times only", () => {
    const size = 10_001;
    let pieces: { start: number; end: number }[] = [];
    let bytesRead = 0;
    for (let start = 0; start < size - 1; start++) {
      pieces.push({ start, end: start + 1 });
      if (pieces.length < 64) continue;
      for (const group of piecesToMerge(pieces, size)) {
        const merged = { start: group[0]?.start ?? 0, end: group.at(-1)?.end ?? 0 };
        bytesRead += merged.end - merged.start;
        pieces = [...pieces.filter((piece) => !group.includes(piece)), merged].sort(
          (a, b) => a.start - b.start,
        );
      }
      expect(pieces.length).toBeLessThan(32);
    }
    expect(bytesRead / size).toBeLessThan(12);
  });
});
