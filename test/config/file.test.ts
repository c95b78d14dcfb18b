import { describe, expect, test } from "bun:test";
import { loadSettings, type Loaded } from "../../src/config/load.ts";
import { planSchema } from "../../src/config/plan-schema.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import type { RuleSettings } from "../../src/sites/plan.ts";

/** A site named a, and what else is said. */
const site = '[[site]]\nname = "a"\norigins = "http://10.0.0.1:8080"\n';

function load(text: string, flags: Record<string, string> = {}, name = "c.toml"): Promise<Loaded> {
  return loadSettings({
    flags: Object.fromEntries(
      Object.entries({ configFile: name, ...flags }).map(([key, value]) => [
        key,
        { where: `--${key}`, text: value },
      ]),
    ),
    environment: {},
    machine: { platform: "linux", cores: 1, terminal: false },
    readFile: async () => text,
  });
}

async function linesFor(text: string, name?: string): Promise<readonly string[]> {
  try {
    await load(text, {}, name);
  } catch (error) {
    if (error instanceof UsageError) return error.lines;
    throw error;
  }
  throw new Error("not refused");
}

async function sitesOf(text: string, flags?: Record<string, string>) {
  return (await load(text, flags)).plan.sites;
}

describe("without sites in the file", () => {
  test("there is the one site of the flags, which is for every host", async () => {
    const { plan } = await load('origin = "http://10.0.0.1"\nindex = "a.html"\npreset = "static"', {
      preserveHost: "true",
    });
    expect(plan.sites).toMatchObject([
      {
        name: "",
        hosts: [],
        origins: ["http://10.0.0.1"],
        balance: "round-robin",
        preserveHost: true,
        index: "a.html",
      },
    ]);
    expect(plan.sites[0]?.presetRules.map(({ name }) => name)).toEqual([
      "static-hashed",
      "static-asset",
      "static-page",
      "static-all",
    ]);
  });

  test("what the top says of rules is the plan's top", async () => {
    const { plan } = await load(
      'default-ttl = "1m"\nmax-lifetime = "1d"\nheuristic = false\nstale-if-error = "1h"\nerror-cap = "1s"',
    );
    expect(plan.top).toEqual({
      clientCacheControl: "honour",
      foldEncodings: true,
      heuristic: false,
      defaultLifetime: 60_000,
      maxLifetime: 86_400_000,
      staleIfError: 3_600_000,
      staleWhileRevalidate: undefined,
    });
  });
});

describe("a site", () => {
  test("says what it is", async () => {
    const [plan] = await sitesOf(`[[site]]
name = "shop"
hosts = ["Shop.example", "*.shop.example", "Übel.example", "[::1]"]
origins = ["http://10.0.0.1:8080/", "https://10.0.0.2"]
origin-ca = "authority.pem"
balance = "path"
health = "/healthz"
max-outage = "24h"
preset = ["static"]
preserve-host = true
index = "/start.html"
store = false
`);
    expect(plan).toMatchObject({
      name: "shop",
      hosts: ["shop.example", "*.shop.example", "xn--bel-goa.example", "[::1]"],
      origins: ["http://10.0.0.1:8080", "https://10.0.0.2"],
      originCa: "authority.pem",
      balance: "path",
      health: "/healthz",
      maxOutage: 86_400_000,
      preserveHost: true,
      index: "start.html",
      settings: { store: false },
      rules: [],
    });
    expect(plan?.presetRules.length).toBeGreaterThan(0);
  });

  test("that does not say where it stands, what it sends and which presets it has takes it from flags and top", async () => {
    const text =
      'index = "i.html"\n[[site]]\nname = "a"\n[[site]]\nname = "b"\nhosts = "b"\norigins = "http://b"\npreserve-host = false\nindex = "b.html"';
    const [a, b] = await sitesOf(text, { origin: "http://10.0.0.9", preserveHost: "true", preset: "static" });
    expect(a).toMatchObject({ origins: ["http://10.0.0.9"], preserveHost: true, index: "i.html" });
    expect(b).toMatchObject({ origins: ["http://b"], preserveHost: false, index: "b.html" });
    expect([a?.presetRules.length, b?.presetRules.length]).toEqual([4, 4]);
  });

  test("has origins of its own, or there is an origin that somebody has named", async () => {
    expect(await linesFor('[[site]]\nname = "a"')).toEqual([
      "c.toml:1:3: site a has no origins; it should have one or more",
    ]);
  });

  test("makes an origin of the flags useless, which a notice says", async () => {
    const { notices } = await load(site, { origin: "http://10.0.0.9" });
    expect(notices).toEqual(["--origin is of no use: each site of c.toml has origins of its own"]);
  });
});

