import { afterEach, describe, expect, test } from "bun:test";
import { purgingOf, type PurgingSettings } from "../../src/serve/purge/permission.ts";
import type { ServeOptions } from "../../src/serve/context.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import {
  always,
  cacheWord,
  planOf,
  type ProxyOverrides,
  reasonOf,
  startProxy,
  type TestProxy,
} from "./proxy.ts";

let proxy: TestProxy;
afterEach(() => proxy.stop());

type Mutable<Thing> = { -readonly [Name in keyof Thing]: Thing[Name] };

const token = "correct-horse-battery";
const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };

async function start(settings: Partial<PurgingSettings>, overrides: ProxyOverrides = {}): Promise<void> {
  const purging = purgingOf({ purgeFrom: ["127.0.0.0/8"], ...settings });
  proxy = await startProxy(always(200, fresh), { ...overrides, options: { purging, ...overrides.options } });
}

function send(method: string, target: string, fields: Record<string, string> = {}) {
  return ask(proxy.port, requestText(method, target, fields));
}

describe("who may purge", () => {
  test.each<
    [
      what: string,
      settings: Partial<PurgingSettings>,
      trust: readonly string[],
      fields: Record<string, string>,
      status: number,
    ]
  >([
    ["nobody, if nobody is named", { purgeFrom: [] }, [], {}, 403],
    ["who is named", {}, [], {}, 200],
    ["nobody else", { purgeFrom: ["10.0.0.0/8"] }, [], {}, 403],
    ["who is named, with the token", { purgeToken: token }, [], { Authorization: `Bearer ${token}` }, 200],
    ["the scheme in any case", { purgeToken: token }, [], { Authorization: `bearer ${token}` }, 200],
    ["not without the token", { purgeToken: token }, [], {}, 403],
    ["not with another", { purgeToken: token }, [], { Authorization: `Bearer ${token}x` }, 403],
    [
      "not with its beginning",
      { purgeToken: token },
      [],
      { Authorization: `Bearer ${token.slice(0, -1)}` },
      403,
    ],
    ["not with it as a password", { purgeToken: token }, [], { Authorization: `Basic ${token}` }, 403],
    [
      "nobody else, though with the token",
      { purgeFrom: ["10.0.0.7"], purgeToken: token },
      [],
      { Authorization: `Bearer ${token}` },
      403,
    ],
    ["not through a proxy that nobody has named", {}, [], { "X-Forwarded-For": "192.0.2.7" }, 403],
    ["not even who says that it is somebody who may", {}, [], { "X-Forwarded-For": "127.0.0.1" }, 403],
    ["not through one that speaks by Forwarded", {}, [], { Forwarded: "for=192.0.2.7" }, 403],
    ["not through one that tells of itself alone", {}, [], { Via: "1.1 somewhere" }, 403],
    [
      "not a stranger through a proxy that is named",
      {},
      ["127.0.0.1"],
      { "X-Forwarded-For": "192.0.2.7" },
      403,
    ],
    [
      "who is named, through a proxy that is named",
      { purgeFrom: ["192.0.2.7"] },
      ["127.0.0.1"],
      { "X-Forwarded-For": "192.0.2.7", Via: "1.1 somewhere" },
      200,
    ],
    [
      "not through a proxy that is named and names nobody",
      {},
      ["127.0.0.1"],
      { "X-Forwarded-Proto": "https" },
      403,
    ],
    ["not through one that names nobody in so many words", {}, ["127.0.0.1"], { "X-Forwarded-For": "" }, 403],
    [
      "not through two of which one is named",
      { purgeFrom: ["192.0.2.7"] },
      ["127.0.0.1"],
      { "X-Forwarded-For": "198.51.100.1, 192.0.2.7" },
      403,
    ],
    ["who comes by itself from where the proxy is named", {}, ["127.0.0.1"], {}, 200],
  ])("%s", async (_, settings, trust, fields, status) => {
    await start({ purgePath: "/purge", ...settings }, { trust });
    for (const [method, target] of [
      ["PURGE", "/page"],
      ["GET", "/purge/page"],
    ] as const) {
      const answer = await send(method, target, fields);
      expect([answer.status, answer.field("cache-control"), cacheWord(answer)]).toEqual([
        status,
        "no-store",
        "PURGE",
      ]);
      expect(reasonOf(answer)).toBe(status === 200 ? "purged" : "purge-forbidden");
    }
    expect(proxy.purges).toHaveLength(status === 200 ? 2 : 0);
    expect(proxy.origin.requests).toHaveLength(0);
  });

  test("a proxy that nobody has named is told of, but not by strangers", async () => {
    await start({});
    await send("PURGE", "/", { "X-Forwarded-For": "192.0.2.7" });
    expect(proxy.unnamedProxies).toEqual(["127.0.0.1"]);
    await proxy.stop();
    await start({ purgeFrom: ["10.0.0.7"] });
    await send("PURGE", "/", { "X-Forwarded-For": "192.0.2.7" });
    expect(proxy.unnamedProxies).toEqual([]);
  });
});

