import { afterEach, describe, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { createDirectory, type TestDirectory } from "../store/directory.ts";
import {
  always,
  beginning,
  cacheWord,
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

/** Answers with what was asked for, and says that it depends on it. */
function varying(vary: string, own: (value: string) => Record<string, string> = () => ({})): Script {
  return (exchange) => {
    const [name = ""] = vary.split(",");
    const value = exchange.request.field(name) ?? "none";
    return void exchange.respond(200, { ...fresh, Vary: vary, ...own(value) }, `for ${value}`);
  };
}

async function seen(fields: Record<string, string>): Promise<readonly [string | null, string]> {
  const answer = await proxy.get("/page", fields);
  return [cacheWord(answer), answer.text];
}

describe("Vary (RFC 9111 §4.1)", () => {
  test.each([
    ["Accept-Encoding", "gzip, br", "br,GZIP", "HIT"],
    ["Accept-Encoding", "gzip;q=0.5, br", "br;q=1.0, gzip;q=0.50", "HIT"],
    ["Accept-Encoding", "gzip;q=0.5, br", "gzip, br;q=0.5", "MISS"],
    ["Accept-Encoding", "x-gzip", "gzip", "HIT"],
    ["Accept-Language", "de, en;q=0.8", "EN;q=0.8,de", "HIT"],
    ["Accept", "text/html, */*;q=0.1", "*/*;q=0.1,text/html", "HIT"],
    ["X-Other", "a, b", "a,b", "MISS"],
    ["X-Other", "a, b", "a, b", "HIT"],
    ["Origin", "https://shop.test,", "https://shop.test", "MISS"],
    ["User-Agent", ",Mozilla/5.0", "Mozilla/5.0", "MISS"],
    ["Cookie", "a=1,,2", "a=1,2", "MISS"],
    ["X-Other", "a, b", "b, a", "MISS"],
  ])("%s: %s, then %s is a %s", async (name, one, other, word) => {
    await before(varying(name));
    await proxy.get("/page", { [name]: one });
    expect((await seen({ [name]: other }))[0]).toBe(word);
  });

  test("all fields it names must match, and an absent one matches an absent one only", async () => {
    await before(varying("X-A, X-B"));
    await proxy.get("/page", { "X-A": "1" });
    expect((await seen({ "X-A": "1" }))[0]).toBe("HIT");
    const other = await proxy.get("/page", { "X-A": "1", "X-B": "" });
    expect([cacheWord(other), reasonOf(other)]).toEqual(["MISS", "stored-explicit"]);
    expect(other.field("cache-status")).toContain("fwd=vary-miss");
    expect(await seen({ "X-A": "1" })).toEqual(["HIT", "for 1"]);
  });

  test("of responses that both match, the newest answers", async () => {
    await before(varying("X-A"));
    await proxy.get("/page", { "X-A": "1" });
    proxy.origin.answer(varying("X-B"));
    proxy.advance(1);
    await proxy.get("/page", { "X-A": "2", "X-B": "9" });
    // Both match: the one by X-A, the other by X-B.
    expect(await seen({ "X-A": "1", "X-B": "9" })).toEqual(["HIT", "for 9"]);
    expect(await seen({ "X-A": "1" })).toEqual(["HIT", "for 1"]);
  });

  test.each([true, false])(
    "one whose own Vary matches goes before one without, whichever came later (short cut: %j)",
    async (shortCut) => {
      const withOrigin: Script = (exchange) => {
        const origin = exchange.request.field("origin");
        const own = origin === null ? {} : { Vary: "Origin", "Access-Control-Allow-Origin": origin };
        return void exchange.respond(200, { ...fresh, ...own }, origin ?? "plain");
      };
      const site = { Origin: "https://shop.test" };
      await before(withOrigin, { shortCut });
      await proxy.get("/page", site);
      proxy.advance(1);
      expect(await seen({})).toEqual(["MISS", "plain"]);
      for (let round = 0; round < 2; round++) {
        expect(await seen(site)).toEqual(["HIT", "https://shop.test"]);
        expect(await seen({})).toEqual(["HIT", "plain"]);
      }
    },
  );

  test("an answer that has lost its Vary takes the place of the one that had it", async () => {
    await before(varying("X-A", () => ({ ETag: '"v1"' })));
    await proxy.get("/page", { "X-A": "1" });
    await proxy.get("/page", { "X-A": "2" });
    proxy.advance(61);
    proxy.origin.answer(always(200, fresh, "for all"));
    expect(await seen({ "X-A": "1" })).toEqual(["MISS", "for all"]);
    expect(await seen({ "X-A": "1" })).toEqual(["HIT", "for all"]);
    expect(proxy.effects).toEqual([["superseded", 1]]);
    expect((await seen({ "X-A": "2" }))[0]).toBe("MISS");
    expect(await seen({ "X-A": "2" })).toEqual(["HIT", "for all"]);
  });

  test("a stored language or coding answers whoever prefers it to all others", async () => {
    await before(varying("Accept-Language", (value) => ({ "Content-Language": value.slice(0, 2) })));
    await proxy.get("/page", { "Accept-Language": "fr" });
    await proxy.get("/page", { "Accept-Language": "en" });
    expect(await seen({ "Accept-Language": "fr, en;q=0.5" })).toEqual(["HIT", "for fr"]);
    expect(await seen({ "Accept-Language": "de;q=0.1, en" })).toEqual(["HIT", "for en"]);
    expect(proxy.origin.requests.length).toBe(2);
    expect((await seen({ "Accept-Language": "fr, en" }))[0]).toBe("MISS");
    expect((await seen({ "Accept-Language": "de, fr;q=0.9" }))[0]).toBe("MISS");
  });

  test("Content-Encoding is chosen the same way, and never against the client's will", async () => {
    await before(varying("Accept-Encoding", (value) => (value === "br" ? { "Content-Encoding": "br" } : {})));
    await proxy.get("/page", { "Accept-Encoding": "br" });
    expect(await seen({ "Accept-Encoding": "br, gzip;q=0.5" })).toEqual(["HIT", "for br"]);
    expect((await seen({ "Accept-Encoding": "gzip, br;q=0.5" }))[0]).toBe("MISS");
    expect((await seen({ "Accept-Encoding": "br;q=0" }))[0]).toBe("MISS");
    expect((await seen({}))[0]).toBe("MISS");
  });

  test("of too many variants the oldest goes", async () => {
    await before(varying("X-Kind"), { maxVariants: 2 });
    for (const kind of ["a", "b", "c"]) {
      await proxy.get("/page", { "X-Kind": kind });
      proxy.advance(1);
    }
    expect((await seen({ "X-Kind": "b" }))[0]).toBe("HIT");
    expect((await seen({ "X-Kind": "c" }))[0]).toBe("HIT");
    expect((await seen({ "X-Kind": "a" }))[0]).toBe("MISS");
  });
});

/** Answers a condition with a 304, and else in the coding that is asked for. */
const coded =
  (notModified: string): Script =>
  ({ request, respond, send }) => {
    if (request.field("if-none-match") !== null) {
      return void send(`HTTP/1.1 304 Not Modified\r\nVary: Accept-Encoding\r\n${notModified}\r\n`);
    }
    const coding = request.field("accept-encoding")?.split(",")[0];
    const own = coding === undefined ? {} : { "Content-Encoding": coding };
    return void respond(
      200,
      { ...fresh, Vary: "Accept-Encoding", ETag: '"v1"', ...own },
      `in ${coding ?? "no coding"}`,
    );
  };

describe("a 304 where Vary lets the request select nothing (RFC 9111 §4.1, §4.3.1)", () => {
  test("hands no coding to a client that cannot read it, though all codings have one entity tag", async () => {
    await before(coded('ETag: "v1"\r\n'));
    await proxy.get("/page", { "Accept-Encoding": "gzip" });
    expect(await seen({})).toEqual(["MISS", "in no coding"]);
    expect(await seen({ "Accept-Encoding": "br" })).toEqual(["REVALIDATED", "in no coding"]);
    expect(proxy.origin.requests.map((request) => request.field("if-none-match"))).toEqual([
      null,
      null,
      '"v1"',
    ]);
  });

  test("lets a stored coding answer who takes it, and asks anew where it names none that was asked about", async () => {
    await before(coded('ETag: "v1"\r\n'));
    await proxy.get("/page", { "Accept-Encoding": "gzip" });
    expect(await seen({ "Accept-Encoding": "br, gzip;q=0.5" })).toEqual(["REVALIDATED", "in gzip"]);
    proxy.origin.answer(coded('ETag: "v2"\r\n'));
    expect(await seen({ "Accept-Encoding": "zstd, gzip;q=0.5" })).toEqual(["MISS", "in zstd"]);
    expect(proxy.origin.requests.at(-2)?.field("if-none-match")).toBe('"v1"');
    expect(proxy.origin.requests.at(-1)?.field("if-none-match")).toBeNull();
  });
});

describe("a 304 where the request selects a response (RFC 9111 §4.3.4)", () => {
  async function staleThen(tag: string): Promise<readonly [string | null, string]> {
    await before(always(200, { ...fresh, ETag: '"v1"' }, "one"));
    await proxy.get("/page");
    proxy.advance(61);
    proxy.origin.answer(({ request, respond, send }) => {
      if (request.field("if-none-match") === null) return void respond(200, { ...fresh, ETag: tag }, "two");
      return void send(`HTTP/1.1 304 Not Modified\r\nETag: ${tag}\r\n\r\n`);
    });
    return await seen({});
  }

  test.each(['"v1"', 'W/"v1"', '"v1-gzip"', '"v1;br"'])("confirms it by %s", async (tag) => {
    expect(await staleThen(tag)).toEqual(["REVALIDATED", "one"]);
    expect(await seen({})).toEqual(["HIT", "one"]);
  });

  test("confirms nothing by another tag: the origin is asked anew", async () => {
    expect(await staleThen('"v2"')).toEqual(["MISS", "two"]);
    expect(await seen({})).toEqual(["HIT", "two"]);
    expect(proxy.origin.requests.map((request) => request.field("if-none-match"))).toEqual([
      null,
      '"v1"',
      null,
    ]);
  });

  test("that confirms nothing leaves nothing of what was stored when the page is gone", async () => {
    await before(
      always(200, { ...fresh, "Cache-Control": "max-age=60, stale-if-error=600", ETag: '"v1"' }, "one"),
    );
    await proxy.get("/page");
    proxy.advance(61);
    proxy.origin.answer(({ request, respond, send }) => {
      if (request.field("if-none-match") === null)
        return void respond(404, { "Cache-Control": "no-store" }, "gone");
      return void send('HTTP/1.1 304 Not Modified\r\nETag: "v2"\r\n\r\n');
    });
    expect((await proxy.get("/page")).status).toBe(404);
    proxy.origin.answer((exchange) => exchange.reset());
    expect((await proxy.get("/page")).status).toBe(502);
  });
});

describe.each(["in memory", "on disk", "on disk, as a file"])("what a 304 confirms, %s,", (place) => {
  let directory: TestDirectory;
  const body = place === "on disk, as a file" ? "0123456789".repeat(30_000) : "one";

  async function stored(fields: Record<string, string>, request: Record<string, string> = {}): Promise<void> {
    directory = createDirectory();
    const disk = directory.open({ now: () => proxy?.now() ?? beginning });
    await before(always(200, fields, body), place === "in memory" ? {} : { store: disk });
    await proxy.get("/page", request);
  }
  afterEach(() => directory.dispose());

  const notModified =
    (lines: string): Script =>
    ({ request, respond, send }) =>
      request.field("if-none-match") === null
        ? void respond(200, fresh, "asked anew")
        : void send(`HTTP/1.1 304 Not Modified\r\n${lines}\r\n`);

  test("with a Vary that it had not is found by requests like that one, and by no others", async () => {
    await stored({ ...fresh, ETag: '"v1"' });
    proxy.advance(61);
    proxy.origin.answer(notModified("Vary: X-Kind\r\n"));
    expect(await seen({ "X-Kind": "a" })).toEqual(["REVALIDATED", body]);
    expect(await seen({ "X-Kind": "a" })).toEqual(["HIT", body]);
    expect(proxy.effects).toEqual([["varies-anew", 1]]);
    expect(proxy.invalidatedElsewhere).toEqual([
      { by: "variant", primaryKey: "/page cache.test", variantKey: "" },
    ]);
    expect(await seen({ "X-Kind": "b" })).toEqual(["MISS", "asked anew"]);
    proxy.advance(61);
    expect(await seen({ "X-Kind": "a" })).toEqual(["REVALIDATED", body]);
  });

  test("with another Vary than it had is found by that", async () => {
    await stored({ ...fresh, ETag: '"v1"', Vary: "X-Kind" }, { "X-Kind": "a" });
    proxy.advance(61);
    proxy.origin.answer(notModified("Vary: X-Other\r\n"));
    expect(await seen({ "X-Kind": "a", "X-Other": "1" })).toEqual(["REVALIDATED", body]);
    expect(await seen({ "X-Kind": "b", "X-Other": "1" })).toEqual(["HIT", body]);
    expect((await seen({ "X-Kind": "a" }))[0]).toBe("MISS");
  });

  test("or what a HEAD confirms, with a Vary that it had not", async () => {
    await stored({ ...fresh, ETag: '"v1"' });
    proxy.origin.answer(always(200, { ...fresh, ETag: '"v1"', Vary: "X-Kind" }, body));
    await ask(proxy.port, requestText("HEAD", "/page", { "X-Kind": "a", "Cache-Control": "no-cache" }));
    proxy.origin.answer(always(200, fresh, "asked anew"));
    expect(await seen({ "X-Kind": "a" })).toEqual(["HIT", body]);
    expect(await seen({ "X-Kind": "b" })).toEqual(["MISS", "asked anew"]);
  });

  test("for a request with other values is found by those and by its own", async () => {
    const gzip = { "Accept-Encoding": "gzip" };
    const both = { "Accept-Encoding": "br, gzip;q=0.5" };
    await stored({ ...fresh, ETag: '"v1"', Vary: "Accept-Encoding", "Content-Encoding": "gzip" }, gzip);
    proxy.origin.answer(notModified('ETag: "v1"\r\nX-New: 1\r\n'));
    expect(await seen(both)).toEqual(["REVALIDATED", body]);
    for (const request of [both, gzip, both]) {
      const answer = await proxy.get("/page", request);
      expect([cacheWord(answer), answer.field("x-new"), answer.text]).toEqual(["HIT", "1", body]);
    }
    expect(proxy.effects).toEqual([]);
  });
});
