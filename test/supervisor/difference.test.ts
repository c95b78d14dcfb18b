import { describe, expect, test } from "bun:test";
import { sizeInWords, timeInWords } from "../../src/config/in-words.ts";
import type { Settings } from "../../src/config/schema.ts";
import type { Plan, RulePlan, RuleSettings, SitePlan } from "../../src/sites/plan.ts";
import { differenceOf } from "../../src/supervisor/difference.ts";
import { somePlan, someSettings } from "./fake-workers.ts";

const DAY = 86_400_000;
const [ofFlags] = somePlan.sites;
if (ofFlags === undefined) throw new Error("there should be a site");
const shop: SitePlan = { ...ofFlags, name: "shop", hosts: ["shop.example"] };
const members: RulePlan = { name: "members", if: { cookie: ["login"] }, settings: { pass: true } };
const assets: RulePlan = { name: "shop-2", if: { path: ["/static/**"] }, settings: { lifetime: DAY } };

function shopWith(rules: readonly RulePlan[], wishes: Partial<SitePlan> = {}): Plan {
  return { ...somePlan, sites: [{ ...shop, rules, ...wishes }] };
}

function lines(before: Plan, after: Plan, objects = 0): string[] {
  // As the settings tell of the first site, for who has but one.
  const first = ({ sites: [site] }: Plan) => ({ ...someSettings, origin: site?.origins[0] ?? "" });
  const stored = { objects };
  return differenceOf(
    { settings: first(before), plan: before },
    { settings: first(after), plan: after },
    stored,
  );
}

function ofSettings(wishes: Partial<Settings>): string[] {
  const plan = somePlan;
  return differenceOf({ settings: someSettings, plan }, { settings: { ...someSettings, ...wishes }, plan });
}

test("nothing is told where nothing is another, in whatever order it is said", () => {
  const { name, hosts, ...others } = shop;
  const turned: SitePlan = { ...others, hosts, name, rules: [] };
  expect(lines(shopWith([]), { ...somePlan, sites: [turned] }, 7)).toEqual([]);
});

describe("settings of the processes", () => {
  test.each<[Partial<Settings>, string]>([
    [{ defaultTtl: 3_600_000 }, "default-ttl changed from nothing to 1h"],
    [{ memory: 512 * 1024 * 1024 }, "memory changed from 256MB to 512MB"],
    [{ storeUnframed: true }, "store-unframed changed from off to on"],
    [{ errorCap: "off" }, "error-cap changed from nothing to off"],
    [{ ignoreCookies: ["default", "banner_*"] }, "ignore-cookies changed from default to default, banner_*"],
    [
      { origin: "http://user:secret@127.0.0.1:9000" },
      "origin changed from http://127.0.0.1:8000 to http://127.0.0.1:9000",
    ],
    [
      { certificates: [{ cert: "a.pem", key: "a.key" }], tlsCert: "a.pem", tlsKey: "a.key" },
      "the certificates are others",
    ],
  ])("%#: are told by the names of their options", (wishes, line) => {
    expect(ofSettings(wishes)).toEqual([line]);
  });

  test("the first address is told once, however it is said", () => {
    const listen = [{ kind: "tcp", scheme: "http", host: "::", port: 80 } as const];
    expect(ofSettings({ listen, host: "::", port: 80 })).toEqual([
      expect.stringMatching(/^listen changed from http:\/\/.* to http:\/\/\[::\]:80$/),
    ]);
  });
});

