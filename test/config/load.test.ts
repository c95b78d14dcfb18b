import { describe, expect, test } from "bun:test";
import { loadSettings, type Sources } from "../../src/config/load.ts";
import type { WrittenSettings } from "../../src/config/written-settings.ts";
import type { Machine } from "../../src/config/option.ts";
import { optionNames as names, options } from "../../src/config/options.ts";
import type { Settings } from "../../src/config/schema.ts";
import { UsageError } from "../../src/config/usage-error.ts";

const linux: Machine = { platform: "linux", cores: 6, terminal: true };

/** Flags by their names, without the dashes. */
function flags(written: Record<string, string>): WrittenSettings {
  return Object.fromEntries(
    Object.entries(written).map(([flag, text]) => {
      const name = names.find((each) => options[each].name === flag);
      return [name, { where: `--${flag}`, text }];
    }),
  );
}

function load(sources: Partial<Sources> & { files?: Record<string, string> } = {}) {
  const { files = {}, ...given } = sources;
  const readFile = async (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return text;
  };
  return loadSettings({ flags: {}, environment: {}, machine: linux, readFile, ...given });
}

async function settingsOf(written: Record<string, string>): Promise<Settings> {
  return (await load({ flags: flags(written) })).settings;
}

async function messageOf(loaded: Promise<unknown>): Promise<string> {
  const error = await loaded.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof UsageError)) throw new Error("not refused", { cause: error });
  return error.message;
}

describe("defaults", () => {
  test("nothing given is the article's proxy", async () => {
    const { settings, notices } = await load();
    expect(notices).toEqual([]);
    expect(settings).toEqual({
      listen: [{ kind: "tcp", scheme: "http", host: "0.0.0.0", port: 8888, isShort: true }],
      port: 8888,
      host: "0.0.0.0",
      trust: [],
      offline: false,
      watch: false,
      certificates: [],
      heuristic: true,
      foldEncodings: true,
      origin: "http://127.0.0.1:8000",
      http3: false,
      workers: 6,
      grace: 30_000,
      takeover: 30_000,
      originTimeout: 30_000,
      collapseWait: 1_000,
      originIdleTimeout: 60_000,
      websocketIdle: 600_000,
      preserveHost: false,
      underscoreFields: "drop",
      targeted: ["cdn-cache-control"],
      clientCacheControl: "honour",
      ignoreCookies: ["default"],
      strictSMaxage: false,
      storeUnframed: false,
      shareSetCookie: false,
      memory: 268_435_456,
      cacheDir: "./cache",
      disk: 10_737_418_240,
      maxFiles: 1_000_000,
      maxObject: 1_073_741_824,
      rangeFill: 1_048_576,
      onAbort: "finish",
      maxVariants: 32,
      cacheStatusKey: false,
      purgeFrom: [],
      keepTags: false,
      log: "pretty",
      logSample: 1,
      logLevel: "info",
      adminOpen: ["healthz", "readyz"],
    });
  });

  test("the log is JSON where no terminal is", async () => {
    expect((await load({ machine: { ...linux, terminal: false } })).settings.log).toBe("json");
  });

  test("elsewhere than on Linux one worker serves, and asking for more gets a notice", async () => {
    const machine: Machine = { ...linux, platform: "darwin" };
    expect(await load({ machine })).toMatchObject({ settings: { workers: 1 }, notices: [] });
    const several = await load({ machine, flags: flags({ workers: "4" }) });
    expect(several.settings.workers).toBe(1);
    expect(several.notices).toEqual([expect.stringContaining("--workers 4")]);
  });
});

