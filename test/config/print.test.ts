import { describe, expect, test } from "bun:test";
import { type Loaded, loadSettings } from "../../src/config/load.ts";
import { printed } from "../../src/config/print.ts";

const shop = `listen = ["http://127.0.0.1:80"]
trust = "loopback"
grace = "5s"
[[certificate]]
cert = "a.pem"
key = "a.key"
[[site]]
name = "shop"
hosts = ["shop.example", "*.shop.example"]
origins = ["https://me:s3cret@10.0.0.1/", "http://10.0.0.2"]
max-outage = "36h"
health = "/healthz"
stale-if-error = "off"
[[site.rule]]
name = "members"
if = { cookie = "member_*", header = { "X-A" = ["a", "b"] } }
unless = { path = "/static/**" }
pass = true
[[site.rule]]
if = { status = [200, "4xx"], header-out.x-b = "c" }
lifetime = "1500ms"
force = true
query = { keep = "v" }
redirect = "https"
set-response = { x-c = "d\\"e" }
[[site]]
name = "other"
origins = "http://b"
deny = 410
cookies = ["a"]
redirect = { to = "/c", status = 308 }
`;

function load(text: string | undefined, flags: Record<string, string> = {}): Promise<Loaded> {
  const file = text === undefined ? {} : { configFile: { where: "--config", text: "c.toml" } };
  const written = Object.entries(flags).map(([name, value]) => [name, { where: `--${name}`, text: value }]);
  return loadSettings({
    flags: { ...file, ...Object.fromEntries(written) },
    environment: { CACHEPROXY_DISK: "1GB" },
    machine: { platform: "linux", cores: 1, terminal: false },
    readFile: async () => {
      if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return text;
    },
  });
}

function lineOf(text: string, key: string): string | undefined {
  return text
    .split("\n")
    .find((line) => line.startsWith(`${key} = `))
    ?.replace(/ {2,}/, "  ");
}

describe("what is printed", () => {
  test("says the same when it is read again", async () => {
    const first = await load(shop.replace("me:s3cret@", ""));
    const again = await load(printed(first));
    expect(again.plan).toEqual(first.plan);
    expect({ ...again.settings }).toEqual({ ...first.settings });
  });

  test("has the rules of presets as plain rules, after those of the site", async () => {
    const first = await load(
      `[[site]]\nname = "a"\norigins = "http://a"\npreset = "static"\n[[site.rule]]\nunless = { path = "/x" }\npass = true`,
    );
    const again = await load(printed(first));
    const [site] = first.plan.sites;
    expect(again.plan.sites[0]?.rules).toEqual([...(site?.rules ?? []), ...(site?.presetRules ?? [])]);
    expect(printed(first)).toMatch(/name = "static-page" +# preset static:\d+\n/);
  });

  test.each<[key: string, line: string]>([
    ["grace", 'grace = "5s"  # c.toml:3'],
    ["trust", 'trust = ["127.0.0.0/8", "::1/128"]  # c.toml:2'],
    ["disk", 'disk = "1GB"  # CACHEPROXY_DISK'],
    ["takeover", 'takeover = "30s"  # default'],
    ["workers", "workers = 3  # --workers"],
    ["cert", 'cert = "a.pem"  # c.toml:5'],
    ["max-outage", 'max-outage = "36h"  # c.toml:11'],
    ["balance", 'balance = "round-robin"  # default'],
    ["preserve-host", "preserve-host = true  # --preserveHost"],
    ["stale-if-error", 'stale-if-error = "off"  # default'],
    ["unless", 'unless = { path = ["/static/**"] }  # c.toml:17'],
    ["deny", "deny = 410  # c.toml:29"],
    ["lifetime", 'lifetime = "1500ms"  # c.toml:21'],
  ])("has %s with where it comes from", async (key, line) => {
    const text = printed(await load(shop, { workers: "3", preserveHost: "true" }));
    expect(lineOf(text, key)).toBe(line);
  });

  test("hides credentials", async () => {
    const text = printed(await load(shop)) + printed(await load(undefined, { origin: "http://me:s3cret@a" }));
    expect(text).not.toContain("s3cret");
    expect(text).toContain('origin = "http://***@a"');
  });

  test("has the one site of the flags, where the file names none", async () => {
    expect(printed(await load(undefined, { origin: "http://a" }))).toMatch(
      /\n\n\[\[site\]\] +# the options above\norigins = \["http:\/\/a"\] +# --origin\nbalance = "round-robin" +# default\npreserve-host = false +# default\n$/,
    );
  });
});
