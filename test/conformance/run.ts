/**
 * `make conformance`: the public HTTP cache test suite against the built binary. Exit code 1 when a test that passed
 * before fails, or a required or optimal one fails without a reason in expected.json. With `--update` the results are
 * written there; reasons are people's to write.
 */
import { join } from "node:path";
import { type RunningProxy, startProxy } from "../e2e/harness.ts";
import { report } from "./report.ts";
import { type RawResult, runAlone, runSuite, type SuiteOrigin, startSuiteOrigin } from "./suite.ts";
import { complaints, doubtful, expectedFrom, expectedSchema, judge } from "./verdict.ts";

/**
 * Surrogate-Control is the one targeted field the suite knows. Its bodies are small; fetched whole in the background,
 * they would be requests that its origin takes for the client's.
 */
const flags = ["--targeted", "CDN-Cache-Control,Surrogate-Control", "--range-fill", "off", "--log", "off"];
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

async function run(): Promise<number> {
  console.log(`http-cache-tests against ./cacheproxy ${flags.join(" ")}`);
  const expected = expectedSchema.parse(await Bun.file(expectedPath).json());
  const origin = await startSuiteOrigin();
  running.push(origin);
  const proxy = await startProxy(origin.url, { flags });
  running.push(proxy);

  const results: Record<string, RawResult> = { ...(await runSuite(proxy.url)) };
  // Lifetimes of two seconds and pauses of three are the suite's: on a busy machine a test may fail for want of time.
  for (const id of doubtful(results, expected)) {
    const again = await runAlone(proxy.url, id);
    results[id] = again;
    console.log(`${id} failed and was run again alone: ${again === true ? "passed" : "failed again"}`);
  }
  const judged = judge(results);
  const known = update ? expectedFrom(judged, expected) : expected;
  if (update) await Bun.write(expectedPath, `${JSON.stringify(known, null, 2)}\n`);
  console.log(report(judged, known));
  return complaints(judged, known).length === 0 ? 0 : 1;
}
