import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Origin, startOrigin } from "../fixtures/origin.ts";
import { get, type RawResponse } from "../fixtures/raw-client.ts";
import { type RunningProxy, runBinary, startProxy } from "./harness.ts";
import { until } from "./visitor.ts";

/** Two workers, and tokens made by the command: in both, after a worker's death and after the next start. */

let origin: Origin;
let cacheDir: string;
let proxy: RunningProxy;
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "cacheproxy-debug-"));
  const fields = { "Cache-Control": "max-age=600", "Content-Type": "text/html" };
  origin = await startOrigin(async ({ respond }) => void (await respond(200, fields, "<p>hello</p>")));
  proxy = await startProxy(origin.url, { cacheDir });
});
afterAll(async () => {
  await proxy.stop();
  await origin.stop();
  await rm(cacheDir, { recursive: true, force: true });
});

async function token(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runBinary(["debug-token", "--cache-dir", cacheDir, ...words]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout.trimEnd();
}

function explained({ fields }: RawResponse): string[] {
  return fields.filter(([name]) => name.startsWith("X-Cache-Explain-")).map(([, value]) => value);
}

/** Connections enough that each worker has some. */
async function explainedByAll(shown: string): Promise<string[][]> {
  const fields = { "X-Cache-Debug": shown };
  const answers = await Promise.all(Array.from({ length: 16 }, () => get(proxy.port, "/page", fields)));
  return answers.map(explained);
}

test("a token of the command explains the answers of every worker; the page is the same", async () => {
  await get(proxy.port, "/page");
  const shown = await token();
  expect(shown).toMatch(/^1\.\d{10}\.[\w-]{43}$/);
  for (const lines of await explainedByAll(shown))
    expect(lines[0]).toStartWith("verdict: Answered from the cache");
  const [plain, debugged] = [
    await get(proxy.port, "/page"),
    await get(proxy.port, "/page", { "X-Cache-Debug": shown }),
  ];
  expect(debugged.text).toBe(plain.text);
  expect(origin.requests.every(({ field }) => field("x-cache-debug") === null)).toBe(true);
});

test("one that is changed explains nothing", async () => {
  const shown = await token();
  for (const lines of await explainedByAll(shown.replace(/.$/, (end) => (end === "A" ? "E" : "A"))))
    expect(lines).toEqual([]);
});

test("it is good until its end: so many seconds from now", async () => {
  const { expiresAt } = JSON.parse(await token("--for", "2h", "--json"));
  const seconds = expiresAt - Date.now() / 1000;
  expect(seconds).toBeGreaterThan(7_100);
  expect(seconds).toBeLessThanOrEqual(7_200);
});

test("when it has ended, no worker explains any more", async () => {
  const shown = await token("--for", "1s");
  await until(async () => (await explainedByAll(shown)).every((lines) => lines.length === 0));
});

test("it is good after another start on the same folder, whose key nobody else can read", async () => {
  const shown = await token();
  expect((await stat(join(cacheDir, "debug.key"))).mode & 0o777).toBe(0o600);
  await proxy.stop();
  proxy = await startProxy(origin.url, { cacheDir });
  for (const lines of await explainedByAll(shown)) expect(lines).not.toBeEmpty();
});

test.each([
  ["30", '--for "30" should be a time with its unit, from 1s to 7d'],
  ["8d", '--for "8d" should be a time with its unit, from 1s to 7d'],
  ["-1h", '--for "-1h" should be a time with its unit, from 1s to 7d'],
])("--for %s is a wrong use", async (time, line) => {
  const run = await runBinary(["debug-token", `--for=${time}`, "--cache-dir", cacheDir]);
  expect(run).toEqual({ code: 2, stdout: "", stderr: `cacheproxy: ${line}\n` });
});

test("without a running proxy there is none", async () => {
  const nowhere = await mkdtemp(join(tmpdir(), "cacheproxy-debug-"));
  try {
    const { code, stderr } = await runBinary(["debug-token", "--cache-dir", nowhere]);
    expect(code).toBe(1);
    expect(stderr).toStartWith("cacheproxy: no cacheproxy of yours is running");
  } finally {
    await rm(nowhere, { recursive: true, force: true });
  }
});
