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
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { runBinary, startProxy } from "./harness.ts";
import { Visitor } from "./visitor.ts";

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

test("of a worker's requests one in so many is written, hits of the short cut among them, and each that failed", async () => {
  const origin = keep(
    await startOrigin(({ request, respond }) => {
      const status = request.target === "/broken" ? 500 : 200;
      // The short cut is for what says its type.
      return void respond(status, { "Cache-Control": "max-age=60", "Content-Type": "text/plain" }, "hello");
    }),
  );
  const path = join(folder, "sampled.log");
  const flags = ["--log", "common", "--log-file", path, "--log-sample", "1/3"];
  const proxy = keep(await startProxy(origin.url, { flags }));
  // One connection: all are one worker's.
  const visitor = keep(await Visitor.to(proxy.port));
  for (const target of ["/page", "/page", "/page", "/page", "/broken", "/broken", "/page", "/page", "/page"])
    await visitor.get(target);
  expect(await proxy.stop()).toBe(0);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const asked = lines.map((line) => /"GET (\S+) HTTP\/1\.1" (\d+)/.exec(line)?.slice(1).join(" "));
  expect(asked).toEqual(["/page 200", "/page 200", "/broken 500", "/broken 500", "/page 200"]);
});

test("another --log-sample acts by a reload", async () => {
  const origin = keep(await startOrigin((exchange) => void exchange.respond(200, {}, "hello")));
  const [file, path] = [join(folder, "sample.toml"), join(folder, "resampled.log")];
  writeFileSync(file, 'log-sample = "1/1000000"\n');
  const flags = ["--config", file, "--log", "common", "--log-file", path, "--grace", "1s"];
  const proxy = keep(await startProxy(origin.url, { flags }));
  // The first of each worker is written.
  for (let request = 0; request < 16; request++) await get(proxy.port, "/before");
  writeFileSync(file, 'log-sample = "1/1"\n');
  expect(await runBinary(["reload", "--cache-dir", proxy.cacheDir])).toMatchObject({ code: 0 });
  for (let request = 0; request < 16; request++) await get(proxy.port, "/after");
  expect(await proxy.stop()).toBe(0);
  const text = readFileSync(path, "utf8");
  expect(text.split("/before").length - 1).toBeLessThanOrEqual(2);
  expect(text.split("/after").length - 1).toBeGreaterThan(2);
});

test.each([
  ["error", false],
  ["warn", true],
])("with --log-level %s it is told that an origin is left alone: %p", async (level, isTold) => {
  const flags = ["--log", "off", "--log-level", level];
  const proxy = keep(await startProxy("http://127.0.0.1:9", { flags }));
  const visitor = keep(await Visitor.to(proxy.port));
  while ((await visitor.get("/page")).status !== 503);
  expect(await proxy.stop()).toBe(0);
  await proxy.stderr.done;
  expect(proxy.stderr.text.includes("is left alone")).toBe(isTold);
});

test("with --log json all that is said of cacheproxy itself is an object a line, from its start on", async () => {
  const origin = keep(await startOrigin((exchange) => void exchange.respond(200, {}, "hello")));
  const environment = { CACHEPROXY_ORGIN: "http://127.0.0.1:1" };
  const proxy = keep(await startProxy(origin.url, { flags: ["--log", "json"], environment }));
  expect(await proxy.stop()).toBe(0);
  const said: unknown[] = proxy.stderr.all.map((line) => JSON.parse(line));
  const message = "CACHEPROXY_ORGIN is not read; did you mean CACHEPROXY_ORIGIN?";
  expect(said[0]).toMatchObject({ level: "warn", message });
});

test("who cannot start is told with the reason what else may be wrong", async () => {
  const words = ["--log", "json", "--log-file", "/none/access.log"];
  const { code, stderr } = await runBinary(words, {
    environment: { CACHEPROXY_ORGIN: "http://127.0.0.1:1" },
  });
  expect([code, stderr]).toEqual([2, expect.stringContaining("CACHEPROXY_ORGIN is not read")]);
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
