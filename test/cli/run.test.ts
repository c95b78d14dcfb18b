import { afterEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { preflight } from "../../src/cli/preflight.ts";
import { run } from "../../src/cli/run.ts";
import type { Surroundings } from "../../src/cli/surroundings.ts";
import { loadSettings } from "../../src/config/load.ts";
import type { ListenAddress, Settings } from "../../src/config/schema.ts";
import { siteOfFlags } from "../../src/config/site-of-flags.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { noFile } from "../fixtures/no-file.ts";
import { freePort } from "../fixtures/port.ts";

const answered = {
  ...{ purged: 0, complete: 0, partial: 0, inFlight: 0, soft: false, dryRun: false },
  ...{ lookedFor: "?", milliseconds: 1 },
};

const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const remove of leftovers.splice(0)) await remove();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "cacheproxy-cli-"));
  leftovers.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Runs a command with nothing around it; what it said. */
async function said(words: readonly string[], environment: Surroundings["environment"] = {}) {
  let stdout = "";
  const stderr: string[] = [];
  const code = await run(words, {
    environment,
    machine: { platform: "linux", cores: 1, terminal: false },
    readFile: (path) => Bun.file(path).text(),
    say: async (text) => {
      stdout += text;
    },
    complain: (line) => stderr.push(line),
  });
  return { code, stdout, stderr };
}

test.each([
  ["whoever read it has gone", "EPIPE", { code: 0, stderr: [] }],
  ["the disk is full", "ENOSPC", { code: 1, stderr: ["this should not have happened: Error: ENOSPC"] }],
])("where %s nothing more is said", async (_, code, expected) => {
  const stderr: string[] = [];
  const ended = await run(["man"], {
    environment: {},
    machine: { platform: "linux", cores: 1, terminal: false },
    readFile: async () => "",
    say: () => Promise.reject(Object.assign(new Error(code), { code })),
    complain: (line) => stderr.push(line),
  });
  expect({ code: ended, stderr }).toEqual(expected);
});

