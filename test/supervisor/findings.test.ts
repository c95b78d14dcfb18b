import { beforeEach, describe, expect, test } from "bun:test";
import type { ReadAnswer, ReadRequest } from "../../src/control/entries-request.ts";
import type { Found, FoundSplit, FoundSuspect } from "../../src/control/findings-request.ts";
import type { Advice } from "../../src/control/explanation.ts";
import type { PurgeSelector } from "../../src/control/selector.ts";
import { cookieMatcher } from "../../src/rules/cookies.ts";
import { fieldsOf } from "../../src/rules/fields.ts";
import { primaryKey } from "../../src/rules/cache-key.ts";
import { variantKey, varyNames } from "../../src/rules/vary.ts";
import type { Plan } from "../../src/sites/plan.ts";
import { compileSites } from "../../src/sites/table.ts";
import { createFindings } from "../../src/supervisor/findings.ts";
import { FleetError } from "../../src/supervisor/fleet-error.ts";
import { heeding, loaded, noSite, type Scene, shop, withOrigin } from "../serve/explain/advised.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";

const nothing: Found = { kind: "findings", looked: 3, isWhole: true, splits: [], personal: [] };
let clock: FakeClock;
let asked: ReadRequest[];
let answer: () => Promise<ReadAnswer>;
let marks: PurgeSelector[];

beforeEach(() => {
  clock = createFakeClock();
  asked = [];
  answer = async () => nothing;
  marks = [];
});

function findingsOf(plan: Plan) {
  return createFindings({
    reading: {
      read(request) {
        asked.push(request);
        return answer();
      },
    },
    unremoved: { marks },
    plan: () => plan,
    clock,
  });
}

const planOf = async (scene: Scene) => (await loaded(scene)).plan;

describe("who asks for findings is told those of a minute ago", () => {
  test("all who wait are told the same", async () => {
    const findings = findingsOf(await planOf(shop));
    const told = await Promise.all([findings(), findings()]);
    expect(told).toEqual([told[0], told[0]] as never);
    expect(asked).toHaveLength(1);
  });

  test("a minute after they were found they are looked for anew", async () => {
    const findings = findingsOf(await planOf(shop));
    const { promise, resolve } = Promise.withResolvers<ReadAnswer>();
    answer = () => promise;
    const first = findings();
    await clock.advance(100_000);
    const second = findings();
    resolve(nothing);
    await Promise.all([first, second]);
    await clock.advance(59_999);
    await findings();
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    await findings();
    expect(asked).toHaveLength(2);
  });

  test("a failure is told to those who wait, and the next who asks has it tried again", async () => {
    const findings = findingsOf(await planOf(shop));
    answer = () => Promise.reject(new FleetError("it is on fire"));
    expect(await findings().catch((error: unknown) => error)).toEqual(new FleetError("it is on fire"));
    answer = async () => nothing;
    expect(await findings()).toEqual({ looked: 3, isWhole: true, splits: [], personal: [] });
  });
});

test("the reader is told what is to be hidden, and which rules take cookies away", async () => {
  const hard = { by: "target", target: "/a", host: null, site: null } as const;
  marks = [hard, { ...hard, soft: true }];
  const rules = '[[site.rule]]\nname = "bare"\nremove-set-cookie = true\n';
  await findingsOf(await planOf({ ...shop, rules }))();
  expect(asked).toMatchObject([{ kind: "findings", hidden: [hard], cookieRules: ["bare"] }]);
});

test("of a site that is in the file no more nothing is told", async () => {
  answer = async () => ({
    ...nothing,
    splits: [{ ...split("host"), site: "gone" }],
    personal: [suspect("gone")],
  });
  expect(await findingsOf(await planOf(shop))()).toMatchObject({ splits: [], personal: [] });
});

function split(by: FoundSplit["by"], changes: Partial<FoundSplit> = {}): FoundSplit {
  return {
    ...{ site: "shop", host: "shop.example", path: "/list?page=2", by, names: [], copies: 3, bytes: 30 },
    ...{ pages: 1, compared: 3, bodies: 1, values: [], ...changes },
  };
}

function suspect(site: string, changes: Partial<FoundSuspect> = {}): FoundSuspect {
  return {
    ...{ site, host: "shop.example", scheme: "https", target: "/my-account/orders?page=2", hits: 4 },
    ...{ signs: ["its path"], rules: [], isForced: false, ...changes },
  };
}

interface Asked {
  readonly target?: string;
  readonly host?: string;
  readonly protocol?: "http" | "https";
  readonly fields?: Readonly<Record<string, string>>;
}