describe("precedence", () => {
  const files = { "c.toml": 'port = 1001\nworkers = 1\ngrace = "1s"\n' };
  const environment = { CACHEPROXY_CONFIG: "c.toml", CACHEPROXY_PORT: "1002", CACHEPROXY_WORKERS: "2" };

  test("a flag goes before a variable, a variable before the file, the file before the default", async () => {
    const { settings } = await load({ files, environment, flags: flags({ port: "1003" }) });
    expect(settings).toMatchObject({
      port: 1003,
      workers: 2,
      grace: 1000,
      log: "pretty",
      logSample: 1,
      logLevel: "info",
      configFile: "c.toml",
    });
  });

  test("--config goes before CACHEPROXY_CONFIG", async () => {
    const { settings } = await load({
      files: { ...files, "d.json": '{"grace":"2s"}' },
      environment,
      flags: flags({ config: "d.json" }),
    });
    expect(settings).toMatchObject({ grace: 2000, port: 1002, configFile: "d.json" });
  });

  test("an empty variable is none", async () => {
    expect((await load({ environment: { CACHEPROXY_PORT: "" } })).settings.port).toBe(8888);
  });

  test("a variable that is nearly one of ours gets a notice, any other nothing", async () => {
    const { notices } = await load({
      environment: { CACHEPROXY_PROT: "1", CACHEPROXY_SERVICE_HOST: "10.0.0.1" },
    });
    expect(notices).toEqual(["CACHEPROXY_PROT is not read; did you mean CACHEPROXY_PORT?"]);
  });
});

