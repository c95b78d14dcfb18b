import { describe, expect, test } from "bun:test";
import type { Found, FindingsRequest } from "../../src/control/findings-request.ts";
import { readFindings } from "../../src/keeper/findings/findings.ts";
import { type KeyScope, primaryKey } from "../../src/rules/cache-key.ts";
import type { Policy } from "../../src/rules/policy.ts";
import { cookieMark, headerMark } from "../../src/sites/marks.ts";
import { indexPath } from "../../src/store/disk/index-format.ts";
import { openToRead } from "../../src/store/disk/reading-connection.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { policy } from "../store/samples.ts";
import { batchOf, newRow } from "./batches.ts";

const directory = directoryForEachTest();
const request: FindingsRequest = { kind: "findings", hidden: [], milliseconds: 10_000, cookieRules: [] };

interface Stored extends Partial<KeyScope> {
  readonly target: string;
  readonly variant?: string;
  readonly body?: string;
  readonly status?: number;
  readonly type?: string;
  readonly hits?: number;
  readonly fields?: readonly (readonly [string, string])[];
  readonly policy?: Partial<Policy>;
}

function store(responses: readonly Stored[]): void {
  const rows = responses.map(({ target, host = "shop.test", site = "shop", scheme, marks, ...said }) =>
    newRow({
      primaryKey: primaryKey({ target, host, site, ...(scheme && { scheme }), ...(marks && { marks }) }),
      variantKey: said.variant ?? "",
      status: said.status ?? 200,
      body: new TextEncoder().encode(said.body ?? "the same"),
      policy: JSON.stringify(policy(said.policy)),
      fields: JSON.stringify([["Content-Type", said.type ?? "text/html"], ...(said.fields ?? [])]),
      hits: said.hits ?? 0,
    }),
  );
  directory.keep().commit(batchOf(rows));
}

function look(changes: Partial<FindingsRequest> = {}, now: () => number = () => 0): Found {
  const { database } = openToRead(indexPath(directory.path), () => ({}));
  try {
    return readFindings(database, { ...request, ...changes }, now);
  } finally {
    database.close(true);
  }
}

/** One of each value, with bodies that are the same or not. */
function each<Value>(values: readonly Value[], of: (value: Value, place: number) => Stored): Stored[] {
  return values.map(of);
}

const own = (place: number) => ({ body: `page ${place}` });

describe("copies are found by what makes them", () => {
  const cases: [string, Stored[], Partial<Found["splits"][number]>][] = [
    [
      "a field in Vary",
      each(["curl", "firefox", "lynx"], (name, place) => ({
        ...{ target: "/list?page=2", variant: `accept-encoding:gzip\nuser-agent:${name}` },
        ...own(place),
      })),
      {
        ...{ by: "vary", names: ["user-agent"], path: "/list?page=2", copies: 3, pages: 1, compared: 3 },
        ...{ bodies: 3, values: ["curl", "firefox", "lynx"], bytes: 18 },
      },
    ],
    [
      "Vary: Cookie, of which values are nobody's business",
      each(["a", "b", "c"], (name) => ({ target: "/", variant: `cookie:${name}` })),
      { by: "vary", names: ["cookie"], copies: 3, values: [] },
    ],
    [
      "a cookie in the key, likewise",
      each(["1", "2", "3"], (session) => ({
        target: "/",
        marks: [cookieMark("lang", ["de"]), cookieMark("visit", [session])],
      })),
      { by: "cookie", names: ["visit"], copies: 3, bodies: 1, values: [] },
    ],
    [
      "a field in the key",
      each(["tv", "phone", "watch"], (device) => ({ target: "/", marks: [headerMark("x-device", device)] })),
      { by: "header", names: ["x-device"], copies: 3 },
    ],
    [
      "parameters of advertisements, the page without any of them among the copies",
      [
        { target: "/offer", ...own(0) },
        { target: "/offer/more" },
        ...each(
          ["?utm_source=a", "?utm_source=b&utm_medium=c", "?utm_source=b&fbclid=1"],
          (query, place) => ({
            target: `/offer${query}`,
            ...own(place),
          }),
        ),
      ],
      {
        ...{ by: "tracking", names: ["utm_source", "fbclid", "utm_medium"], path: "/offer", copies: 4 },
        values: ["utm_source=a", "utm_source=b"],
      },
    ],
    [
      "a parameter that makes no difference",
      each([1, 2, 3], (place) => ({ target: `/p?id=7&from=${place}` })),
      {
        by: "query",
        names: ["from"],
        path: "/p?id=7",
        copies: 3,
        bodies: 1,
        values: ["from=1", "from=2", "from=3"],
      },
    ],
    [
      "a session in the query, though each page shows it; its value is not told",
      each([1, 2, 3], (place) => ({ target: `/p?sid=${place}`, ...own(place) })),
      { by: "query", names: ["sid"], copies: 3, values: [] },
    ],
    [
      "the order of parameters",
      each(["a=1&b=2", "b=2&a=1"], (query) => ({ target: `/p?${query}` })),
      { by: "order", names: [], copies: 2, path: "/p?a=1&b=2", values: ["?a&b", "?b&a"] },
    ],
    [
      "the host",
      each(["shop.test", "www.shop.test"], (host) => ({ target: "/", host })),
      { by: "host", names: [], host: "", copies: 2, values: ["shop.test", "www.shop.test"] },
    ],
    [
      "http and https",
      each(["http", "https"] as const, (scheme) => ({ target: "/", scheme })),
      { by: "scheme", names: [], copies: 2, values: ["http", "https"] },
    ],
  ];
  test.each(cases)("%s", (_, stored, expected) => {
    store(stored);
    const { splits } = look();
    expect(splits.map(({ by }) => by)).toEqual([expected.by ?? "other"] as (typeof splits)[number]["by"][]);
    expect(splits[0]).toMatchObject({ site: "shop", ...expected });
  });
});