/** What a request is stored under, where the server says so in Vary; or what becomes of it without the store. */
function keyOf(plan: Plan, vary: string, { target = "/list?page=2", ...request }: Asked): string {
  const { host = "shop.example", protocol = "http", fields = {} } = request;
  const site = compileSites(plan, { ignoredCookies: cookieMatcher([]) }).siteFor(host);
  if (site === null) return "no site";
  const sent = new Map(Object.entries(fields));
  const { act, changes, ...verdict } = site.forRequest({
    ...{ method: "GET", target, host, protocol, clientAddress: () => null, fields: fieldsOf([...sent]) },
  });
  if (act.kind !== "serve") return act.kind;
  for (const name of changes.remove) sent.delete(name);
  if (changes.cookie === null) sent.delete("cookie");
  const keyed = { host, site: site.name, marks: verdict.marks };
  const key = primaryKey({ ...keyed, scheme: protocol, target: verdict.target ?? target });
  const encoding = verdict.foldsEncodings ? "folded" : sent.get("accept-encoding");
  if (encoding !== undefined) sent.set("accept-encoding", encoding);
  return `${key}\n${variantKey(varyNames(vary), fieldsOf([...sent]))}`;
}

const three = (make: (place: number) => Asked) => [1, 2, 3].map(make);
const header = (name: string) => three((place) => ({ fields: { [name]: `value ${place}` } }));

interface Mistake {
  readonly name: string;
  readonly found: FoundSplit;
  /** Requests that have copies of their own, and are to share one. */
  readonly requests: readonly Asked[];
  readonly vary?: string;
  readonly rules?: string;
}

const mistakes: readonly Mistake[] = [
  ...["cookie", "user-agent", "accept-language", "origin", "x-app"].map((name) => ({
    ...{ name: `Vary: ${name}`, vary: name, found: split("vary", { names: [name] }), requests: header(name) },
  })),
  {
    name: "Vary: Accept-Encoding",
    ...{ vary: "accept-encoding", rules: "[[site.rule]]\nfold-encodings = false\n" },
    ...{ found: split("vary", { names: ["accept-encoding"] }), requests: header("accept-encoding") },
  },
  {
    name: "a cookie in the key",
    rules: '[[site.rule]]\ncookies = ["lang", "visit"]\n',
    found: split("cookie", { names: ["visit"] }),
    requests: three((place) => ({ fields: { cookie: `visit=${place}; lang=de` } })),
  },
  {
    name: "the only cookie in the key",
    rules: '[[site.rule]]\ncookies = ["visit"]\n',
    found: split("cookie", { names: ["visit"] }),
    requests: three((place) => ({ fields: { cookie: `visit=${place}` } })),
  },
  {
    name: "advertisements",
    found: split("tracking", { names: ["utm_source"] }),
    requests: three((place) => ({ target: `/list?page=2&utm_source=${place}` })),
  },
  {
    name: "advertisements where a rule for many pages says something of queries",
    rules: '[[site.rule]]\nif = { path = "/l*" }\nquery = { ignore = ["from"], sort = true }\n',
    found: split("tracking", { names: ["fbclid"] }),
    requests: three((place) => ({ target: `/list?from=${place}&fbclid=${place}&page=2` })),
  },
  {
    name: "advertisements where a rule for just this page does",
    rules: '[[site.rule]]\nif = { path = "/list" }\nquery = { ignore = ["from"], sort = true }\n',
    found: split("tracking", { names: ["fbclid"] }),
    requests: three((place) => ({ target: `/list?from=${place}&fbclid=${place}&page=2` })),
  },
  {
    name: "a parameter",
    found: split("query", { names: ["from"] }),
    requests: three((place) => ({ target: `/list?page=2&from=${place}` })),
  },
  {
    name: "a parameter that a rule keeps",
    rules: '[[site.rule]]\nquery = { keep = ["page", "from"] }\n',
    found: split("query", { names: ["from"] }),
    requests: three((place) => ({ target: `/list?page=2&from=${place}` })),
  },
  {
    name: "the only parameter that a rule keeps",
    rules: '[[site.rule]]\nquery = { keep = ["from"] }\n',
    found: split("query", { names: ["from"], path: "/list" }),
    requests: three((place) => ({ target: `/list?from=${place}` })),
  },
  {
    name: "the order of parameters",
    found: split("order"),
    requests: [{ target: "/list?a=1&b=2" }, { target: "/list?b=2&a=1" }],
  },
  {
    name: "http and https",
    found: split("scheme"),
    requests: [{ protocol: "http" }],
  },
];

const scenes = { "a site of the file": shop, "the flags": withOrigin, nothing: noSite };

