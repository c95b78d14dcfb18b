import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { report } from "./report.ts";
import type { RawResult } from "./suite.ts";
import {
  changes,
  complaints,
  doubtful,
  type Expected,
  expectedFrom,
  expectedSchema,
  type Judged,
  judge,
  tests,
} from "./verdict.ts";

const passed: Record<string, RawResult> = Object.fromEntries(tests.map(({ id }) => [id, true]));
const failure: RawResult = ["Assertion", "it went wrong"];
const usual = expectedFrom(judge(passed), {});

function judgedWith(results: Record<string, RawResult>): readonly Judged[] {
  return judge({ ...passed, ...results });
}

function verdictOf(id: string, results: Record<string, RawResult>) {
  return judgedWith(results).find((test) => test.id === id)?.verdict;
}

describe("a verdict", () => {
  test.each<[id: string, results: Record<string, RawResult>, verdict: string]>([
    ["headers-store-Set-Cookie", {}, "pass"],
    ["headers-store-Set-Cookie", { "headers-store-Set-Cookie": failure }, "fail"],
    ["headers-store-Set-Cookie", { "headers-store-Set-Cookie": ["Setup", "not stored"] }, "setup"],
    ["conditional-lm-fresh", { "conditional-lm-fresh": failure }, "fail"],
    ["stale-close", {}, "yes"],
    ["stale-close", { "stale-close": failure }, "no"],
    ["stale-close-no-cache", { "stale-close": failure }, "dependency"],
    ["stale-close-no-cache", { "stale-close-no-cache": failure }, "fail"],
  ])("of %s, when the results are %j", (id, results, verdict) => {
    expect(verdictOf(id, results)).toBe(verdict as Judged["verdict"]);
  });

  test("is given to every test for caches that are no browsers", () => {
    const kinds = judge({}).map(({ kind }) => kind);
    const count = (kind: Judged["kind"]) => kinds.filter((each) => each === kind).length;
    expect([count("required"), count("optimal"), count("check")]).toEqual([165, 95, 90]);
    expect(new Set(judge({}).map(({ verdict }) => verdict)).has("untested")).toBe(true);
  });
});

describe("a run", () => {
  const id = "headers-store-Set-Cookie";

  test("is good when all is as expected", () => {
    expect(complaints(judgedWith({}), usual)).toEqual([]);
    expect(changes(judgedWith({}), usual)).toEqual([]);
  });

  test("is bad when a test fails that passed before, whatever reason is written down", () => {
    expect(complaints(judgedWith({ [id]: failure }), usual)).toEqual([
      `${id} has passed before: it went wrong`,
    ]);
    expect(changes(judgedWith({ [id]: failure }), usual)).toEqual([`${id}: pass → fail`]);
  });

  test.each([id, "conditional-lm-fresh"])(
    "is bad when %s fails without a reason, and good with one",
    (failing) => {
      const results = judgedWith({ [failing]: failure });
      const known = expectedFrom(results, usual);
      expect(complaints(results, known)).toHaveLength(1);
      const reasoned: Expected = { ...known, [failing]: { verdict: "fail", reason: "it must" } };
      expect(complaints(results, reasoned)).toEqual([]);
      expect(expectedFrom(results, reasoned)).toEqual(reasoned);
      expect(expectedFrom(judgedWith({}), reasoned)).toEqual(usual);
    },
  );

  test("is not bad for a check that is answered otherwise, but tells of it", () => {
    const results = judgedWith({ "stale-503": failure });
    expect(complaints(results, usual)).toEqual([]);
    expect(changes(results, usual)).toEqual(["stale-503: yes → no"]);
  });

  test("runs again alone what should have passed, and only that", () => {
    const expected: Expected = { ...usual, [id]: { verdict: "fail", reason: "it must" } };
    const results = { ...passed, [id]: failure, "stale-503": failure, "conditional-lm-fresh": failure };
    expect([...doubtful(results, expected)].sort()).toEqual(["conditional-lm-fresh", "stale-503"]);
  });

  test("prints the figures, what failed and why, and the change", () => {
    const expected: Expected = { ...usual, [id]: { verdict: "fail", reason: "it must" } };
    const lines = report(judgedWith({ [id]: failure, "stale-503": failure }), expected).split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "required     164 of 165 passed",
      "optimal      95 of 95 passed",
      "informative  89 of 90 answered yes",
    ]);
    expect(lines).toContain(`required, fail: ${id} (HTTP cache must store \`Set-Cookie\` header field)`);
    expect(lines).toContain("  reason: it must");
    expect(lines).toContain("  stale-503: yes → no");
  });
});

test("expected.json speaks of every test, and has a reason for each that does not pass", async () => {
  const expected = expectedSchema.parse(await Bun.file(join(import.meta.dir, "expected.json")).json());
  expect(Object.keys(expected).sort()).toEqual(tests.map(({ id }) => id).sort());
  for (const { id, kind = "required" } of tests) {
    const entry = expected[id];
    if (kind !== "check" && entry !== "pass") expect([id, typeof entry]).toEqual([id, "object"]);
  }
});