describe("values as people write them", () => {
  test.each<[flag: string, text: string, setting: keyof Settings, value: Settings[keyof Settings]]>([
    ["port", "1", "port", 1],
    ["port", "65535", "port", 65_535],
    ["host", "127.0.0.1", "host", "127.0.0.1"],
    ["host", "[::1]", "host", "::1"],
    ["host", "::", "host", "::"],
    ["host", "localhost", "host", "localhost"],
    ["origin", "http://example.com/", "origin", "http://example.com"],
    ["origin", "https://EXAMPLE.com:443", "origin", "https://example.com"],
    ["origin", "http://[::1]:8000", "origin", "http://[::1]:8000"],
    ["origin", "http://example.com/app/", "origin", "http://example.com/app"],
    ["origin", "https://me:secret@example.com/app", "origin", "https://me:secret@example.com/app"],
    ["origin", "unix:///run/app.sock", "origin", "unix:/run/app.sock"],
    ["workers", "3", "workers", 3],
    ["grace", "0s", "grace", 0],
    ["grace", "1.5h", "grace", 5_400_000],
    ["origin-timeout", "500ms", "originTimeout", 500],
    ["origin-timeout", "2 m", "originTimeout", 120_000],
    ["default-ttl", "1y", "defaultTtl", 31_557_600_000],
    ["default-ttl", "off", "defaultTtl", undefined],
    ["stale-while-revalidate", "30s", "staleWhileRevalidate", 30_000],
    ["stale-if-error", "1d", "staleIfError", 86_400_000],
    ["stale-if-error", "off", "staleIfError", undefined],
    ["client-cache-control", "ignore", "clientCacheControl", "ignore"],
    ["max-files", "100", "maxFiles", 100],
    ["max-object", "5GB", "maxObject", 5_368_709_120],
    ["range-fill", "64KB", "rangeFill", 65_536],
    ["range-fill", "off", "rangeFill", undefined],
    ["on-abort", "drop", "onAbort", "drop"],
    ["max-variants", "1", "maxVariants", 1],
    ["cache-status-key", "true", "cacheStatusKey", true],
    ["keep-tags", "true", "keepTags", true],
    ["websocket-idle", "1h", "websocketIdle", 3_600_000],
    ["websocket-idle", "off", "websocketIdle", undefined],
    ["purge-path", "off", "purgePath", undefined],
    ["targeted", "off", "targeted", undefined],
    ["memory", "512MB", "memory", 536_870_912],
    ["memory", "1.5gb", "memory", 1_610_612_736],
    ["disk", "2 TB", "disk", 2_199_023_255_552],
    ["disk", "1048576B", "disk", 1_048_576],
    ["index", "index.html", "index", "index.html"],
    ["index", "/sub/start.html", "index", "sub/start.html"],
    ["index", "off", "index", undefined],
    ["preserve-host", "true", "preserveHost", true],
    ["preserve-host", "false", "preserveHost", false],
    ["store-unframed", "true", "storeUnframed", true],
    ["error-cap", "0s", "errorCap", 0],
    ["error-cap", "1m", "errorCap", 60_000],
    ["error-cap", "off", "errorCap", "off"],
    ["ignore-cookies", "off", "ignoreCookies", undefined],
    ["strict-s-maxage", "true", "strictSMaxage", true],
    ["share-set-cookie", "true", "shareSetCookie", true],
    ["cache-dir", "/var/cache/a b", "cacheDir", "/var/cache/a b"],
    ["log", "off", "log", "off"],
    ["admin", "off", "admin", undefined],
    ["admin", "9090", "admin", "127.0.0.1:9090"],
    ["admin", ":9090", "admin", "127.0.0.1:9090"],
    ["admin", "0.0.0.0:9090", "admin", "0.0.0.0:9090"],
    ["admin", "[::1]:9090", "admin", "[::1]:9090"],
    ["admin-open", "metrics, healthz", "adminOpen", ["metrics", "healthz"]],
    ["admin-open", "off", "adminOpen", []],
  ])("--%s %p", async (flag, text, setting, value) => {
    expect((await settingsOf({ [flag]: text }))[setting]).toEqual(value);
  });

  test("names of cookies are named without repetition, with * and ?", async () => {
    const { ignoreCookies } = await settingsOf({ "ignore-cookies": "default, banner_*,b?,default" });
    expect(ignoreCookies).toEqual(["default", "banner_*", "b?"]);
  });

  test("fields to obey are named in order, without repetition", async () => {
    const { targeted } = await settingsOf({
      targeted: "Example-Cache-Control, Surrogate-Control,example-cache-control",
    });
    expect(targeted).toEqual(["example-cache-control", "surrogate-control"]);
  });

  test.each<[flag: string, text: string]>([
    ["port", "0"],
    ["port", "65536"],
    ["port", "80a"],
    ["port", "-1"],
    ["port", "8e3"],
    ["host", "http://127.0.0.1"],
    ["host", "127.0.0.1:80"],
    ["host", "[1.2.3.4]"],
    ["workers", "0"],
    ["workers", "257"],
    ["workers", "1.5"],
    ["grace", "30"],
    ["grace", "-30s"],
    ["grace", "2d"],
    ["grace", "soon"],
    ["origin-timeout", "0s"],
    ["origin-timeout", "30 seconds ago"],
    ["default-ttl", "500ms"],
    ["default-ttl", "11y"],
    ["stale-while-revalidate", "0s"],
    ["stale-if-error", "60"],
    ["error-cap", "60"],
    ["error-cap", "11y"],
    ["ignore-cookies", ""],
    ["ignore-cookies", "a b"],
    ["ignore-cookies", "a,,b"],
    ["ignore-cookies", "a=b"],
    ["targeted", ""],
    ["targeted", "CDN-Cache-Control,"],
    ["targeted", "CDN Cache-Control"],
    ["targeted", "Cache-Control"],
    ["targeted", "Set-Cookie"],
    ["client-cache-control", "obey"],
    ["max-files", "99"],
    ["max-object", "1KB"],
    ["max-object", "1"],
    ["range-fill", "0B"],
    ["range-fill", "64"],
    ["on-abort", "wait"],
    ["max-variants", "0"],
    ["max-variants", "1001"],
    ["cache-status-key", "yes"],
    ["websocket-idle", "0s"],
    ["websocket-idle", "2d"],
    ["purge-from", "cloudflare"],
    ["purge-from", "everybody"],
    ["purge-from", "10.0.0.0/33"],
    ["purge-from", ""],
    ["purge-path", "purge"],
    ["purge-path", "/"],
    ["purge-path", "/purge/"],
    ["purge-path", "//purge"],
    ["purge-path", "/purge?a"],
    ["purge-path", "/purge all"],
    ["keep-tags", "yes"],
    ["memory", "512"],
    ["memory", "512MiBs"],
    ["memory", "1KB"],
    ["disk", "9999999TB"],
    ["disk", "-1MB"],
    ["index", "/"],
    ["index", "a?b"],
    ["index", "../index.html"],
    ["index", "sub/../index.html"],
    ["preserve-host", "maybe"],
    ["log", "xml"],
    ["admin", "localhost"],
    ["admin", "::1:9090"],
    ["admin", "127.0.0.1:0"],
    ["admin", "127.0.0.1:70000"],
    ["admin-open", "stats"],
    ["admin-open", "metrics,off"],
    ["cache-dir", ""],
    ["config", "cache.yaml"],
  ])("--%s %p is refused in a line that names both and says what is right", async (flag, text) => {
    const message = await messageOf(load({ flags: flags({ [flag]: text }) }));
    expect(message).toStartWith(`--${flag} ${JSON.stringify(text)} should be `);
    expect(message).not.toContain("\n");
  });

  test.each<[text: string, right: string]>([
    ["ftp://example.com", "http://example.com"],
    ["example.com", "http://example.com"],
    ["localhost:8000", "http://localhost:8000"],
    ["http://example.com/path?q", "http://example.com"],
    ["http://example.com/?q", "http://example.com"],
    ["http://example.com?", "http://example.com"],
    ["https://example.com/#top", "https://example.com"],
    ["unix:app.sock", "http://127.0.0.1:8000"],
    ["http:///", "http://127.0.0.1:8000"],
    ["http://exa mple", "http://127.0.0.1:8000"],
    ["", "http://127.0.0.1:8000"],
  ])("--origin %p is refused and %p proposed", async (text, right) => {
    const message = await messageOf(load({ flags: flags({ origin: text }) }));
    expect(message).toStartWith(`--origin ${JSON.stringify(text)} should be http:// or https://`);
    expect(message).toEndWith(`, such as ${right}, or unix:/run/app.sock`);
  });

  test("credentials in what should be an origin are not shown", async () => {
    const message = await messageOf(load({ flags: flags({ origin: "http://me:s3cret@example.com?" }) }));
    expect(message).toStartWith('--origin "http://***@example.com?" should be');
    expect(message).not.toMatch(/me:|s3cret/);
  });

  test("a value of many lines or of great length is shown on one short line", async () => {
    const message = await messageOf(load({ flags: flags({ port: `8\n\u001b[31m${"9".repeat(5000)}` }) }));
    expect(message).toMatch(/^[ -~…]{1,200}$/);
  });

  test("a variable is named by its name", async () => {
    const message = await messageOf(load({ environment: { CACHEPROXY_ORIGIN_TIMEOUT: "30" } }));
    expect(message).toStartWith('CACHEPROXY_ORIGIN_TIMEOUT "30" should be a time with its unit');
  });
});

