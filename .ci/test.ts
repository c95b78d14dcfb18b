/**
 * Runs the type check, the format check, the linter and the tests, one process for each folder of test/, and goes on
 * when one fails. Ends with "N passed, N failed": each check counts as one, each test as one.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Milliseconds for a test: no test waits for time to pass, so that this is for one that hangs on a busy machine. */
const TIMEOUT = "60000";

const reports = mkdtempSync(join(tmpdir(), "cacheproxy-test-"));

function runs(...command: string[]): boolean {
  return Bun.spawnSync(command, { stdio: ["ignore", "inherit", "inherit"] }).exitCode === 0;
}

function check(name: string, ...command: string[]): Count {
  console.log(`\n== ${name}`);
  return runs(...command) ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** A run that failed counts at least one failure: Bun may have died, or an error may belong to no test. */
function testFolder(folder: string): Count {
  console.log(`\n== test/${folder}`);
  const report = join(reports, `${folder}.xml`);
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const good = runs(process.execPath, "test", "--timeout", TIMEOUT, ...reporter, `./test/${folder}/`);
  const count = existsSync(report)
    ? countIn(readFileSync(report, "utf8"))
    : { passed: 0, failed: 0, skipped: 0 };
  return good ? count : { ...count, failed: Math.max(count.failed, 1) };
}

/** The sums stand in the attributes of the report's first element. */
function countIn(report: string): Count {
  const sums = /<testsuites ([^>]*)>/.exec(report)?.[1] ?? "";
  const sum = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(sums)?.[1] ?? 0);
  const [failed, skipped] = [sum("failures"), sum("skipped")];
  return { passed: sum("tests") - failed - skipped, failed, skipped };
}

function hasTests(folder: string): boolean {
  return readdirSync(join("test", folder), { recursive: true }).some((file) =>
    String(file).endsWith(".test.ts"),
  );
}

const folders = readdirSync("test", { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && hasTests(entry.name))
  .map((entry) => entry.name)
  .sort();

const bin = "node_modules/.bin";
const counts = [
  check("types", process.execPath, `${bin}/tsc`, "-p", "."),
  check("types of the page", process.execPath, `${bin}/tsc`, "-p", "src/page"),
  check("format", `${bin}/biome`, "format", "."),
  check("lint", `${bin}/biome`, "lint", "--error-on-warnings", "."),
  ...folders.map(testFolder),
  check("conformance", process.execPath, "test/conformance/run.ts"),
];
rmSync(reports, { recursive: true });

const total = (key: keyof Count) => counts.reduce((sum, count) => sum + count[key], 0);
if (total("skipped") > 0) console.log(`\n${total("skipped")} skipped; each says why`);
console.log(`\n${total("passed")} passed, ${total("failed")} failed`);
process.exit(total("failed") === 0 ? 0 : 1);
