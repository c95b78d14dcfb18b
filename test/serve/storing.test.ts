import { afterEach, describe, expect, test } from "bun:test";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { order } from "../store/samples.ts";
import {
  always,
  cacheWord,
  keyOf,
  type ProxyOverrides,
  reasonOf,
  startProxy,
  type TestProxy,
} from "./proxy.ts";

let proxy: TestProxy;
async function before(script: Script, overrides?: ProxyOverrides): Promise<void> {
  proxy = await startProxy(script, overrides);
}
afterEach(() => proxy.stop());

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };

/** A 304 to be sent as it stands. */
function notModified(lines: string): Script {
  return ({ send }) => void send(`HTTP/1.1 304 Not Modified\r\n${lines}\r\n`);
}

describe("a response to a request with Authorization (RFC 9111 §3.5)", () => {
  test.each([
    ["max-age=60", "MISS"],
    ["max-age=60, public", "HIT"],
    ["s-maxage=60", "HIT"],
    ["max-age=60, must-revalidate", "HIT"],
  ])("that says %s: another client gets a %s", async (directives, word) => {
    await before(always(200, { "Cache-Control": directives }));
    const first = await proxy.get("/page", { Authorization: "Basic YTpi" });
    expect(reasonOf(first)).toBe(word === "HIT" ? "stored-explicit" : "request-authorization");
    expect(cacheWord(await proxy.get("/page"))).toBe(word as "HIT");
  });
});

describe("must-understand (§5.2.2.3)", () => {
  test.each([
    [200, "no-store, must-understand, max-age=60", "HIT"],
    [299, "no-store, must-understand, max-age=60", "MISS"],
    [200, "no-store, max-age=60", "MISS"],
  ])("a %i that says %s is a %s the next time", async (status, directives, word) => {
    await before(always(status, { "Cache-Control": directives }));
    await proxy.get("/page");
    expect(cacheWord(await proxy.get("/page"))).toBe(word as "HIT");
  });
});

describe("fields for one client only", () => {
  const withheld = { ...fresh, "Set-Cookie": "id=1", "X-Mine": "mine", "X-Ours": "ours" };

  test.each([
    ["max-age=60", { cookie: null, mine: "mine" }],
    ['max-age=60, private="X-Mine"', { cookie: null, mine: null }],
    ['max-age=60, no-cache="X-Mine, X-None"', { cookie: null, mine: null }],
  ])("of a response that says %s go to the client that caused it", async (directives, kept) => {
    await before(always(200, { ...withheld, "Cache-Control": directives }));
    const seen = async () => {
      const answer = await proxy.get("/page");
      const [cookie, mine, ours] = ["set-cookie", "x-mine", "x-ours"].map((name) => answer.field(name));
      return { word: cacheWord(answer), cookie, mine, ours };
    };
    expect(await seen()).toEqual({ word: "MISS", cookie: "id=1", mine: "mine", ours: "ours" });
    expect(await seen()).toEqual({ word: "HIT", ...kept, ours: "ours" } as never);
  });

  test("of a 304 go to the client that caused the revalidation", async () => {
    await before(
      always(200, { ...withheld, ETag: '"v1"', "Cache-Control": 'max-age=60, no-cache="X-Mine"' }),
    );
    await proxy.get("/page");
    proxy.advance(61);
    proxy.origin.answer(
      notModified('ETag: "v1"\r\nSet-Cookie: id=2\r\nSet-Cookie: b=3\r\nX-Mine: other\r\nX-Ours: new\r\n'),
    );
    const cookiesOf = (answer: Awaited<ReturnType<typeof proxy.get>>) =>
      answer.fields.filter(([name]) => name.toLowerCase() === "set-cookie").map(([, value]) => value);
    const causer = await proxy.get("/page");
    expect(cacheWord(causer)).toBe("REVALIDATED");
    expect(cookiesOf(causer)).toEqual(["id=2", "b=3"]);
    expect([causer.field("x-mine"), causer.field("x-ours")]).toEqual(["other", "new"]);
    const next = await proxy.get("/page");
    expect(cacheWord(next)).toBe("HIT");
    expect([cookiesOf(next), next.field("x-mine"), next.field("x-ours")]).toEqual([[], null, "new"]);
  });

  test("where cookies are shared, a stored Set-Cookie goes to all, and so does that of a 304", async () => {
    await before(always(200, { ...withheld, ETag: '"v1"' }), { storing: { shareSetCookie: true } });
    const cookies = async () => {
      const { fields } = await proxy.get("/page");
      return fields.filter(([name]) => name.toLowerCase() === "set-cookie").map(([, value]) => value);
    };
    expect([await cookies(), await cookies()]).toEqual([["id=1"], ["id=1"]]);
    proxy.advance(61);
    proxy.origin.answer(notModified('ETag: "v1"\r\n'));
    expect([await cookies(), await cookies()]).toEqual([["id=1"], ["id=1"]]);
    proxy.advance(61);
    proxy.origin.answer(notModified('ETag: "v1"\r\nSet-Cookie: id=2\r\nSet-Cookie: b=3\r\n'));
    const brought = ["id=2", "b=3"];
    expect([await cookies(), await cookies()]).toEqual([brought, brought]);
    expect(proxy.served.map(({ cache }) => cache)).toEqual([
      "MISS",
      "HIT",
      "REVALIDATED",
      "HIT",
      "REVALIDATED",
      "HIT",
    ]);
  });

  test("a Set-Cookie without an explicit lifetime is not stored at all", async () => {
    await before(always(200, { "Set-Cookie": "id=1", "Last-Modified": "Wed, 31 Dec 2025 12:00:00 GMT" }));
    expect(reasonOf(await proxy.get("/page"))).toBe("set-cookie");
    expect(cacheWord(await proxy.get("/page"))).toBe("MISS");
  });
});

