import { describe, expect, test } from "bun:test";
import { ago, clockTime } from "../../src/page/parts/format.ts";

describe("an instant", () => {
  test.each([
    [999, "just now"],
    [59_000, "59 s ago"],
    [90 * 60_000, "1 h 30 min ago"],
  ])("of %p milliseconds before is %p", (passed, words) => {
    expect(ago(1_000_000, 1_000_000 + passed)).toBe(words);
  });

  test("is told with its day where that is not today", () => {
    const noon = new Date(2026, 2, 5, 12, 3, 7).getTime();
    expect(clockTime(noon, noon + 3_600_000)).toBe("12:03:07");
    expect(clockTime(noon, noon + 24 * 3_600_000)).toBe("2026-03-05 12:03:07");
  });
});