describe.each(Object.entries(scenes))("what is advised to %s has the copies become one", (_, scene) => {
  const ofFlags = scene !== shop;
  test.each(mistakes.filter(({ rules }) => !ofFlags || rules === undefined))("$name", async (mistake) => {
    const { found, requests, vary = "", rules = "" } = mistake;
    const before = { ...scene, rules: `${rules}${scene.rules}` };
    const plan = await planOf(before);
    const keys = (now: Plan) => new Set(requests.map((request) => keyOf(now, vary, request)));
    expect(keys(plan).size).toBe(requests.length);
    answer = async () => ({ ...nothing, splits: [{ ...found, site: ofFlags ? "" : "shop" }] });
    const { splits } = await findingsOf(plan)();
    const advice = splits[0]?.advice.find(({ where }) => where === "file");
    const after = keys(await planOf(following(before, advice)));
    expect(after.size).toBe(1);
    if (mistake.name === "http and https") expect([...after]).toEqual(["redirect"]);
    else expect([...after][0]).toContain("/list");
  });
});

/** Copies it to where the advice says. */
function following(scene: Scene, advice: Advice | undefined): Scene {
  if (advice === undefined) throw new Error("there should be something for the file");
  const inPlace = /in place of what it says of (\w+):$/.exec(advice.text)?.[1];
  if (inPlace !== undefined)
    return { ...scene, rules: scene.rules.replace(new RegExp(`^${inPlace} = .*`, "m"), advice.copy ?? "") };
  if (!advice.text.endsWith(", after its other rules:")) return heeding(scene, advice);
  return { ...scene, rules: `${scene.rules}\n${advice.copy}\n` };
}

test("no rule has hosts share what is stored: it is for the server to send them to one of them", async () => {
  answer = async () => ({ ...nothing, splits: [split("host")] });
  const [found] = (await findingsOf(await planOf(shop))()).splits;
  expect(found?.advice).toEqual([
    { where: "origin", text: expect.stringContaining("redirect all hosts but one"), copy: null },
  ]);
});

describe.each(Object.entries(scenes))(
  "what looks personal is passed on when it is done as advised: %s",
  (_, scene) => {
    test.each([
      ["/my-account/orders?page=2", ["/my-account", "/my-account/orders", "/my-account/a/b"], ["/list"]],
      ["/de/cart.php?a=1", ["/de/cart.php"], ["/de/cart"]],
      ["/a%20b/c", ["/a%20b/c"], ["/a%20b", "/a-b/c"]],
      ["/shop/my-a%20b/c", ["/shop/my-a%20b", "/shop/my-a%20b/d"], ["/shop/a", "/shop/my-a-b/c"]],
      // Whoever asks may have written it so.
      ["/**/account", ["/**/account", "/%2A*/account/a"], ["/account", "/shop/account"]],
    ])("%s", async (target, passed, served) => {
      const site = scene === shop ? "shop" : "";
      const plan = await planOf(scene);
      for (const isForced of [true, false]) {
        answer = async () => ({ ...nothing, personal: [suspect(site, { target, isForced })] });
        const { personal } = await findingsOf(plan)();
        expect(personal).toMatchObject([{ url: `https://shop.example${target}`, requests: 4 }]);
        const advice = personal[0]?.advice.find(({ where }) => where === "file");
        const after = await planOf(following(scene, advice));
        expect(passed.map((each) => keyOf(after, "", { target: each }))).toEqual(passed.map(() => "pass"));
        expect(served.map((each) => keyOf(after, "", { target: each }))).not.toContain("pass");
      }
    });
  },
);

test("which rule goes over what the server says is told by its name", async () => {
  const rules = '[[site.rule]]\nname = "all"\nlifetime = "1m"\nforce = true\n';
  answer = async () => ({ ...nothing, personal: [suspect("shop", { isForced: true, rules: ["all"] })] });
  const { personal } = await findingsOf(await planOf({ ...shop, rules }))();
  expect(personal[0]?.advice[0]?.text).toContain('the rule "all" has it stored for everybody');
});

test("a page that all hosts of a site share is told by one of them", async () => {
  answer = async () => ({ ...nothing, personal: [suspect("shop", { host: "" })] });
  const { personal } = await findingsOf(await planOf(shop))();
  expect(personal[0]?.url).toBe("https://shop.example/my-account/orders?page=2");
});

test("fields that the file may not take away are the server's to leave out", async () => {
  answer = async () => ({ ...nothing, splits: [split("vary", { names: ["x-forwarded-proto"] })] });
  const { splits } = await findingsOf(await planOf(shop))();
  expect(splits[0]?.advice.map(({ where }) => where)).toEqual(["origin"]);
});

test.each([
  [1, "3 of the copies were compared, and are the same."],
  [3, '"Vary: User-Agent" gives'],
])("whether copies by Vary are the same is told: %d different", async (bodies, begin) => {
  answer = async () => ({ ...nothing, splits: [split("vary", { names: ["user-agent"], bodies })] });
  const { splits } = await findingsOf(await planOf(shop))();
  expect(splits[0]?.advice[0]?.text).toStartWith(begin);
});