describe("what is only told", () => {
  test.each<{ words: string[] }>([
    { words: ["--version"] },
    { words: ["-v"] },
    { words: ["purge", "--version"] },
  ])("$words tells the version of package.json", async ({ words }) => {
    const version = { code: 0, stdout: `cacheproxy ${packageJson.version}\n`, stderr: [] };
    expect(await said(words)).toEqual(version);
  });

  test("--help tells every option with its default, and the commands of people only", async () => {
    const { code, stdout } = await said(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toStartWith("Usage: cacheproxy [options] [PORT]\n");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("--port <PORT> listen on this port (default: 8888)");
    for (const command of ["serve", "purge", "stats", "verify"])
      expect(stdout).toContain(`\n  ${command} [options]`);
    expect(stdout).toContain("\n  config check [FILE] ");
    expect(stdout).not.toContain("worker [");
  });

  test("the help of a command has that command's options only", async () => {
    const { code, stdout } = await said(["purge", "-h"]);
    expect(code).toBe(0);
    expect(stdout).toStartWith("Usage: cacheproxy purge [options] [URL...]\n");
    expect(stdout).toContain("--group <NAME>");
    expect(stdout).not.toContain("--origin");
  });
});

describe("a wrong use is one line and exit code 2", () => {
  test.each<[words: string[], line: string | RegExp]>([
    [["--prot", "1"], "unknown option '--prot' (Did you mean --port?)"],
    [["--hullabaloo"], "unknown option '--hullabaloo'; see cacheproxy --help"],
    [["--purge-tokn=a-secret-of-many-letters"], /^unknown option '--purge-tokn'(?!.*secret)/],
    [["--port"], "option '--port <PORT>' argument missing"],
    [["8001", "8002"], /^too many arguments/],
    [["8001", "--port", "8002"], "PORT 8001 and --port 8002 differ; there should be one of them"],
    [["srve"], /^"srve" is neither a command nor a port; there should be a PORT/],
    [["0"], 'PORT "0" should be a port from 1 to 65535'],
    [["serve", "99999"], 'PORT "99999" should be a port from 1 to 65535'],
    [["--port="], '--port "" should be a port from 1 to 65535'],
    [["--grace", "-5s"], /^--grace "-5s" should be a time with its unit/],
    [["--config", "/none.toml"], /^--config "\/none.toml" cannot be read \(ENOENT\)/],
    [["purge"], /^purge needs to know what to remove/],
    [["purge", "/a", "--all"], /^purge needs to know what to remove/],
    [["purge", "--prefix"], /^purge needs to know what to remove/],
    [["purge", "/a", "--tag", "b"], /^purge needs to know what to remove/],
    [["purge", "/a", "--prefix", "--glob"], /^purge needs to know what to remove/],
    [["purge", "--soft"], /^purge needs to know what to remove/],
    [["purges", "--limit", "0"], '--limit "0" should be a number from 1 to 1000'],
    [["list", "u:secret@a"], /^URL "(?!.*secret).*should be a whole URL such as/],
    [["log", "--explain", "1-1", "--follow"], /^--explain opens one request; there should be no --where/],
    [["purge", "a"], 'URL "a" should be a path such as /a, or a whole URL'],
    [["purge", "--prefix", "img/"], 'URL "img/" should be a path such as /a, or a whole URL'],
    [["purge", "--preserve-host", "/a"], /^unknown option '--preserve-host'/],
    [["purge", "--port", "1"], /^unknown option '--port'/],
    [["stats", "now"], /^too many arguments/],
    [["config"], "config is no action; there should be config check, config print or config schema"],
    [["config", "chekc"], "chekc is no action; there should be config check, config print or config schema"],
    [
      ["config", "check", "a.toml", "--config", "b.toml"],
      "FILE and --config both name a file; there should be one of them",
    ],
    [["config", "print", "a.yaml"], 'FILE "a.yaml" should be a file whose name ends in .toml or .json'],
    [["config", "schema", "a.toml"], "config schema is the same for every file; there should be no FILE"],
  ])("%p", async (words, line) => {
    const { code, stdout, stderr } = await said(words);
    expect([code, stdout, stderr.length]).toEqual([2, "", 1]);
    if (typeof line === "string") expect(stderr[0]).toBe(line);
    else expect(stderr[0]).toMatch(line);
    expect(stderr[0]).not.toContain("\n");
  });

  test("a variable counts as a flag does", async () => {
    const { code, stderr } = await said([], { CACHEPROXY_PORT: "http" });
    expect([code, stderr]).toEqual([2, ['CACHEPROXY_PORT "http" should be a port from 1 to 65535']]);
  });
});

describe("before anything is started", () => {
  async function settings(over: Partial<Settings>): Promise<Settings> {
    const loaded = await loadSettings({
      flags: {},
      environment: {},
      machine: { platform: "linux", cores: 1, terminal: false },
      readFile: noFile,
    });
    const port = await freePort();
    const cacheDir = join(await folder(), "cache");
    return { ...loaded.settings, listen: [at(port)], cacheDir, ...over };
  }

  function at(port: number, host = "127.0.0.1"): ListenAddress {
    return { kind: "tcp", scheme: "http", host, port };
  }

  function check(settings: Settings): Promise<void> {
    return preflight(settings, { sites: [siteOfFlags(settings, [])], top: {} });
  }

  async function complaint(over: Partial<Settings>): Promise<string> {
    const error = await check(await settings(over)).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(error instanceof UsageError)) throw new Error("not refused", { cause: error });
    return error.message;
  }

  test("nothing wrong is nothing said, and nothing is touched", async () => {
    const good = await settings({});
    await check(good);
    expect(existsSync(good.cacheDir)).toBe(false);
  });

  test("an admin listener on the port of the cache", async () => {
    const port = await freePort();
    const admin = `127.0.0.1:${port}`;
    const line = `--admin ${admin} is the port of the cache; it should be another`;
    expect(await complaint({ listen: [at(port + 1), at(port)], admin })).toBe(line);
  });

  test.each(["http://127.0.0.1", "http://localhost"])(
    "an origin that is the proxy itself: %s",
    async (address) => {
      const port = await freePort();
      const listen = [at(port + 1), at(port, "0.0.0.0")];
      const message = await complaint({ listen, origin: `${address}:${port}` });
      expect(message).toContain("is where cacheproxy itself would listen");
    },
  );

  test("an origin that is the proxy itself is named without its credentials", async () => {
    const port = await freePort();
    const origin = `http://me:s3cret@127.0.0.1:${port}/app`;
    const message = await complaint({ listen: [at(port)], origin });
    expect(message).toStartWith(`--origin http://127.0.0.1:${port}/app is where cacheproxy itself`);
  });

  test("an origin that is one of the proxy's own sockets, or whose path is too long", async () => {
    const { cacheDir } = await settings({});
    expect(await complaint({ cacheDir, origin: `unix:${cacheDir}/admin.sock` })).toBe(
      `--origin unix:${cacheDir}/admin.sock lies in the folder of the cache, whose sockets are cacheproxy's own`,
    );
    const path = "/run/cache.sock";
    expect(await complaint({ listen: [{ kind: "unix", path }], origin: `unix:${path}` })).toBe(
      `--origin unix:${path} is where cacheproxy itself would listen; it should be another path`,
    );
    const [longest, longer] = [107, 108].map((length) => `unix:/${"x".repeat(length - 1)}`);
    await check(await settings({ origin: longest ?? "" }));
    expect(await complaint({ origin: longer ?? "" })).toContain("is longer than a socket's path may be");
  });

  test("a socket to listen at that is one of the proxy's own, or whose path leaves no room for its first name", async () => {
    const { cacheDir } = await settings({});
    const path = `${cacheDir}/mine.sock`;
    expect(await complaint({ cacheDir, listen: [{ kind: "unix", path }] })).toBe(
      `--listen unix:${path} lies in the folder of the cache, whose sockets are cacheproxy's own`,
    );
    const [longest = "", longer = ""] = [98, 99].map((length) => `/${"x".repeat(length - 1)}`);
    await check(await settings({ listen: [{ kind: "unix", path: longest }] }));
    expect(await complaint({ listen: [{ kind: "unix", path: longer }] })).toContain(
      "is longer than a socket's path may be; it should have 98 bytes at the most",
    );
  });

  test("an origin of any site that is the proxy itself", async () => {
    const good = await settings({});
    const port = await freePort();
    const [first] = [siteOfFlags(good, [])];
    const sites = [first, { ...first, name: "shop", origins: [good.origin, `http://127.0.0.1:${port}`] }];
    await expect(preflight({ ...good, listen: [at(port)] }, { sites, top: {} })).rejects.toThrow(
      new UsageError(
        `site "shop": origin http://127.0.0.1:${port} is where cacheproxy itself would listen; it should be another port`,
      ),
    );
  });
});

describe("talking to a running cacheproxy", () => {
  /** A supervisor's door, of which only the answers matter. */
  async function door(answer: (request: Request) => Response | Promise<Response>): Promise<string> {
    const cacheDir = await folder();
    const server = Bun.serve({ unix: join(cacheDir, "admin.sock"), fetch: answer });
    leftovers.push(() => server.stop(true));
    return cacheDir;
  }

  test.each<[words: string[], requests: object[]]>([
    [["/a?b=c"], [{ path: "/a?b=c" }]],
    [["//a"], [{ path: "//a" }]],
    [
      ["/a", "http://cache.test/b"],
      [{ path: "/a" }, { url: "http://cache.test/b" }],
    ],
    [
      ["--prefix", "/img/", "https://cache.test/img/"],
      [{ prefix: "/img/" }, { prefix: "https://cache.test/img/" }],
    ],
    [["--group", "news"], [{ group: "news" }]],
    [["--all"], [{ all: true }]],
    [["--all", "--site", "shop"], [{ all: true, site: "shop" }]],
    [["--site", "shop"], [{ site: "shop" }]],
    [["--glob", "/img/*.png"], [{ glob: "/img/*.png" }]],
    [["--host", "a.test"], [{ host: "a.test" }]],
    [["--tag", "a", "--tag", "b"], [{ tags: ["a", "b"] }]],
    [["--soft", "--all"], [{ all: true, soft: true }]],
    [["/a", "--dry-run"], [{ path: "/a", dryRun: true }]],
    [
      ["/a", "/b", "--site", "shop"],
      [
        { path: "/a", site: "shop" },
        { path: "/b", site: "shop" },
      ],
    ],
  ])("purge %p asks the running proxy what its keys are", async (words, requests) => {
    const asked: unknown[] = [];
    const cacheDir = await door(async (request) => {
      asked.push(await request.json());
      return Response.json({ ...answered, purged: 2, complete: 2 });
    });
    const removed = { code: 0, stdout: `removed ${2 * requests.length}\n`, stderr: [] };
    expect(await said(["purge", "--cache-dir", cacheDir, ...words])).toEqual(removed);
    expect(asked).toEqual(requests);
  });

  test.each([
    [["/a"], 0, 3],
    [["/a", "/b"], 0, 3],
    [["/a", "/there"], 2, 0],
  ])(
    "purge %p tells what there was nothing of; the exit code is 3 when there was nothing at all",
    async (urls, total, code) => {
      const cacheDir = await door(async (request) => {
        const { path } = (await request.json()) as { path: string };
        return Response.json({
          ...answered,
          purged: path === "/there" ? 2 : 0,
          complete: path === "/there" ? 2 : 0,
          lookedFor: `${path} of every host`,
        });
      });
      const missing = urls.filter((url) => url !== "/there");
      expect(await said(["purge", "--cache-dir", cacheDir, ...urls])).toEqual({
        code,
        stdout: `removed ${total}\n`,
        stderr: missing.map((url) => `nothing was stored of what was looked for: ${url} of every host`),
      });
    },
  );

  test("stats --json prints the answer as it is", async () => {
    const cacheDir = await door(({ url }) => Response.json({ path: new URL(url).pathname }));
    const { code, stdout } = await said(["stats", "--json", "--cache-dir", cacheDir]);
    expect([code, JSON.parse(stdout)]).toEqual([0, { path: "/stats" }]);
  });

  test.each<[string, () => Response, string]>([
    ["a refusal", () => Response.json({ error: "not now" }, { status: 503 }), "not now"],
    [
      "something else",
      () => new Response("?", { status: 404 }),
      "/stats was answered with 404 and nothing of use",
    ],
    ["no JSON", () => new Response("?"), "/stats was answered with 200 and nothing of use"],
  ])("%s is told in one line, exit code 1", async (_, answer, line) => {
    const cacheDir = await door(answer);
    expect(await said(["stats", "--cache-dir", cacheDir])).toEqual({ code: 1, stdout: "", stderr: [line] });
  });

  test("nobody there", async () => {
    const cacheDir = await folder();
    const line = `no cacheproxy of yours is running with the cache directory ${JSON.stringify(cacheDir)}; --cache-dir names another`;
    expect(await said(["stats"], { CACHEPROXY_CACHE_DIR: cacheDir })).toEqual({
      code: 1,
      stdout: "",
      stderr: [line],
    });
  });
});