describe("a 304 that forbids storing", () => {
  test("removes what it confirms, here and in the other workers", async () => {
    await before(always(200, { ...fresh, ETag: '"v1"' }, "hello"));
    await proxy.get("/page");
    proxy.advance(61);
    proxy.origin.answer(notModified('ETag: "v1"\r\nCache-Control: no-store\r\n'));
    const confirmed = await proxy.get("/page");
    expect([cacheWord(confirmed), confirmed.text]).toEqual(["REVALIDATED", "hello"]);
    expect(proxy.effects).toEqual([["response-no-store", 1]]);
    expect(proxy.invalidatedElsewhere).toEqual([
      { by: "variant", primaryKey: keyOf("/page"), variantKey: "" },
    ]);
    proxy.origin.answer(always(200, fresh, "new"));
    expect((await proxy.get("/page")).text).toBe("new");
    expect(proxy.origin.requests.at(-1)?.field("if-none-match")).toBeNull();
  });

  test("to this client alone leaves the stored response as it is", async () => {
    await before(always(200, { ...fresh, ETag: '"v1"' }, "hello"));
    await proxy.get("/page");
    proxy.advance(61);
    proxy.origin.answer(notModified('ETag: "v1"\r\nX-Secret: 1\r\n'));
    const answer = await proxy.get("/page", { "Cache-Control": "no-store" });
    expect([cacheWord(answer), answer.field("x-secret")]).toEqual(["REVALIDATED", "1"]);
    const again = await proxy.get("/page", { "Cache-Control": "max-stale" });
    expect([cacheWord(again), again.field("x-secret")]).toEqual(["STALE", null]);
  });
});

describe("POST (RFC 9110 §9.3.3)", () => {
  const post = (fields: Record<string, string> = {}) =>
    ask(proxy.port, `${requestText("POST", "/page", { ...fields, "Content-Length": "2" })}hi`);

  test.each([
    ["/page", "HIT"],
    ["http://127.0.0.1:1/page", "MISS"],
    ["/other", "MISS"],
  ])("with an explicit lifetime and Content-Location %s: the next GET is a %s", async (location, word) => {
    await before(always(200, { ...fresh, "Content-Location": location }, "created"));
    expect(cacheWord(await post())).toBe("PASS");
    const answer = await proxy.get("/page");
    expect([cacheWord(answer), answer.text]).toEqual([word as "HIT", "created"]);
  });

  test("is stored although it removes what was there, however long the origin took", async () => {
    await before(always(200, fresh, "former"));
    await proxy.get("/page");
    proxy.origin.answer((exchange) => {
      proxy.advance(1);
      return void exchange.respond(200, { ...fresh, "Content-Location": "/page" }, "created");
    });
    await post();
    const answer = await proxy.get("/page");
    expect([cacheWord(answer), answer.text]).toEqual(["HIT", "created"]);
  });

  test("its conditions are the origin's to judge, and are not judged again over its answer", async () => {
    await before(always(200, { ...fresh, "Content-Location": "/page", ETag: '"v1"' }, "created"));
    const answer = await post({ "If-None-Match": "*" });
    expect([answer.status, answer.text]).toEqual([200, "created"]);
    expect(proxy.origin.requests[0]?.field("if-none-match")).toBe("*");
  });
});

test("an explicit lifetime lets any final status be stored, none does not", async () => {
  await before((exchange) => {
    const lifetime = exchange.request.target === "/stated" ? { "Cache-Control": "max-age=60" } : {};
    return void exchange.respond(599, { ...lifetime, "Last-Modified": "Wed, 31 Dec 2025 12:00:00 GMT" });
  });
  await proxy.get("/stated");
  await proxy.get("/silent");
  expect(cacheWord(await proxy.get("/stated"))).toBe("HIT");
  expect(reasonOf(await proxy.get("/silent"))).toBe("status-without-lifetime");
});

test("what is announced to be larger than the cache may hold is not begun to be stored", async () => {
  const memory = createMemoryStore({
    now: () => 0,
    removals: createRemovals(1),
    maxBytes: 1_000_000,
    order,
    newId: () => "id",
  });
  const store = { ...memory, write: () => Promise.reject(new Error("a writer was opened")) };
  await before(always(200, fresh, "0123456789"), { store, options: { maxObjectSize: 9 } });
  const answer = await proxy.get("/page");
  expect([answer.text, reasonOf(answer)]).toEqual(["0123456789", "too-large"]);
  expect(cacheWord(await proxy.get("/page"))).toBe("MISS");
});
