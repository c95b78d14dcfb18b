import { afterAll, afterEach, describe, expect, test } from "bun:test";
import type { Scheme } from "../../src/rules/authority.ts";
import { primaryKey } from "../../src/rules/cache-key.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { createTieredStore } from "../../src/store/tiers.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { createDirectory } from "../store/directory.ts";
import { newResponse, order } from "../store/samples.ts";
import {
  always,
  beginning,
  cacheWord,
  keyOf,
  type ProxyOverrides,
  startProxy,
  type TestProxy,
} from "./proxy.ts";

let proxy: TestProxy;
async function before(script: Script, overrides?: ProxyOverrides): Promise<void> {
  proxy = await startProxy(script, overrides);
}
afterEach(() => proxy.stop());

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };

/** Gives GET a storable answer, every other method `status` with `fields`. */
function editable(fields: Record<string, string>, status = 200): Script {
  return (exchange) =>
    exchange.request.method === "GET"
      ? void exchange.respond(200, fresh, "hello")
      : void exchange.respond(status, fields);
}

async function send(method: string, target: string, fields: Record<string, string> = {}): Promise<void> {
  await ask(proxy.port, requestText(method, target, { "Content-Length": "0", ...fields }));
}

async function words(...targets: readonly string[]): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for (const target of targets) found.push(cacheWord(await proxy.get(target, { Host: "shop.example" })));
  return found;
}

describe("an unsafe request (RFC 9111 §4.4)", () => {
  const shop = { Host: "shop.example" };

  test.each([
    ["POST", 200, "MISS"],
    ["POST", 303, "MISS"],
    ["POST", 404, "HIT"],
    ["POST", 500, "HIT"],
    ["PUT", 204, "MISS"],
    ["DELETE", 200, "MISS"],
    ["PATCH", 200, "MISS"],
    ["MKCOL", 201, "MISS"],
    ["OPTIONS", 200, "HIT"],
    ["PROPFIND", 207, "HIT"],
  ])("%s answered with %i: its target is a %s afterwards", async (method, status, word) => {
    await before(editable({}, status));
    await words("/page");
    await send(method, "/page", shop);
    expect(await words("/page")).toEqual([word]);
    const removed: typeof proxy.effects = word === "MISS" ? [["invalidated-by-method", 1]] : [];
    expect(proxy.effects).toEqual(removed);
  });

  test.each([
    ["Location", "/list", "MISS"],
    ["Location", "list", "MISS"],
    ["Content-Location", "http://shop.example/list", "MISS"],
    ["Content-Location", "http://SHOP.example:80/./list#top", "MISS"],
    ["Location", "ORIGIN/list", "MISS"],
    ["Location", "http://other.example/list", "HIT"],
    ["Location", "https://shop.example/list", "HIT"],
    ["Location", "//[", "HIT"],
  ])("whose answer says %s: %s: /list is a %s afterwards", async (field, reference, word) => {
    await before(editable({}));
    const named = reference.replace("ORIGIN", proxy.origin.url);
    proxy.origin.answer(editable({ [field]: named }));
    await words("/page", "/list", "/else");
    await send("POST", "/page", shop);
    expect(await words("/page", "/list", "/else")).toEqual(["MISS", word, "HIT"]);
    const byLocation: typeof proxy.effects = word === "MISS" ? [["invalidated-by-location", 1]] : [];
    expect(proxy.effects).toEqual([["invalidated-by-method", 1], ...byLocation]);
  });

  test("where the client's Host is sent on, the origin's own name is another origin", async () => {
    await before(editable({}), { options: { originHost: null } });
    proxy.origin.answer(editable({ Location: `${proxy.origin.url}/list` }));
    await words("/page", "/list");
    await send("POST", "/page", shop);
    expect(await words("/page", "/list")).toEqual(["MISS", "HIT"]);
  });

  test("removes nothing of other hosts", async () => {
    await before(editable({ Location: "/page" }), { options: { originHost: null } });
    await words("/page");
    await send("DELETE", "/page", { Host: "other.example" });
    expect(await words("/page")).toEqual(["HIT"]);
  });

  test('whose answer names "/" removes what is stored as its index', async () => {
    await before(editable({ Location: "/" }), { options: { index: "index.html" } });
    await words("/");
    await send("POST", "/page", shop);
    expect(await words("/")).toEqual(["MISS"]);
  });
});

describe.each([
  ["each host has pages of its own", null, ["/page other.example"]],
  ["the origin is sent its own Host", "origin.example", []],
])("where %s", (_, originHost, staying) => {
  const keys = ["http", "https"].flatMap((scheme) =>
    [[], ["cookie:lang=de"], ["rule:members"]].map((marks) =>
      primaryKey({ target: "/page", host: "shop.example", scheme: scheme as Scheme, marks }),
    ),
  );

  test("a POST removes its page under all keys, those of the other scheme and of rules as well", async () => {
    await before(editable({}), { options: { originHost } });
    const { store } = proxy.context;
    for (const each of [...keys, "/page other.example", "/pages shop.example"]) {
      await store.put(newResponse({ primaryKey: each }), new Uint8Array(1));
    }
    await send("POST", "/page", { Host: "shop.example" });
    for (const each of keys) expect([each, await store.find(each)]).toEqual([each, []]);
    for (const each of [...staying, "/pages shop.example"]) expect(await store.find(each)).toHaveLength(1);
    expect(proxy.effects).toEqual([["invalidated-by-method", keys.length + 1 - staying.length]]);
  });
});