describe("a rule", () => {
  async function ruleOf(lines: string) {
    return (await sitesOf(`${site}[[site.rule]]\n${lines}`))[0]?.rules[0];
  }

  test.each<[written: string, settings: RuleSettings]>([
    ["pass = true", { pass: true }],
    ["deny = 451", { deny: 451 }],
    ['redirect = "https"', { redirect: { to: "https" } }],
    ['redirect = { to = "/new" }', { redirect: { to: "/new", status: 302 } }],
    [
      'redirect = { to = "https://b.example/x", status = 308 }',
      { redirect: { to: "https://b.example/x", status: 308 } },
    ],
    ['cookies = "ignore"', { cookies: "ignore" }],
    ['cookies = ["lang", "cart"]', { cookies: ["lang", "cart"] }],
    ['query = { ignore = "a", sort = true }', { query: { ignore: ["a"], keep: undefined, sort: true } }],
    ['query = { keep = ["v"] }', { query: { ignore: undefined, keep: ["v"], sort: undefined } }],
    ['key-headers = "X-Device"', { keyHeaders: ["x-device"] }],
    ["ignore-case = true", { ignoreCase: true }],
    ['set-request = { X-Shop = " a " }', { setRequest: { "x-shop": "a" } }],
    ['remove-request = ["X-A", "Referer"]', { removeRequest: ["x-a", "referer"] }],
    ['client-cache-control = "ignore"', { clientCacheControl: "ignore" }],
    ["fold-encodings = false", { foldEncodings: false }],
    ['lifetime = "30d"\nforce = true', { lifetime: 2_592_000_000, force: true }],
    ['lifetime = "0s"', { lifetime: 0 }],
    ['default-lifetime = "off"', { defaultLifetime: "off" }],
    ['max-lifetime = "1h"', { maxLifetime: 3_600_000 }],
    ['error-lifetime = "5s"', { errorLifetime: 5000 }],
    ["heuristic = false", { heuristic: false }],
    [
      'stale-while-revalidate = "1m"\nstale-if-error = "off"',
      { staleWhileRevalidate: 60_000, staleIfError: "off" },
    ],
    ["store = false", { store: false }],
    ["remove-set-cookie = true", { removeSetCookie: true }],
    ['set-response = { X-Frame-Options = "DENY" }', { setResponse: { "x-frame-options": "DENY" } }],
    ['remove-response = "Server"', { removeResponse: ["server"] }],
  ])("with %p says so", async (written, settings) => {
    expect((await ruleOf(written))?.settings).toEqual(settings);
  });

  test("ignores what advertisements add where it says tracking", async () => {
    const names = (await ruleOf('query = { ignore = ["tracking", "session"] }'))?.settings.query?.ignore;
    expect(names).toEqual(
      expect.arrayContaining(["utm_*", "gclid", "fbclid", "msclkid", "mc_cid", "session"]),
    );
    expect(names).not.toContain("tracking");
  });

  test("asks for what its conditions say, a value standing for a list of one", async () => {
    const rule = await ruleOf(`pass = true
if = { path = "/a/**", query = ["q"], host = "*.A.example", method = "get", cookie = "s_*", client = ["10.0.0.1", "loopback"], header = { X-A = "a*", x-b = ["b", "c"] } }
unless = { path = "/b" }
`);
    expect(rule?.if).toEqual({
      path: ["/a/**"],
      query: ["q"],
      host: ["*.a.example"],
      method: ["GET"],
      cookie: ["s_*"],
      client: ["10.0.0.1", "127.0.0.0/8", "::1/128"],
      header: { "x-a": ["a*"], "x-b": ["b", "c"] },
    });
    expect(rule?.unless).toEqual({ path: ["/b"] });
    const response = await ruleOf(
      'store = false\nif = { status = [200, "4xx"], type = "text/*", header-out = { X-A = "a" } }',
    );
    expect(response?.if).toEqual({ status: ["200", "4xx"], type: ["text/*"], headerOut: { "x-a": ["a"] } });
  });

  test("is called by its own name, or by that of its site and its place", async () => {
    const [plan] = await sitesOf(
      `${site}[[site.rule]]\npass = true\n[[site.rule]]\nname = "x"\nstore = false\n[[site.rule]]\ndeny = 404`,
    );
    expect(plan?.rules.map(({ name }) => name)).toEqual(["a-1", "x", "a-3"]);
  });
});

