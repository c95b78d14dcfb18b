import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { runBinary, startProxy } from "./harness.ts";

setDefaultTimeout(30_000);
const keep = stoppedAfterEach();
const folder = mkdtempSync(join(tmpdir(), "cacheproxy-log-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("requests are written to the file that has the name when SIGUSR1 comes, as web servers write them", async () => {
  const origin = keep(await startOrigin((exchange) => void exchange.respond(200, {}, "hello")));
  const path = join(folder, "access.log");
  const proxy = keep(
    await startProxy(origin.url, { flags: ["--log", "combined", "--log-file", path, "--log-level", "info"] }),
  );
  const written = (file: string, target: string) =>
    existsSync(file) && readFileSync(file, "utf8").includes(`"GET ${target} HTTP/1.1" 200 5 "-" "`);
  await asked("/one", path);
  expect(statSync(path).mode & 0o777).toBe(0o600);

  renameSync(path, `${path}.1`);
  proxy.signal("SIGUSR1");
  await asked("/two", path);
  expect(written(`${path}.1`, "/one")).toBe(true);
  expect(await proxy.stop()).toBe(0);
  expect(proxy.stdout.text).toBe("");
  expect(proxy.stderr.all).toEqual([`cacheproxy: Cache proxy is listening on port ${proxy.port} ...`]);

  /** Asks until it is written: a request may have come before the signal. */
  async function asked(target: string, file: string): Promise<void> {
    while (!written(file, target)) await get(proxy.port, target);
  }
});

test("a file that cannot be written to is refused in one line, with exit code 2", async () => {
  const { code, stderr } = await runBinary(["--log-file", "/none/access.log"]);
  expect([code, stderr]).toEqual([
    2,
    'cacheproxy: --log-file "/none/access.log" cannot be written to (ENOENT); it should be a file in a folder that you may write to\n',
  ]);
});

test("a pipe whose reader stalls holds up neither requests nor the stop", async () => {
  const origin = keep(await startOrigin((exchange) => void exchange.respond(200, {}, "hello")));
  const path = join(folder, "pipe");
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const proxy = keep(await startProxy(origin.url, { flags: ["--log", "combined", "--log-file", path] }));
  // More than a pipe holds.
  for (let bytes = 0; bytes < 256 * 1024; bytes += 4096) await get(proxy.port, `/${"a".repeat(4096)}`);
  expect(await proxy.stop()).toBe(0);
  closeSync(reader);
});
