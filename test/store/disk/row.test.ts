import { describe, expect, test } from "bun:test";
import { spentAt } from "../../../src/store/disk/row.ts";
import { policy } from "../samples.ts";

describe("spentAt: from when on a response can serve nobody", () => {
  const at = policy().responseAt;
  test.each([
    ["with an entity tag: never", {}, null],
    ["with Last-Modified: never", { entityTag: null, lastModifiedAt: at }, null],
    ["its lifetime less its age when it came", { entityTag: null, correctedInitialAge: 20 }, at + 40_000],
    [
      "and the longer window of RFC 5861",
      { entityTag: null, staleWhileRevalidateWindow: 5, staleIfErrorWindow: 9 },
      at + 69_000,
    ],
  ])("%s", (_, changes, expected) => {
    expect(spentAt(policy(changes))).toBe(expected as number | null);
  });
});