describe("groups (RFC 9875)", () => {
  const directory = createDirectory();
  afterAll(() => directory.dispose());

  const groups: Script = (exchange) => {
    const { method, target } = exchange.request;
    if (method !== "GET") {
      return void exchange.respond(200, { "Cache-Group-Invalidation": '"news"', "Cache-Groups": '"sport"' });
    }
    const named = target === "/both" ? '"sport", "news"' : `"${target.slice(1)}"`;
    return void exchange.respond(200, { ...fresh, "Cache-Groups": named }, "hello");
  };

  test("an unsafe request removes the groups its answer names, from memory and from disk", async () => {
    const now = () => beginning;
    const newId = () => crypto.randomUUID().replaceAll("-", "");
    const fail = (trouble: { message: string }) => {
      throw new Error(trouble.message);
    };
    const memory = createMemoryStore({
      now: () => 0,
      removals: createRemovals(1),
      maxBytes: 1_000_000,
      order,
      newId,
    });
    const store = createTieredStore(memory, directory.open({ now }), fail);
    await before(groups, { store, shortCut: false });
    await words("/news", "/sport", "/both");
    await send("POST", "/elsewhere", { Host: "shop.example" });
    await store.published();
    // An empty memory before the same disk: what was removed is in neither.
    const other = createTieredStore(
      createMemoryStore({ now: () => 0, removals: createRemovals(1), maxBytes: 1_000_000, order, newId }),
      directory.open({ now }),
      fail,
    );
    for (const each of [store, other]) {
      const found = await Promise.all(
        ["/news", "/sport", "/both"].map((target) => each.find(keyOf(target, "shop.example"))),
      );
      expect(found.map((entries) => entries.length)).toEqual([0, 1, 0]);
    }
    expect(proxy.effects.find(([reason]) => reason === "invalidated-by-group")?.[1]).toBeGreaterThanOrEqual(
      2,
    );
    expect(proxy.invalidatedElsewhere.at(-1)).toEqual({ by: "group", group: "news", host: null, site: "" });
  });

  test("of one host do not reach another", async () => {
    await before(groups, { options: { originHost: null } });
    await words("/news");
    await send("POST", "/page", { Host: "other.example" });
    expect(await words("/news")).toEqual(["HIT"]);
    await send("POST", "/page", { Host: "shop.example" });
    expect(await words("/news")).toEqual(["MISS"]);
  });

  test("a safe request invalidates none", async () => {
    await before(
      (exchange) => void exchange.respond(200, { ...fresh, "Cache-Group-Invalidation": '"news"' }),
    );
    await words("/a", "/b");
    expect(proxy.effects).toEqual([]);
  });
});

describe("HEAD (RFC 9111 §4.3.5)", () => {
  const stored = { ...fresh, ETag: '"v1"', "Last-Modified": "Wed, 31 Dec 2025 12:00:00 GMT" };

  async function headWith(fields: string): Promise<void> {
    await before(always(200, stored, "hello"));
    await proxy.get("/page");
    proxy.advance(61);
    proxy.origin.answer(({ send }) => void send(`HTTP/1.1 200 OK\r\n${fields}\r\n`));
    await ask(proxy.port, requestText("HEAD", "/page"));
  }

  test("that confirms freshens the stored response", async () => {
    await headWith('ETag: "v1"\r\nContent-Length: 5\r\nCache-Control: max-age=90\r\nX-New: 1\r\n');
    expect(proxy.effects).toEqual([["freshened-by-head", 1]]);
    proxy.advance(80);
    const answer = await proxy.get("/page");
    expect([cacheWord(answer), answer.text, answer.field("x-new")]).toEqual(["HIT", "hello", "1"]);
  });

  test.each(['ETag: "v2"\r\n', "Last-Modified: Thu, 01 Jan 2026 12:00:00 GMT\r\n", "Content-Length: 6\r\n"])(
    "that says %j removes it, here and in the other workers",
    async (fields) => {
      await headWith(`${fields}Cache-Control: max-age=90\r\n`);
      expect(proxy.effects).toEqual([["invalidated-by-head", 1]]);
      expect(proxy.invalidatedElsewhere).toEqual([
        { by: "variant", primaryKey: keyOf("/page"), variantKey: "" },
      ]);
      proxy.origin.answer(always(200, fresh, "new"));
      expect((await proxy.get("/page")).text).toBe("new");
      expect(proxy.origin.requests.at(-1)?.field("if-none-match")).toBeNull();
    },
  );

  test("that confirms and forbids storing removes it", async () => {
    await headWith('ETag: "v1"\r\nCache-Control: no-store\r\n');
    expect(proxy.effects).toEqual([["response-no-store", 1]]);
  });

  test("with an error changes nothing", async () => {
    await before(always(200, stored, "hello"));
    await proxy.get("/page");
    proxy.advance(61);
    proxy.origin.answer(always(404, { ETag: '"v2"' }));
    await ask(proxy.port, requestText("HEAD", "/page"));
    expect(proxy.effects).toEqual([]);
    proxy.origin.answer(({ send }) => void send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'));
    expect(cacheWord(await proxy.get("/page"))).toBe("REVALIDATED");
  });
});

test("what was removed while a 304 was on its way is fetched anew where its body was a file", async () => {
  const directory = createDirectory();
  await before(
    async (exchange) => {
      if (exchange.request.field("if-none-match") === null) {
        return void exchange.respond(200, { ...fresh, ETag: '"1"' }, "x".repeat(1_500_000));
      }
      await proxy.context.store.remove({ by: "all" });
      await exchange.respond(304, { ...fresh, ETag: '"1"' });
    },
    { disk: directory.open({ now: () => proxy?.now() ?? beginning }) },
  );
  await proxy.get("/large");
  proxy.advance(70);
  const answer = await proxy.get("/large");
  expect([answer.status, answer.body.length]).toEqual([200, 1_500_000]);
  await directory.dispose();
});