describe("what are pages of their own are no copies", () => {
  const cases: [string, Stored[]][] = [
    [
      "a parameter with a page for each value",
      each([1, 2, 3], (id) => ({ target: `/p?id=${id}`, ...own(id) })),
    ],
    [
      "parameters in an order that counts",
      each(["a=1&b=2", "b=2&a=1"], (query, place) => ({ target: `/p?${query}`, ...own(place) })),
    ],
    [
      "each host with its own",
      each(["a.test", "b.test"], (host, place) => ({ target: "/", host, ...own(place) })),
    ],
    ["each site with its own", each(["a", "b", "c"], (site) => ({ target: "/", site }))],
    [
      "a page in some languages",
      each(["de", "en", "fr", "it"], (language, place) => ({
        target: "/",
        variant: `accept-language:${language}`,
        ...own(place),
      })),
    ],
    [
      "a page in the codings that there are",
      each(["br", "gzip", "zstd", "identity"], (coding) => ({
        target: "/",
        variant: `accept-encoding:${coding}`,
      })),
    ],
    ["two variants", each(["a", "b"], (name) => ({ target: "/", variant: `user-agent:${name}` }))],
    ["errors that look alike", each([1, 2, 3], (id) => ({ target: `/p?id=${id}`, status: 404 }))],
    ["other paths", each(["/a", "/a/", "/a.b", "/ab"], (target) => ({ target }))],
  ];
  test.each(cases)("%s", (_, stored) => {
    store(stored);
    expect(look().splits).toEqual([]);
  });
});

test.each([
  ["of more parameters than anybody writes", (place: number) => `/p?${"a&".repeat(64)}v=${place}`],
  ["longer than anybody writes", (place: number) => `/p?${"a".repeat(2_000)}&v=${place}`],
])("keys %s are not compared, as that would take long, and others beside them are", (_, target) => {
  store(each([1, 2, 3], (place) => ({ target: target(place) })));
  expect(look().splits).toEqual([]);
  store(each([1, 2, 3], (place) => ({ target: `/p?v=${place}` })));
  expect(look()).toMatchObject({ looked: 6, splits: [{ by: "query", names: ["v"], copies: 3 }] });
});

test.each(["*", "v*", "%2A", "v?", "a;b", "a+b", "%E2%80%AEv"])(
  "the parameter %s, which no rule can name alone, is none that a rule could leave out",
  (name) => {
    store(each([1, 2, 3], (place) => ({ target: `/p?${name}=${place}` })));
    expect(look().splits).toEqual([]);
  },
);

test("one split is told for all pages that have it, by the page with most copies", () => {
  const pages = ["/a", "/b", "/c"].flatMap((path, place) =>
    Array.from({ length: 3 + place }, (_, copy) => ({ target: path, variant: `x-app:${copy}` })),
  );
  store(pages);
  expect(look().splits).toMatchObject([{ path: "/c", copies: 5, pages: 3, names: ["x-app"] }]);
});

test("a page with more copies than are held at once is told of all the same", () => {
  store(Array.from({ length: 4_500 }, (_, copy) => ({ target: `/a?fbclid=${copy}` })));
  const { splits, looked, isWhole } = look();
  expect(splits).toMatchObject([{ by: "tracking", names: ["fbclid"], path: "/a", copies: 4_000 }]);
  expect({ looked, isWhole }).toEqual({ looked: 4_500, isWhole: true });
});

test("names that anybody makes up hide no split of others", () => {
  const noise = Array.from({ length: 300 }, (_, name) => ({ target: `/a?x${name}=1` }));
  store([...noise, ...each([1, 2, 3, 4], (copy) => ({ target: "/b", variant: `user-agent:${copy}` }))]);
  expect(look().splits.map(({ names }) => names)).toContainEqual(["user-agent"]);
});

