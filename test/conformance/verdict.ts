import { determineTestResult } from "http-cache-tests/lib/display.mjs";
import suites, { type Test } from "http-cache-tests/tests/index.mjs";
import surrogateControl from "http-cache-tests/tests/surrogate-control.mjs";
import { z } from "zod";
import type { RawResults } from "./suite.ts";

/** What a result means, with the tests it depends on considered. Checks are answered yes or no: they require nothing. */
const verdictSchema = z.enum(["pass", "fail", "yes", "no", "setup", "dependency", "retry", "untested"]);
export type Verdict = z.infer<typeof verdictSchema>;

/** test/conformance/expected.json: the last verdict of each test, with a reason for each that did not pass. */
export const expectedSchema = z.record(
  z.string(),
  z.union([verdictSchema, z.strictObject({ verdict: verdictSchema, reason: z.string().min(1) })]),
);
export type Expected = z.infer<typeof expectedSchema>;

export interface Judged {
  readonly id: string;
  readonly name: string;
  readonly kind: "required" | "optimal" | "check";
  readonly verdict: Verdict;
  /** What the suite's client said of a test that did not pass. */
  readonly explanation: string | null;
}

const allSuites = [...suites, surrogateControl];

/** The tests for caches that are no browsers. */
export const tests: readonly Test[] = allSuites
  .flatMap((suite) => suite.tests)
  .filter((test) => test.browser_only !== true);

/** By the suite's own rules: a test counts only where those it depends on have passed. */
export function judge(results: RawResults): readonly Judged[] {
  return tests.map(({ id, name, kind = "required" }) => {
    const [, , symbol] = determineTestResult(allSuites, id, results);
    const verdict = verdictOf[symbol];
    if (verdict === undefined) throw new Error(`${id}: the suite says ${symbol}, which is not known here`);
    const result = results[id];
    return { id, name, kind, verdict, explanation: Array.isArray(result) ? result[1] : null };
  });
}

const verdictOf: Readonly<Record<string, Verdict>> = {
  "✅": "pass",
  "⛔️": "fail",
  "⚠️": "fail",
  "⁉️": "fail",
  Y: "yes",
  N: "no",
  "🔹": "setup",
  "⚪️": "dependency",
  "↻": "retry",
  "-": "untested",
};

export function passes(verdict: Verdict): boolean {
  return verdict === "pass" || verdict === "yes";
}

export function expectedVerdict(expected: Expected, id: string): Verdict | null {
  const entry = expected[id];
  return entry === undefined ? null : typeof entry === "string" ? entry : entry.verdict;
}

export function reasonFor(expected: Expected, id: string): string | null {
  const entry = expected[id];
  return typeof entry === "object" ? entry.reason : null;
}

/** The tests to run again alone: what was expected to pass and has failed, be it a test or one it depends on. */
export function doubtful(results: RawResults, expected: Expected): readonly string[] {
  return tests.flatMap(({ id }) => {
    const verdict = expectedVerdict(expected, id);
    return verdict !== null && passes(verdict) && results[id] !== true ? [id] : [];
  });
}

/** What makes the run a failure, a line each: a test that passed before, a test that fails without a reason. */
export function complaints(judged: readonly Judged[], expected: Expected): readonly string[] {
  return judged.flatMap(({ id, kind, verdict, explanation }) => {
    if (kind === "check" || passes(verdict)) return [];
    if (expectedVerdict(expected, id) === "pass") return [`${id} has passed before: ${explanation}`];
    return reasonFor(expected, id) === null ? [`${id} has no reason in expected.json: ${explanation}`] : [];
  });
}

/** "id: no → yes", for every verdict that is another than expected. */
export function changes(judged: readonly Judged[], expected: Expected): readonly string[] {
  return judged.flatMap(({ id, verdict }) => {
    const before = expectedVerdict(expected, id) ?? "new";
    return before === verdict ? [] : [`${id}: ${before} → ${verdict}`];
  });
}

/** What to expect from now on; a reason stays where its test still does not pass. */
export function expectedFrom(judged: readonly Judged[], before: Expected): Expected {
  return Object.fromEntries(
    judged.map(({ id, verdict }) => {
      const reason = passes(verdict) ? null : reasonFor(before, id);
      return [id, reason === null ? verdict : { verdict, reason }];
    }),
  );
}