describe("what cannot be read is told in one line", () => {
  const odd = '"__proto__" is no key; there should be none';
  const deep = "is nested deeper than anything may be";
  test.each<[what: string, name: string, text: string, line: string]>([
    ["a key that is none, in TOML", "c.toml", "__proto__ = { port = 1 }", `1:1: ${odd}`],
    ["one in a site", "c.toml", `${site}set-request = { __proto__ = "x" }`, `4:17: ${odd}`],
    ["one in JSON", "c.json", '{ "__proto__": 1 }', `1:3: ${odd}`],
    ["lists in lists", "c.toml", `a = ${"[".repeat(20_000)}${"]".repeat(20_000)}`, `1:21: ${deep}`],
    ["a list that fills the stack", "c.json", `{"a":${"[".repeat(500_000)}`, `1:1: ${deep}`],
  ])("%s", async (_, name, text, line) => {
    expect(await linesFor(text, name)).toEqual([`${name}:${line}`]);
  });
});

describe("what is wrong in a site or a rule is told where it stands", () => {
  test.each<[written: string, line: string]>([
    ['name = "b"', "4:1: is not TOML: "],
    ['hosts = "a.example:80"', '4:9: hosts "a.example:80" should be a host without port'],
    ["hosts = []", "4:9: hosts [] should be one or more"],
    ['health = "healthz"', '4:10: health "healthz" should be a path such as /healthz'],
    [
      'preset = "statik"',
      '4:10: preset "statik" should be wordpress, woocommerce, mediawiki, drupal, magento, nextjs, static or api; did you mean static?',
    ],
    ['origin-ca = "a.pem"', "4:13: origin-ca is for origins that speak TLS; one should begin with https://"],
    ["liftime = 1", '4:1: "liftime" is not known in a site; did you mean lifetime?'],
    ["lifetime = 30", "4:12: lifetime 30 should be a time with its unit"],
    ["force = true", "4:1: force says nothing alone; there should be a lifetime beside it"],
    ["rule = 5", "4:1: site.rule is one; it should be a list of tables, each beginning with [[site.rule]]"],
    ["[[site.rule]]", "4:3: rule a-1 says nothing; it should have a setting"],
    [
      "[[site.rule]]\nif = { status = 200 }\npass = true",
      "4:3: rule a-1 can never decide: it asks for the status of a response",
    ],
    [
      '[[site.rule]]\nquery = { ignore = "a", keep = "b" }',
      '5:9: query {"ignore":"a","keep":"b"} should be a table with one of ignore and keep',
    ],
    [
      '[[site.rule]]\nset-request = { Host = "a" }',
      '5:17: "Host" should be another field; preserve-host decides',
    ],
    [
      '[[site.rule]]\nset-request = { Connection = "a" }',
      '5:17: "Connection" should be another field; connection belongs to one connection',
    ],
    [
      '[[site.rule]]\nset-request = { If-Match = "a" }',
      '5:17: "If-Match" should be another field; conditions are',
    ],
    [
      '[[site.rule]]\nset-response = { Content-Length = "1" }',
      '5:18: "Content-Length" should be another field; the length',
    ],
    [
      '[[site.rule]]\nset-response = { X-A = "a\\nb" }',
      '5:24: X-A "a\\nb" should be the value of a field, on one line',
    ],
    [
      '[[site.rule]]\nremove-response = ["X-A", "Cache-Status"]',
      '5:27: remove-response "Cache-Status" should be another field',
    ],
    [
      '[[site.rule]]\nkey-headers = "Cookie"',
      '5:15: key-headers "Cookie" should be another field; the setting cookies',
    ],
    [
      '[[site.rule]]\npass = true\nif = { client = "10.0.0.0/33" }',
      '6:17: client "10.0.0.0/33" should be a network',
    ],
    [
      '[[site.rule]]\nstore = false\nif = { status = "40x" }',
      '6:17: status "40x" should be a status such as 200',
    ],
    [
      '[[site.rule]]\npass = true\nif = { path = "a" }',
      '6:15: path "a" should be a path that begins with / or *',
    ],
    ['[[site.rule]]\npass = true\nif = "/a"', '6:6: if "/a" should be a table, as conditions is'],
    ["[[site.rule]]\ndeny = 500", "5:8: deny 500 should be 403, 404, 410 or 451"],
    ['[[site.rule]]\nredirect = "http"', '5:12: redirect "http" should be "https", or { to ='],
    [
      '[[site.rule]]\nredirect = { to = "/größe" }',
      '5:12: redirect {"to":"/größe"} should be "https", or { to =',
    ],
    ['[[site.rule]]\ncookies = "none"', '5:11: cookies "none" should be "ignore", "pass", or a list'],
  ])("%p", async (written, line) => {
    const lines = await linesFor(`${site}${written}\n`);
    expect(lines).toEqual([expect.stringMatching(RegExp(`^c\\.toml:${RegExp.escape(line)}`))]);
  });

  test("a field is what servers take it for", async () => {
    for (const name of ["Content_Length", "X_Forwarded_For", "Transfer_Encoding"]) {
      const [line] = await linesFor(`${site}[[site.rule]]\nset-request = { ${name} = "1" }`);
      expect(line).toStartWith("c.toml:5:");
    }
  });

  test("a mark of the byte order before it is no part of a file", async () => {
    expect(await sitesOf(`\uFEFF${site}`)).toHaveLength(1);
  });

  test("JSON has places, too", async () => {
    const text =
      '{\n  "site": [\n    { "name": "a", "origins": "http://a",\n      "rule": [{ "pass": 1 }] }\n  ]\n}';
    expect(await linesFor(text, "c.json")).toEqual(["c.json:4:26: pass 1 should be true or false"]);
  });
});