describe("what looks like one person's is found", () => {
  const forced = { lifetimeSource: "rule", sharedWith: "everyone", rules: ["pages"] } as const;
  const cases: [string, Stored, string[]][] = [
    ["its path", { target: "/my-account/orders?page=2" }, ['its path has "my-account"']],
    [
      "a rule over private",
      { target: "/a", policy: forced, fields: [["cache-control", "private, no-store"]] },
      ["a rule has it stored, though the server says no-store and private"],
    ],
    [
      "a cookie that comes with it",
      { target: "/a", policy: { withheldFields: ["set-cookie"] } },
      ["the server sets a cookie with it"],
    ],
    [
      "Vary: Cookie and a rule that takes cookies away",
      { target: "/a", policy: { vary: ["cookie"], rules: ["no-cookies"] }, variant: "cookie" },
      [
        "the server says that it depends on cookies",
        "the rule no-cookies takes away the cookies that the server sets",
      ],
    ],
    ["an answer that is no page", { target: "/api/cart", type: "application/json" }, ['its path has "cart"']],
  ];
  test.each(cases)("by %s", (_, stored, signs) => {
    store([{ ...stored, hits: 7 }]);
    expect(look({ cookieRules: ["no-cookies"] }).personal).toMatchObject([
      { site: "shop", host: "shop.test", scheme: "http", target: stored.target, hits: 7, signs },
    ]);
  });
});

describe("what everybody gets, or one alone, is no suspect", () => {
  const cases: [string, Stored][] = [
    ["a picture", { target: "/account/logo.png", type: "image/png" }],
    ["a script", { target: "/cart/cart.js", type: "text/javascript; charset=utf-8" }],
    ["a page on carts", { target: "/blog/how-we-built-our-shopping-cart" }],
    ["what is kept from who has cookies", { target: "/account", policy: { sharedWith: "anonymous" } }],
    ["a copy for each cookie", { target: "/account", variant: "cookie:abc", policy: { vary: ["cookie"] } }],
    ["a cookie in the key", { target: "/account", marks: [cookieMark("session", ["1"])] }],
    ["a redirect", { target: "/account", status: 301 }],
    ["Vary: Cookie alone", { target: "/a", policy: { vary: ["cookie"] }, variant: "cookie" }],
    [
      "a cookie of which the server has thought",
      {
        target: "/a",
        policy: { withheldFields: ["set-cookie"] },
        fields: [["cache-control", 'max-age=60, private="set-cookie"']],
      },
    ],
    [
      "a rule's lifetime over nothing",
      { target: "/a", policy: { lifetimeSource: "rule" }, fields: [["cache-control", "max-age=5"]] },
    ],
  ];
  test.each(cases)("%s", (_, stored) => {
    store([stored]);
    expect(look().personal).toEqual([]);
  });
});

test("of many alike a few are told, those that are asked for most, and others beside them", () => {
  const orders = Array.from({ length: 50 }, (_, id) => ({ target: `/orders/${id}`, hits: id }));
  store([...orders, { target: "/cart" }]);
  expect(look().personal.map(({ target }) => target)).toEqual([
    "/orders/49",
    "/orders/48",
    "/orders/47",
    "/cart",
  ]);
});

test("what was removed and lies on the disk still is not told", () => {
  store(each([1, 2, 3], (copy) => ({ target: "/cart", variant: `x:${copy}` })));
  const hidden = [{ by: "target", target: "/cart", host: null, site: null } as const];
  expect(look({ hidden })).toMatchObject({ splits: [], personal: [] });
});

function change(statement: string): void {
  const { database } = openToRead(indexPath(directory.path), () => ({}));
  database.run("PRAGMA query_only = OFF");
  database.run(statement);
  database.close(true);
}

test("bodies that are held in part are not taken for the same", () => {
  store(each([1, 2, 3], (id) => ({ target: `/film?id=${id}`, ...own(id) })));
  change("UPDATE responses SET checksum = ''");
  expect(look().splits).toEqual([]);
});

test("a row that cannot be read stops nothing", () => {
  store([{ target: "/account/1" }, { target: "/account/2" }]);
  change("UPDATE responses SET policy = '{' WHERE primaryKey LIKE '/account/1%'");
  expect(look().personal.map(({ target }) => target)).toEqual(["/account/2"]);
});

test("when the time is over, what has been found by then is told, and that it is not all", () => {
  store([
    ...Array.from({ length: 3_000 }, (_, page) => ({ target: `/x/${page}` })),
    ...each([1, 2, 3], (copy) => ({ target: "/a", variant: `x:${copy}` })),
  ]);
  let asked = 0;
  const { looked, isWhole, splits } = look({ milliseconds: 10 }, () => (asked++ === 0 ? 0 : 100));
  expect({ looked, isWhole, splits: splits.length }).toEqual({ looked: 1_024, isWhole: false, splits: 1 });
});
