import { beforeEach, expect, test } from "bun:test";
import type { ReadRequest } from "../../src/control/entries-request.ts";
import { FleetError } from "../../src/supervisor/fleet-error.ts";
import { createIndexReading, type IndexReading } from "../../src/supervisor/index-reading.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";

interface Run {
  readonly signal: AbortSignal;
  readonly end: (said: object) => void;
}

let clock: FakeClock;
let runs: Run[];
let reading: IndexReading;
const nobodyLeaves = new AbortController().signal;
const request: ReadRequest = { kind: "entry", key: "/a h", variant: "", hidden: [], now: 1 };
const nothing = { kind: "entry", entry: null };

beforeEach(() => {
  clock = createFakeClock();
  runs = [];
  reading = createIndexReading((_, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    signal.addEventListener("abort", () => reject(new FleetError("it was killed")));
    runs.push({ signal, end: (said) => resolve(JSON.stringify(said)) });
    return promise;
  }, clock);
});

/** The refusal, when it comes: `expect(…).rejects` lets nothing else go on meanwhile. */
const refusalOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => "none",
    (error: unknown) => (error instanceof FleetError ? error.message : `not told: ${error}`),
  );

/** Lets all that can go on do so. */
const settled = () => clock.advance(0);

test("two look at once, the third when one of them has ended", async () => {
  const answers = [1, 2, 3].map(() => reading.read(request, nobodyLeaves));
  await settled();
  expect(runs).toHaveLength(2);
  runs[1]?.end(nothing);
  await settled();
  expect(runs).toHaveLength(3);
  for (const run of runs) run.end(nothing);
  expect(await Promise.all(answers)).toEqual([nothing, nothing, nothing] as never);
});

test("one that fails leaves its place to another, and is told", async () => {
  const answers = [1, 2, 3].map(() => reading.read(request, nobodyLeaves));
  const failed = answers.slice(0, 1).map(refusalOf);
  await settled();
  runs[0]?.end({ kind: "failure", message: "it is on fire" });
  expect(await Promise.all(failed)).toEqual(["it is on fire"]);
  await settled();
  expect(runs).toHaveLength(3);
  for (const run of runs) run.end(nothing);
  await Promise.all(answers.slice(1));
});

test("one that hangs is ended, and who waits for it is told", async () => {
  const refusal = refusalOf(reading.read(request, nobodyLeaves));
  await clock.advance(120_000);
  expect(await refusal).toStartWith("the index could not be looked through in 120 s");
  expect(runs[0]?.signal.aborted).toBe(true);
});

test("one that was told how long to look, and hangs, is ended sooner", async () => {
  const findings: ReadRequest = { kind: "findings", hidden: [], milliseconds: 10_000, cookieRules: [] };
  const refusal = refusalOf(reading.read(findings, nobodyLeaves));
  await clock.advance(30_000);
  expect(await refusal).toStartWith("the index could not be looked through in 30 s");
  expect(runs[0]?.signal.aborted).toBe(true);
});

test("where nobody waits any more it is ended, and does not begin", async () => {
  const client = new AbortController();
  const answers = [1, 2, 3].map(() => reading.read(request, client.signal));
  const ended = answers.map(refusalOf);
  await settled();
  client.abort();
  const none = "nobody waits for the answer any more";
  expect(await Promise.all(ended)).toEqual(["it was killed", "it was killed", none]);
  expect(runs).toHaveLength(2);
  expect(runs.every(({ signal }) => signal.aborted)).toBe(true);
});

test("who leaves the queue has no place in it any more", async () => {
  const client = new AbortController();
  const served = [1, 2].map(() => reading.read(request, nobodyLeaves));
  const left = Array.from({ length: 32 }, () => refusalOf(reading.read(request, client.signal)));
  client.abort();
  expect(new Set(await Promise.all(left))).toEqual(new Set(["nobody waits for the answer any more"]));
  const next = reading.read(request, nobodyLeaves);
  await settled();
  runs[0]?.end(nothing);
  await settled();
  expect(runs).toHaveLength(3);
  for (const run of runs) run.end(nothing);
  expect(await Promise.all([...served, next])).toEqual([nothing, nothing, nothing] as never);
});

test("a stop ends who waits as well as who looks, and none begins after it", async () => {
  const refusals = [1, 2, 3].map(() => refusalOf(reading.read(request, nobodyLeaves)));
  await settled();
  reading.stop();
  await Promise.all(refusals);
  expect(await refusalOf(reading.read(request, nobodyLeaves))).not.toBe("none");
  expect(runs).toHaveLength(2);
});

test("a stop ends all", async () => {
  const refusal = refusalOf(reading.read(request, nobodyLeaves));
  await settled();
  reading.stop();
  expect(await refusal).toBe("it was killed");
});

test("more than wait already are refused", async () => {
  const answers = Array.from({ length: 34 }, () => reading.read(request, nobodyLeaves));
  expect(await refusalOf(reading.read(request, nobodyLeaves))).toStartWith("too many");
  for (let each = 0; each < 34; each += 1) {
    await settled();
    runs[each]?.end(nothing);
  }
  await Promise.all(answers);
});