describe("rules", () => {
  test.each<[string, RulePlan[], RulePlan[], string[]]>([
    ["a new one", [], [members], ["shop: rule members is new"]],
    ["one that is gone", [members], [], ["shop: rule members is gone"]],
    [
      "a setting",
      [assets],
      [{ ...assets, settings: { lifetime: 30 * DAY } }],
      ["shop: rule shop-2 (/static/**): lifetime changed from 1d to 30d"],
    ],
    [
      "a redirect",
      [{ name: "old", settings: { redirect: { to: "/new", status: 302 } } }],
      [{ name: "old", settings: { redirect: { to: "https" } } }],
      ["shop: rule old: redirect changed from /new with 302 to https"],
    ],
    [
      "a condition",
      [members],
      [{ ...members, if: { cookie: ["login"], path: ["/a"] } }],
      ["shop: rule members (/a) holds if cookie is login and path is /a, where it was cookie is login"],
    ],
    ["the order", [members, assets], [assets, members], ["shop: the rules are in another order"]],
    [
      "a rule before one that is called by its place",
      [assets],
      [members, { ...assets, name: "shop-3" }],
      ["shop: rule members is new"],
    ],
  ])("%s", (_, before, after, told) => {
    expect(lines(shopWith(before), shopWith(after))).toEqual(told);
  });

  test("values of fields that are set may be secrets, and are not told", () => {
    const with_ = (value: string) =>
      shopWith([{ ...members, settings: { setRequest: { authorization: value } } }]);
    expect(lines(with_("secret"), with_("another"))).toEqual(["shop: rule members: set-request changed"]);
  });
});

test("a field that a client has to know may be a secret, too", () => {
  const with_ = (value: string) => shopWith([{ ...members, if: { header: { "x-key": [value] } } }]);
  expect(lines(with_("secret"), with_("another"))).toEqual(["shop: rule members: its if changed"]);
  expect(lines(shopWith([members]), with_("secret"))).toEqual([
    expect.stringMatching(/^shop: rule members holds if header is x-key, where it was /),
  ]);
});

test("other credentials of the same origin are a change of which nothing more is told", () => {
  const asked = (secret: string) => ({
    settings: { ...someSettings, origin: `http://me:${secret}@127.0.0.1:9000` },
    plan: somePlan,
  });
  expect(differenceOf(asked("secret"), asked("another"))).toEqual(["origin changed"]);
});

describe("sites", () => {
  const other: SitePlan = { ...shop, name: "blog", hosts: [] };

  test("come, go and change places", () => {
    const both = { ...somePlan, sites: [shop, other] };
    expect(lines(shopWith([]), both)).toEqual(["site blog is new, for every host"]);
    expect(lines(both, shopWith([]))).toEqual([
      "site blog is gone; its stored responses stay until they are evicted or purged",
    ]);
    expect(lines(both, { ...somePlan, sites: [other, shop] })).toEqual(["the sites are in another order"]);
  });

  test("what one says of itself is told by its name, without credentials", () => {
    const after = shopWith([], { origins: ["http://me:secret@10.0.0.1:80"], maxOutage: DAY });
    expect(lines(shopWith([]), after)).toEqual([
      "shop: origins changed from http://127.0.0.1:8000 to http://10.0.0.1",
      "shop: max-outage changed from nothing to 1d",
    ]);
  });

  test("what the top says is told once: by its option where there is one", () => {
    const topped = (top: RuleSettings): Plan => ({ ...somePlan, top });
    expect(lines(topped({}), topped({ lifetime: DAY, defaultLifetime: DAY }))).toEqual([
      "for all sites: lifetime changed from nothing to 1d",
    ]);
  });
});

describe("keys of what is stored", () => {
  const keep = "1,204 stored responses keep their keys";

  test.each<[string, RulePlan[], RulePlan[], boolean]>([
    ["of a lifetime", [assets], [{ ...assets, settings: { lifetime: 0 } }], true],
    ["of a rule about paths", [], [assets], true],
    ["of what of a query counts", [], [{ ...assets, settings: { query: { sort: true } } }], false],
    ["of a rule whose name is in the key", [], [{ ...members, settings: { lifetime: 0 } }], false],
  ])("%s", (_, before, after, areKept) => {
    expect(lines(shopWith(before), shopWith(after), 1204).includes(keep)).toBe(areKept);
  });
});

test("times and sizes are written as the operator would", () => {
  expect([0, 500, 1_500, 90_000, 7_200_000, 30 * DAY].map(timeInWords)).toEqual([
    ...["0ms", "500ms", "1500ms", "90s", "2h", "30d"],
  ]);
  expect([1, 65_536, 1_048_576, 10 * 1_073_741_824].map(sizeInWords)).toEqual(["1B", "64KB", "1MB", "10GB"]);
});
