import { describe, expect, test } from "bun:test";
import { createSeenTargets, type SeenTargets } from "../../../src/worker/cacheability/seen-targets.ts";

function seeMany(seen: SeenTargets, count: number, kind: string): number {
  return Array.from({ length: count }, (_, place) => seen.seen(`/${kind}/${place}`)).filter(Boolean).length;
}

describe("whether a target was asked for before", () => {
  test("is so from the second time on", () => {
    const seen = createSeenTargets();
    expect(["/a", "/b", "/a", "/b", "/c"].map((name) => seen.seen(name))).toEqual([
      ...[false, false, true, true, false],
    ]);
  });

  test("is remembered while 100,000 others are asked for, and forgotten after many more", () => {
    const seen = createSeenTargets();
    seen.seen("/a");
    seeMany(seen, 100_000, "others");
    expect(seen.seen("/a")).toBeTrue();
    seeMany(seen, 200_000, "more");
    expect(seen.seen("/a")).toBeFalse();
  });

  test("is seldom said of one that is new, however many there are", () => {
    const seen = createSeenTargets();
    seeMany(seen, 100_000, "old");
    expect(seeMany(seen, 30_000, "new") / 30_000).toBeLessThan(0.01);
  });
});