describe("sites that want the same", () => {
  const sites = (...each: string[]) =>
    each.map((lines) => `[[site]]\norigins = "http://a"\n${lines}\n`).join("");

  test.each<[text: string, line: string]>([
    [
      sites('name = "a"', 'name = "a"\nhosts = "b"'),
      "c.toml:6:8: there are two sites a, one in line 3; each should have a name of its own",
    ],
    [
      sites('name = "a"\nhosts = ["x", "y"]', 'name = "b"\nhosts = ["z", "Y"]'),
      "c.toml:8:15: host y is that of site a (line 4), too; it should be in one site",
    ],
    [
      sites('name = "a"', 'name = "b"'),
      "c.toml:4:3: site b has no hosts, as site a (line 1) has none; one site at the most should be for every host",
    ],
  ])("%p are refused", async (text, line) => {
    expect(await linesFor(text)).toEqual([line]);
  });
});

describe("a rule that can never decide", () => {
  const rules = (...each: string[]) => site + each.map((lines) => `[[site.rule]]\n${lines}\n`).join("");

  test.each<[text: string, line: string]>([
    [
      rules('lifetime = "1d"', 'if = { path = "/a" }\nlifetime = "2d"'),
      "c.toml:6:3: rule a-2 can never decide: a-1 (line 4) before it says",
    ],
    [
      rules('if = { path = "/a" }\npass = true', 'if = { path = ["/a"] }\npass = false'),
      "c.toml:7:3: rule a-2 can never decide: a-1 (line 4)",
    ],
    [
      rules('lifetime = "1d"', "store = true", 'if = { path = "/a" }\nlifetime = "2d"\nstore = false'),
      "c.toml:8:3: rule a-3 can never decide: a-1 (line 4) and a-2 (line 6)",
    ],
    [
      rules('name = "x"\npass = true', 'name = "x"\nif = { path = "/a" }\nstore = false'),
      "c.toml:7:3: there are two rules x, one in line 4",
    ],
    [
      rules('name = "a-2"\npass = true', 'if = { path = "/a" }\nstore = false'),
      "c.toml:7:3: there are two rules a-2, one in line 4",
    ],
  ])("%p is refused", async (text, line) => {
    expect(await linesFor(text)).toEqual([expect.stringContaining(line)]);
  });

  test.each([
    rules('if = { path = "/a" }\nlifetime = "1d"', 'lifetime = "2d"'),
    rules('lifetime = "1d"', 'if = { path = "/a" }\nlifetime = "2d"\nstore = false'),
    rules(
      'if = { path = "/a" }\nunless = { cookie = "b" }\npass = true',
      'if = { path = "/a" }\npass = false',
    ),
    rules('lifetime = "1d"', 'if = { status = 200 }\ncookies = "ignore"\nstore = false'),
  ])("is none of %p", async (text) => {
    expect((await sitesOf(text))[0]?.rules).toHaveLength(2);
  });

  test("is not called as one of a preset", async () => {
    const text = `${site}preset = "static"\n[[site.rule]]\nname = "static-page"\npass = true`;
    expect(await linesFor(text)).toEqual([
      expect.stringContaining("rule static-page is called as a rule of a preset is"),
    ]);
  });
});

