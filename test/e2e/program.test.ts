import { afterAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { type Origin, type Script, startOrigin } from "../fixtures/origin.ts";
import { freePort } from "../fixtures/port.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { binary, type ProxyOptions, type RunningProxy, runBinary, startProxy } from "./harness.ts";

const keep = stoppedAfterEach();

async function originThat(script: Script): Promise<Origin> {
  return keep(await startOrigin(script));
}

async function proxyBefore(origin: Origin, options: ProxyOptions): Promise<RunningProxy> {
  return keep(await startProxy(origin.url, options));
}

const folder = await mkdtemp(join(tmpdir(), "cacheproxy-program-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

test.skipIf(process.platform !== "linux")(
  "a client over IPv4 has its IPv4 address, too, where --host is ::, towards the origin and in the log",
  async () => {
    const origin = await originThat((exchange) => void exchange.respond(200, {}, "hello"));
    const proxy = await proxyBefore(origin, { flags: ["--host", "::", "--log", "json"] });
    await get(proxy.port, "/page");
    const told = origin.requests[0];
    expect(told?.field("x-forwarded-for")).toBe("127.0.0.1");
    expect(told?.field("forwarded")).toStartWith("for=127.0.0.1;");
    const line = await proxy.stdout.until(/"target":"\/page"/);
    expect(JSON.parse(line).client).toBe("127.0.0.1");
  },
);

describe("the binary", () => {
  test("tells its version and its help", async () => {
    const version = { code: 0, stdout: `cacheproxy ${packageJson.version}\n`, stderr: "" };
    expect(await runBinary(["--version"])).toEqual(version);
    const help = await runBinary(["--help"]);
    expect([help.code, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toStartWith("Usage: cacheproxy [options] [PORT]");
  });

  test.each<[what: string, words: string[], line: RegExp]>([
    ["an unknown option", ["--prot", "1"], /^cacheproxy: unknown option '--prot' \(Did you mean --port\?\)$/],
    ["a port out of range", ["70000"], /^cacheproxy: PORT "70000" should be a port from 1 to 65535$/],
    ["two ports", ["80", "--port", "81"], /^cacheproxy: PORT 80 and --port 81 differ/],
    ["a time without unit", ["--grace", "30"], /^cacheproxy: --grace "30" should be a time with its unit/],
    [
      "a size without unit",
      ["--memory", "512"],
      /^cacheproxy: --memory "512" should be a size with its unit/,
    ],
    [
      "a log of another form",
      ["--log", "xml"],
      /^cacheproxy: --log "xml" should be pretty, json, combined, common or off$/,
    ],
    ["an origin that is none", ["--origin", "ftp://x"], /^cacheproxy: --origin "ftp:\/\/x" should be http:/],
    ["a file that is not there", ["--config", "no.toml"], /^cacheproxy: --config "no.toml" cannot be read/],
    [
      "a host elsewhere",
      ["--host", "192.0.2.1"],
      /^cacheproxy: --host 192.0.2.1 is not an address of this machine/,
    ],
    [
      "a folder that cannot be",
      ["--cache-dir", "/dev/null/c"],
      /^cacheproxy: --cache-dir "\/dev\/null\/c" cannot be/,
    ],
  ])("refuses %s in one line, exit code 2", async (_, words, line) => {
    const port = words.some((word) => /port|^\d/.test(word)) ? [] : ["--port", `${await freePort()}`];
    const { code, stdout, stderr } = await runBinary([...port, ...words], { folder });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.trimEnd()).toMatch(line);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  test("refuses a taken port before it makes the cache folder", async () => {
    const origin = await originThat(() => undefined);
    const { code, stderr } = await runBinary(["--host", "127.0.0.1", `${origin.port}`], { folder });
    expect([code, stderr]).toEqual([
      2,
      `cacheproxy: --port ${origin.port} is taken by another program; it should be a free port\n`,
    ]);
    expect(await Array.fromAsync(new Bun.Glob("**").scan({ cwd: folder, dot: true }))).toEqual([]);
  });

  test("is not changed by .env or bunfig.toml of the folder it runs in", async () => {
    await Bun.write(join(folder, ".env"), "CACHEPROXY_PORT=nonsense\n");
    await Bun.write(join(folder, "bunfig.toml"), 'preload = ["./none.ts"]\n');
    const { code, stderr } = await runBinary(["--grace", "x"], { folder });
    expect([code, stderr]).toEqual([2, expect.stringContaining("--grace")]);
    expect(await runBinary(["--version"], { folder })).toMatchObject({ code: 0 });
  });

  test("reads variables and a file; the flag goes first", async () => {
    const config = join(folder, "cache.toml");
    await Bun.write(config, 'log = "off"\ncache-status-key = true\n');
    const origin = await originThat((exchange) => void exchange.respond(200, {}, "hi"));
    const proxy = await proxyBefore(origin, {
      flags: ["--config", config],
      environment: { CACHEPROXY_LOG: "json", CACHEPROXY_PORT: "1" },
    });
    expect(JSON.parse(proxy.stderr.all[0] ?? "")).toMatchObject({
      message: `Cache proxy is listening on port ${proxy.port} ...`,
    });
    expect((await get(proxy.port, "/")).field("cache-status")).toContain('; key="/ cache.test"');
    expect(await proxy.stop()).toBe(0);
  });
});

describe("the article's words still hold", () => {
  test("an origin of bare newlines and no fields is asked once, its 404 is the client's", async () => {
    const origin = await originThat(async (exchange) => {
      const found = exchange.request.target === "/index.html";
      await exchange.send(
        found ? "HTTP/1.0 200 OK\n\nHello, cache!" : "HTTP/1.0 404 NOT FOUND\n\n File Not Found",
      );
      exchange.end();
    });
    const proxy = await proxyBefore(origin, {
      flags: ["--default-ttl", "1h", "--store-unframed", "--index", "index.html", "--log", "off"],
    });
    const first = await get(proxy.port, "/");
    const second = await get(proxy.port, "/");
    expect([first.status, first.text, first.field("X-Cache")]).toEqual([200, "Hello, cache!", "MISS"]);
    expect([second.status, second.text, second.field("X-Cache")]).toEqual([200, "Hello, cache!", "HIT"]);
    expect(origin.requests.map(({ target }) => target)).toEqual(["/index.html"]);
    expect(await get(proxy.port, "/none")).toMatchObject({ status: 404, text: " File Not Found" });
  });

  test("a bare port, and the line that says it is ready", async () => {
    const origin = await originThat((exchange) => void exchange.respond(200, {}, "hi"));
    const port = await freePort();
    const child = Bun.spawn([binary, `${port}`, "--log", "pretty"], {
      cwd: folder,
      env: { CACHEPROXY_ORIGIN: origin.url, CACHEPROXY_WORKERS: "1" },
      stdout: "pipe",
    });
    keep({
      stop() {
        child.kill("SIGKILL");
        return child.exited;
      },
    });
    const { value } = await child.stdout.getReader().read();
    expect(Buffer.from(value ?? []).toString()).toBe(`Cache proxy is listening on port ${port} ...\n`);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  });
});
