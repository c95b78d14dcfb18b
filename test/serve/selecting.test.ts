import { afterEach, describe, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { always, cacheWord, type ProxyOverrides, reasonOf, startProxy, type TestProxy } from "./proxy.ts";

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

  test("a 304 to the entity tags of all that is stored lets another variant answer", async () => {
    await before(varying("X-Kind", (value) => ({ ETag: `"${value}"` })));
    await proxy.get("/page", { "X-Kind": "a" });
    await proxy.get("/page", { "X-Kind": "b" });
    proxy.origin.answer(({ send }) => void send('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'));
    expect(await seen({ "X-Kind": "c" })).toEqual(["REVALIDATED", "for a"]);
    expect(proxy.origin.requests[2]?.field("if-none-match")).toBe('"b", "a"');
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