describe("listeners and certificates", () => {
  test("of the file: certificates beside the one of the short form", async () => {
    const { settings } = await load(
      'tls-cert = "a.pem"\ntls-key = "a.key"\n[[certificate]]\ncert = "b.pem"\nkey = "b.key"',
    );
    expect(settings.certificates).toEqual([
      { cert: "a.pem", key: "a.key" },
      { cert: "b.pem", key: "b.key" },
    ]);
    expect(settings.listen).toEqual([
      { kind: "tcp", scheme: "https", host: "0.0.0.0", port: 8888, isShort: true },
    ]);
  });

  test("port and host are those of the first network address", async () => {
    const { settings } = await load(
      'listen = ["unix:/run/a.sock", "http://[::1]:80", "http://127.0.0.1:81"]',
    );
    expect(settings).toMatchObject({ host: "::1", port: 80 });
    expect((await load('listen = "http://127.0.0.1"')).settings.port).toBe(80);
  });

  test.each<[text: string, line: string]>([
    [
      'listen = "http://a"\nport = 80',
      "c.toml:1:10: listen and c.toml:2:8: port both say where to listen; there should be one of them",
    ],
    [
      'listen = "https://0.0.0.0:443"',
      "c.toml:1:10: listen https://0.0.0.0:443 speaks TLS; there should be --tls-cert",
    ],
    [
      'listen = "unix:/a.sock"\nhttp3 = true',
      "--http3 needs a network address beside the sockets of c.toml:1:10: listen",
    ],
    ['listen = ["http://0.0.0.0:80", "https://0.0.0.0:80"]', "c.toml:1:10: listen "],
  ])("%p is refused", async (text, line) => {
    expect(await linesFor(text)).toEqual([expect.stringContaining(line)]);
  });

  test.each<[listen: string, workers: number, notices: string[]]>([
    [
      '["http://a", "unix:/a.sock"]',
      4,
      ["unix:/a.sock cannot be shared among processes: one worker alone serves there"],
    ],
    ['"unix:/a.sock"', 1, ["unix:/a.sock cannot be shared among processes: one worker alone serves there"]],
    ['"http://a"', 4, []],
  ])("a socket is one worker's: %s", async (listen, workers, notices) => {
    const loaded = await load(`listen = ${listen}\nworkers = 4`);
    expect([loaded.settings.workers, loaded.notices]).toEqual([workers, notices]);
    expect((await load(`listen = ${listen}\nworkers = 1`)).notices).toEqual([]);
  });

  test("what gives one client's responses to all is told", async () => {
    const forced = '[[site.rule]]\nname = "all"\nlifetime = "1h"\nforce = true\n';
    const text = `[[site]]\nname = "shop"\norigins = "http://10.0.0.1"\n`;
    const told = "has force: what says no-store, private or Set-Cookie is stored, for every client";
    expect((await load(text + forced)).notices).toEqual([`site shop: rule all ${told}`]);
    expect((await load(text + forced.replace('[[site.rule]]\nname = "all"\n', ""))).notices).toEqual([
      `site shop: its own lifetime ${told}`,
    ]);
    expect((await load(text + forced.replace("true", "false"))).notices).toEqual([]);
  });

  test("a certificate that nobody is shown gets a notice", async () => {
    const { notices } = await load('listen = "http://a"\n[[certificate]]\ncert = "b.pem"\nkey = "b.key"');
    expect(notices).toEqual(["the certificates are of no use: nothing listens for https"]);
  });
});

test("the plan is what its schema says", async () => {
  const { plan } = await load(
    `${site}preset = "static"\n[[site.rule]]\nif = { path = "/a", header.x-a = "b" }\nredirect = { to = "/b" }`,
  );
  expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(JSON.parse(JSON.stringify(plan)));
});
