/**
 * `make conformance`: the public HTTP cache test suite against the built binary, with one worker and with two. Exit code
 * 1 when a test that passed before fails, or a required or optimal one fails without a reason in expected.json. With
 * `--update` the results are written there; reasons are people's to write.
 */
import { join } from "node:path";
import { type RunningProxy, startProxy } from "../e2e/harness.ts";
import { report } from "./report.ts";
import { type RawResult, runAlone, runSuite, type SuiteOrigin, startSuiteOrigin } from "./suite.ts";
import { complaints, doubtful, type Expected, expectedFrom, expectedSchema, judge } from "./verdict.ts";

/**
 * Surrogate-Control is the one targeted field the suite knows. Its bodies are small; fetched whole in the background,
 * they would be requests that its origin takes for the client's. It wants stored cookies to be served.
 */
const targeted = ["--targeted", "CDN-Cache-Control,Surrogate-Control"];
const flags = [...targeted, "--range-fill", "off", "--share-set-cookie", "--log", "off"];
/** What a client gets does not depend on how many serve: the same is expected of both, side by side. */
const workerCounts = [1, 2];
const expectedPath = join(import.meta.dir, "expected.json");
const update = process.argv.includes("--update");

const running: (SuiteOrigin | RunningProxy)[] = [];
async function stopAll(): Promise<void> {
  for (const each of running.splice(0).reverse()) await each.stop();
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    stopAll()
      .then(() => process.exit(130))
      .catch(() => process.exit(1));
  });
}

try {
  process.exitCode = await run();
} finally {
  await stopAll();
}

interface Run {
  readonly workers: number;
  readonly proxy: RunningProxy;
  readonly results: Record<string, RawResult>;
}

async function run(): Promise<number> {
  console.log(`http-cache-tests against ./cacheproxy ${flags.join(" ")}`);
  const expected = expectedSchema.parse(await Bun.file(expectedPath).json());
  const runs = await Promise.all(workerCounts.map(runWhole));
  for (const each of runs) await runDoubtfulAlone(each, expected);
  const known = update && runs[0] !== undefined ? expectedFrom(judge(runs[0].results), expected) : expected;
  if (update) await Bun.write(expectedPath, `${JSON.stringify(known, null, 2)}\n`);
  return sum(runs.map((each) => tell(each, known))) === 0 ? 0 : 1;
}

async function runWhole(workers: number): Promise<Run> {
  const origin = await startSuiteOrigin();
  running.push(origin);
  const proxy = await startProxy(origin.url, { flags, workers });
  running.push(proxy);
  return { workers, proxy, results: { ...(await runSuite(proxy.url)) } };
}

/** Lifetimes of two seconds and pauses of three are the suite's: on a busy machine a test may fail for want of time. */
async function runDoubtfulAlone({ workers, proxy, results }: Run, expected: Expected): Promise<void> {
  for (const id of doubtful(results, expected)) {
    const first = results[id];
    const why = Array.isArray(first) ? ` (${first[1]})` : "";
    const again = await runAlone(proxy.url, id);
    results[id] = again;
    const word = again === true ? "passed" : "failed again";
    console.log(`${id} failed with ${counted(workers)}${why} and was run again alone: ${word}`);
  }
}

/** The figures of a run; how many complaints there are. */
function tell({ workers, results }: Run, known: Expected): number {
  const judged = judge(results);
  console.log(`\nwith ${counted(workers)}:\n${report(judged, known)}`);
  return complaints(judged, known).length;
}

function counted(workers: number): string {
  return workers === 1 ? "one worker" : `${workers} workers`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