describe("the file", () => {
  const everything = {
    listen: ["https://127.0.0.1:8001", "unix:/run/cache.sock"],
    trust: ["10.0.0.0/8", "loopback"],
    offline: true,
    watch: true,
    preset: "static",
    "max-lifetime": "1h",
    heuristic: false,
    "fold-encodings": false,
    origin: "http://127.0.0.1:9000",
    "origin-ca": "authority.pem",
    "tls-cert": "cert.pem",
    "tls-key": "key.pem",
    http3: true,
    workers: 1,
    grace: "1s",
    takeover: "3s",
    "origin-timeout": "2s",
    "collapse-wait": "3s",
    "origin-idle-timeout": "3s",
    "preserve-host": true,
    "underscore-fields": "keep",
    index: "index.html",
    "default-ttl": "1h",
    "stale-while-revalidate": "1m",
    "stale-if-error": "2m",
    targeted: "off",
    "client-cache-control": "ignore",
    "error-cap": "3m",
    "ignore-cookies": "off",
    "strict-s-maxage": true,
    "store-unframed": true,
    "share-set-cookie": true,
    "max-files": 5000,
    "max-object": "2MB",
    "range-fill": "3KB",
    "on-abort": "drop",
    "max-variants": 8,
    "cache-status-key": true,
    "purge-from": "10.0.0.7,private",
    "purge-token": "sixteen-letters-and-more",
    "purge-path": "/purge",
    "keep-tags": true,
    "websocket-idle": "4s",
    memory: "8MB",
    "cache-dir": "/tmp/c",
    disk: "9MB",
    log: "json",
    "log-file": "/tmp/access.log",
    "log-sample": "1/100",
    "log-level": "warn",
    admin: "9090",
    "admin-token": "sixteen-letters-of-another",
    "admin-open": "metrics",
  };

  test.each([
    ["c.json", JSON.stringify(everything)],
    [
      "c.TOML",
      Object.entries(everything)
        .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
        .join("\n"),
    ],
  ])("%s may hold every option", async (path, text) => {
    const { settings } = await load({ files: { [path]: text }, flags: flags({ config: path }) });
    expect(Object.keys(everything).sort()).toEqual(
      names
        .filter((name) => !["configFile", "port", "host"].includes(name))
        .map((name) => options[name].name)
        .sort(),
    );
    expect(settings).toEqual({
      configFile: path,
      listen: [
        { kind: "tcp", scheme: "https", host: "127.0.0.1", port: 8001 },
        { kind: "unix", path: "/run/cache.sock" },
      ],
      port: 8001,
      host: "127.0.0.1",
      trust: ["10.0.0.0/8", "127.0.0.0/8", "::1/128"],
      offline: true,
      watch: true,
      preset: ["static"],
      certificates: [{ cert: "cert.pem", key: "key.pem" }],
      maxLifetime: 3_600_000,
      heuristic: false,
      foldEncodings: false,
      origin: "http://127.0.0.1:9000",
      originCa: "authority.pem",
      tlsCert: "cert.pem",
      tlsKey: "key.pem",
      http3: true,
      workers: 1,
      grace: 1000,
      takeover: 3000,
      originTimeout: 2000,
      collapseWait: 3000,
      originIdleTimeout: 3000,
      preserveHost: true,
      underscoreFields: "keep",
      index: "index.html",
      defaultTtl: 3_600_000,
      staleWhileRevalidate: 60_000,
      staleIfError: 120_000,
      clientCacheControl: "ignore",
      errorCap: 180_000,
      strictSMaxage: true,
      storeUnframed: true,
      shareSetCookie: true,
      maxFiles: 5000,
      maxObject: 2_097_152,
      rangeFill: 3072,
      onAbort: "drop",
      maxVariants: 8,
      cacheStatusKey: true,
      purgeFrom: ["10.0.0.7", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
      purgeToken: "sixteen-letters-and-more",
      purgePath: "/purge",
      keepTags: true,
      websocketIdle: 4000,
      memory: 8_388_608,
      cacheDir: "/tmp/c",
      disk: 9_437_184,
      log: "json",
      logFile: "/tmp/access.log",
      logSample: 100,
      logLevel: "warn",
      admin: "127.0.0.1:9090",
      adminToken: "sixteen-letters-of-another",
      adminOpen: ["metrics"],
    });
  });

  test.each([
    ["c.toml", "prot = 1", 'c.toml:1:1: "prot" is not known in the top of the file; did you mean port?'],
    [
      "c.toml",
      'originTimeout = "1s"',
      'c.toml:1:1: "originTimeout" is not known in the top of the file; did you mean origin-timeout?',
    ],
    [
      "c.toml",
      'cache_dir = "x"',
      'c.toml:1:1: "cache_dir" is not known in the top of the file; did you mean cache-dir?',
    ],
    ["c.toml", 'config = "x.toml"', 'c.toml:1:1: "config" is not known in the top of the file; '],
    [
      "c.toml",
      "hullabaloo = 1",
      'c.toml:1:1: "hullabaloo" is not known in the top of the file; there may be port, host, listen',
    ],
    [
      "c.toml",
      'lifetime = "1d"',
      'c.toml:1:1: "lifetime" is not known in the top of the file; it should stand in a [[site]] or a [[site.rule]]',
    ],
    [
      "c.toml",
      'hosts = "a"',
      'c.toml:1:1: "hosts" is not known in the top of the file; it should stand in a [[site]]',
    ],
    ["c.toml", "port = 0", "c.toml:1:8: port 0 should be a port from 1 to 65535"],
    ["c.toml", 'log = "off"\ngrace = 30', "c.toml:2:9: grace 30 should be a time with its unit"],
    ["c.toml", 'preserve-host = "yes"', 'c.toml:1:17: preserve-host "yes" should be true or false'],
    ["c.toml", "port = [1]", "c.toml:1:8: port [1] should be a port"],
    ["c.toml", "port = ", "c.toml:1:8: is not TOML: "],
    ["c.toml", "port = 1\nport = 2", "c.toml:2:1: is not TOML: "],
    ["c.json", '{"port": null}', "c.json:1:10: port null should be a port"],
    ["c.json", "{port: 1}", "c.json:1:2: is not JSON: "],
    [
      "c.json",
      '{"log": "off",\n "log": "json"}',
      'c.json:2:2: "log" is there twice; it should be there once',
    ],
    ["c.json", "[1]", "c.json:1:1: should be one JSON object"],
  ])("%s with %p is refused, with the place", async (path, text, beginning) => {
    const message = await messageOf(load({ files: { [path]: text }, flags: flags({ config: path }) }));
    expect(message).toStartWith(beginning);
  });

  test("everything that is wrong is told, in the order of the file, then what flags and variables have", async () => {
    const text =
      'port = 0\nprot = 1\n[[certificate]]\ncert = 5\n[[site]]\nname = "a"\n[[site.rule]]\nlifetim = "1d"\n';
    const message = await messageOf(
      load({
        files: { "c.toml": text },
        flags: flags({ config: "c.toml", grace: "1" }),
        environment: { CACHEPROXY_DISK: "1" },
      }),
    );
    expect(message.split("\n").map((line) => line.replace(/ .*/, ""))).toEqual([
      "c.toml:1:8:",
      "c.toml:2:1:",
      "c.toml:3:3:",
      "c.toml:4:8:",
      "c.toml:8:1:",
      "--grace",
      "CACHEPROXY_DISK",
    ]);
  });

  test("cacheproxy.toml of the working folder is read where no file is named, and a notice says so", async () => {
    const files = { "cacheproxy.toml": "port = 1001", "c.toml": "port = 1002" };
    const usual = await load({ files });
    expect(usual.settings).toMatchObject({ port: 1001, configFile: "cacheproxy.toml" });
    expect(usual.notices).toEqual(["cacheproxy.toml in this folder is read"]);
    const named = await load({ files, flags: flags({ config: "c.toml" }) });
    expect([named.settings.port, named.notices]).toEqual([1002, []]);
  });

  test("a file that is not there is named", async () => {
    const message = await messageOf(load({ flags: flags({ config: "none.toml" }) }));
    expect(message).toBe('--config "none.toml" cannot be read (ENOENT); it should be a file you may read');
    const ofVariable = await messageOf(load({ environment: { CACHEPROXY_CONFIG: "none.toml" } }));
    expect(ofVariable).toStartWith('CACHEPROXY_CONFIG "none.toml" cannot be read (ENOENT)');
  });
});
