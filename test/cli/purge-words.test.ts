import { describe, expect, test } from "bun:test";
import { listedLine, pastLine } from "../../src/cli/purge-words.ts";
import { purgedLine } from "../../src/control/purge-words.ts";

const counts = { complete: 0, partial: 0, inFlight: 0, soft: false, dryRun: false };

describe("what a purge has done is told in one line", () => {
  test.each([
    [{}, "removed 0"],
    [{ complete: 12 }, "removed 12"],
    [{ complete: 11, partial: 1 }, "removed 12 (11 whole, 1 in part)"],
    [{ complete: 1, inFlight: 2 }, "removed 1; 2 on their way are not stored"],
    [{ complete: 3, soft: true }, "made stale 3"],
    [{ complete: 3, dryRun: true }, "would remove 3"],
    [
      { complete: 3, inFlight: 1, soft: true, dryRun: true },
      "would make stale 3, and not store 1 on their way",
    ],
  ])("%j", (changes, line) => {
    expect(purgedLine({ ...counts, ...changes })).toBe(line);
  });
});

test("a dry run tells of each response its status, size, key and what it differs by", () => {
  const listed = { key: "/a @shop a.test", variant: "gzip", status: 200, size: 1234, isPartial: false };
  expect(listedLine(listed)).toBe("200       1234 B  /a @shop a.test  gzip");
  expect(listedLine({ ...listed, variant: "", isPartial: true })).toBe(
    "200       1234 B in part  /a @shop a.test",
  );
});

describe("a past purge", () => {
  const past = {
    at: Date.UTC(2026, 0, 2, 3, 4, 5),
    asker: { door: "traffic" as const, by: "WordPress\u001b[2J", client: "127.0.0.1" },
    lookedFor: "/a of every host",
    ...{ soft: false, purged: 2, complete: 2, partial: 0, inFlight: 0, milliseconds: 3.4 },
  };

  test("is told with when, how many, what and who; no control character of a client gets through", () => {
    const line = pastLine(past);
    expect(line).toStartWith("2026-01-02 03:04:05  removed 2 in 3 ms: /a of every host (127.0.0.1 WordPress");
    expect(line).not.toContain("\u001b");
  });

  test("that failed says why", () => {
    expect(pastLine({ ...past, error: "the disk is full" })).toContain("failed: the disk is full in 3 ms");
  });
});