test("what is asked is handed on with who asks, and the answer says how many, in words and in numbers", async () => {
  const counts = { purged: 3, complete: 2, partial: 1, inFlight: 1, soft: true, milliseconds: 7 };
  await start({}, { purged: { kind: "purged", answer: { ...counts, lookedFor: "/a of every host" } } });
  const answer = await send("PURGE", "/a", { "User-Agent": "x".repeat(300), "Fastly-Soft-Purge": "1" });
  expect(proxy.purges).toEqual([
    {
      wanted: [{ url: "http://cache.test/a", site: "", soft: true }],
      client: "127.0.0.1",
      asker: "x".repeat(256),
    },
  ]);
  expect(answer.field("content-type")).toBe("application/json");
  expect(JSON.parse(answer.text)).toEqual({
    ...{ status: "ok", message: "purged 3 responses softly: /a of every host" },
    ...counts,
  });
});

test.each([
  ["refused", 400, "purge-refused"],
  ["uncertain", 503, "purge-uncertain"],
] as const)("what is %s is answered %d with the words for it", async (kind, status, reason) => {
  await start({}, { purged: { kind, why: "it went wrong" } });
  const answer = await send("PURGE", "/a");
  expect([answer.status, answer.text, reasonOf(answer)]).toEqual([
    status,
    `${status} it went wrong\n`,
    reason,
  ]);
  expect(answer.field("retry-after")).toBe(status === 503 ? "1" : null);
  await proxy.untilServed(1);
  expect(proxy.served).toMatchObject([{ cache: "PURGE", reason, status, method: "PURGE", target: "/a" }]);
});

test("what nobody understands is refused, and nothing is purged", async () => {
  await start({});
  const answer = await send("PURGE", "/", { "X-Purge-Method": "flushall" });
  expect([answer.status, reasonOf(answer)]).toEqual([400, "purge-refused"]);
  expect(answer.text).toContain("exact");
  expect(proxy.purges).toEqual([]);
});

test("a target of bytes that are no UTF-8 is refused: it may be another's", async () => {
  await start({});
  expect((await send("PURGE", "/%EF%BF%BD")).status).toBe(400);
});

test.each([
  ["denies it", { deny: 403 }],
  ["sends visitors elsewhere", { redirect: { to: "https" } }],
  ["passes it on", { pass: true }],
] as const)("a rule of the site that %s does not keep its programs from purging", async (_, settings) => {
  await start({}, { plan: planOf({ rules: [{ name: "rule", settings }] }) });
  expect((await send("PURGE", "/page")).status).toBe(200);
  expect(proxy.purges).toHaveLength(1);
});

test("everything is of the site that answers, and of the host where each has its own pages", async () => {
  await start({}, { plan: planOf({ name: "shop", hosts: ["shop.test"], preserveHost: true }) });
  await send("PURGE", "/a", { Host: "shop.test" });
  await send("PURGE", "/.*", { Host: "shop.test", "X-Purge-Method": "regex" });
  await send("PURGE", "/", { Host: "shop.test", xkey: "a" });
  expect(proxy.purges.flatMap(({ wanted }) => wanted)).toEqual([
    { url: "http://shop.test/a", site: "shop" },
    { prefix: "http://shop.test/", site: "shop" },
    { tags: ["a"], site: "shop" },
  ]);
  expect((await send("PURGE", "/a", { Host: "other.test" })).status).toBe(421);
  expect(proxy.purges).toHaveLength(3);
});

test("without a path for purging, what others use for it is a page like any other", async () => {
  await start({});
  expect(cacheWord(await send("GET", "/purge/page"))).toBe("MISS");
  expect(cacheWord(await send("GET", "/purge/page"))).toBe("HIT");
});

test("what was stored below the path for purging is not answered from memory, and its neighbours are", async () => {
  const options: Partial<Mutable<ServeOptions>> = {};
  proxy = await startProxy(always(200, fresh), { options });
  const neighbours = ["/purge", "/purged/page", "/a/purge/page"];
  for (const target of ["/purge/page", ...neighbours]) await send("GET", target);
  options.purging = purgingOf({ purgeFrom: [], purgePath: "/purge" });
  proxy.usePlan(planOf({}));
  expect((await send("GET", "/purge/page")).status).toBe(403);
  for (const target of neighbours) expect(cacheWord(await send("GET", target))).toBe("HIT");
});
