import { afterEach, describe, expect, test } from "bun:test";
import { answerPeer } from "../../src/serve/flight/peer.ts";
import { peerAnswered, peerField } from "../../src/serve/flight/peer-answer.ts";
import { createHandDeadlines } from "../fixtures/hand-deadlines.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { createDirectory, type TestDirectory } from "../store/directory.ts";
import {
  beginning,
  cacheWord,
  type ProxyOverrides,
  reasonOf,
  startProxy,
  type TestProxy,
  keyOf,
} from "./proxy.ts";

let proxy: TestProxy;
async function before(script: Script, overrides?: ProxyOverrides): Promise<void> {
  proxy = await startProxy(script, overrides);
}
afterEach(() => proxy.stop());

const modified = "Wed, 31 Dec 2025 12:00:00 GMT";
const alice = { Cookie: "session=alice" };
const bob = { Cookie: "session=bob" };
const counted = { Cookie: "_ga=GA1.1.1.1; _gid=2" };

/** Greets whoever a cookie or a key tells, and calls every page that has the same date unchanged, as old scripts do. */
const greeting =
  (fields: Record<string, string> = { "Last-Modified": modified }): Script =>
  ({ request, respond, send }) => {
    if (request.field("if-modified-since") !== null || request.field("if-none-match") !== null) {
      return void send(`HTTP/1.1 304 Not Modified\r\n\r\n`);
    }
    const who = request.field("x-api-key") ?? request.field("cookie") ?? "nobody";
    return void respond(200, { "Content-Type": "text/plain", ...fields }, `for ${who}`);
  };

async function seen(fields: Record<string, string> = {}): Promise<(string | undefined | null)[]> {
  const answer = await proxy.get("/page", fields);
  return [cacheWord(answer), reasonOf(answer), answer.text];
}

describe("where the origin says nothing of caching", () => {
  test.each<[what: string, fields: Record<string, string>, overrides: ProxyOverrides]>([
    ["an old Last-Modified", { "Last-Modified": modified }, {}],
    ["an ETag", { ETag: '"v1"' }, {}],
    ["nothing, and the operator gives a lifetime", {}, { storing: { defaultLifetime: 3600 } }],
    ["public alone", { "Last-Modified": modified, "Cache-Control": "public" }, {}],
  ])("and sends %s, a page for a cookie is nobody else's", async (_, fields, overrides) => {
    await before(greeting(fields), overrides);
    expect(await seen(alice)).toEqual(["MISS", "request-sender", "for session=alice"]);
    expect((await seen())[2]).toBe("for nobody");
    expect((await seen(bob))[2]).toBe("for session=bob");
    expect((await seen(alice))[2]).toBe("for session=alice");
  });

  test("an anonymous page is not for one with a cookie, not even confirmed, and stays for the others", async () => {
    await before(greeting());
    await seen();
    expect(await seen(alice)).toEqual(["MISS", "request-sender", "for session=alice"]);
    const answer = await proxy.get("/page", bob);
    expect(answer.field("cache-status")).toContain("fwd=request");
    expect(proxy.served.at(-1)?.forwarded).toBe("sender-miss");
    for (const { fields } of proxy.origin.requests) {
      expect(fields.filter(([name]) => /^if-/i.test(name))).toEqual([]);
    }
    expect(await seen()).toEqual(["HIT", "hit-fresh", "for nobody"]);
    proxy.advance(10_000);
    expect((await seen(alice))[2]).toBe("for session=alice");
    expect((await seen())[0]).toBe("REVALIDATED");
  });

  test.each([{ "X-Api-Key": "k" }, { Authorization: "Basic YTpi" }])(
    "nor for one with %j",
    async (fields) => {
      await before(greeting());
      await seen();
      expect((await seen(fields as Record<string, string>))[0]).toBe("MISS");
      expect(await seen()).toEqual(["HIT", "hit-fresh", "for nobody"]);
    },
  );

  test("cookies that are no business of the server do not count", async () => {
    await before(greeting());
    expect((await seen(counted))[1]).toBe("stored-heuristic");
    expect((await seen(counted))[0]).toBe("HIT");
    expect((await seen())[0]).toBe("HIT");
    expect((await seen({ Cookie: `${counted.Cookie}; session=alice` }))[0]).toBe("MISS");
  });

  test("which those are is the operator's to say", async () => {
    await before(greeting(), { storing: { ignoredCookies: /^session$/ } });
    await seen(alice);
    expect((await seen(bob))[0]).toBe("HIT");
    expect((await seen(counted))[0]).toBe("MISS");
  });

  test("an anonymous page does not stand in for one with a cookie when the origin fails", async () => {
    await before(greeting(), {
      storing: { staleIfErrorWindow: 100_000, staleWhileRevalidateWindow: 100_000 },
    });
    await seen();
    proxy.advance(20_000);
    proxy.origin.answer((exchange) => exchange.reset());
    expect((await seen(alice))[0]).toBe("ERROR");
    expect((await seen())[0]).toBe("STALE");
  });

  test("a HEAD with a cookie neither confirms nor removes the anonymous page", async () => {
    await before(greeting());
    await seen();
    proxy.origin.answer(
      ({ respond }) => void respond(200, { "Last-Modified": modified, ETag: '"other"' }, ""),
    );
    await ask(proxy.port, requestText("HEAD", "/page", alice));
    expect(await seen()).toEqual(["HIT", "hit-fresh", "for nobody"]);
  });

  test("a cookie is no reason to wait for an anonymous page, nor to be given it", async () => {
    const gate = Promise.withResolvers<void>();
    await before(
      async (exchange) => {
        const who = exchange.request.field("cookie") ?? "nobody";
        if (who === "nobody") await gate.promise;
        await exchange.respond(
          200,
          { "Last-Modified": modified, "Content-Type": "text/plain" },
          `for ${who}`,
        );
      },
      { patience: createHandDeadlines() },
    );
    const first = proxy.get("/page");
    await proxy.origin.untilExchange(1);
    expect((await seen(alice))[2]).toBe("for session=alice");
    gate.resolve();
    expect((await first).text).toBe("for nobody");
  });

  test("one with a cookie leaves the anonymous ones one request for all of them", async () => {
    const gate = Promise.withResolvers<void>();
    await before(greeting({}), { storing: { defaultLifetime: 60 } });
    await seen(alice);
    proxy.origin.answer(async (exchange) => {
      await gate.promise;
      await exchange.respond(200, { "Content-Type": "text/plain" }, "for nobody");
    });
    const both = [proxy.get("/page"), proxy.get("/page")];
    await proxy.origin.untilExchange(2);
    gate.resolve();
    await Promise.all(both);
    expect(proxy.origin.requests).toHaveLength(2);
  });
});

describe("where the origin speaks of caching", () => {
  test.each<[fields: Record<string, string>, word: string]>([
    [{ "Cache-Control": "max-age=60" }, "HIT"],
    [{ Expires: new Date(beginning + 60_000).toUTCString() }, "HIT"],
    [{ "Cache-Control": "no-cache", ETag: '"v1"' }, "REVALIDATED"],
  ])("by %j, a cookie changes nothing", async (fields, word) => {
    await before(greeting(fields));
    await seen(alice);
    expect((await seen(bob))[0]).toBe(word);
    expect((await seen())[0]).toBe(word);
  });

  test.each([true, false])("a page for a key is nobody else's (short cut: %j)", async (shortCut) => {
    await before(greeting({ "Cache-Control": "max-age=60" }), { shortCut });
    expect(await seen({ "X-Api-Key": "k" })).toEqual(["MISS", "request-identity", "for k"]);
    expect((await seen())[2]).toBe("for nobody");
    expect((await seen({ "X-Api-Key": "k" }))[2]).toBe("for k");
    expect(proxy.served.at(-1)?.forwarded).toBe("identity-miss");
    expect(await seen(alice)).toEqual(["HIT", "hit-fresh", "for nobody"]);
    expect(await seen({ Authorization: "Basic YTpi" })).toEqual(["HIT", "hit-fresh", "for nobody"]);
  });

  test.each(["max-age=60, public", "s-maxage=60"])(
    "but is everybody's where it says %s",
    async (directives) => {
      await before(greeting({ "Cache-Control": directives }));
      expect((await seen({ "X-Api-Key": "k" }))[1]).toBe("stored-explicit");
      expect(await seen({ "X-Api-Key": "other" })).toEqual(["HIT", "hit-fresh", "for k"]);
      expect(await seen()).toEqual(["HIT", "hit-fresh", "for k"]);
    },
  );

  test("a page on its way to one with Authorization is not for one with a key", async () => {
    const gate = Promise.withResolvers<void>();
    const patience = createHandDeadlines();
    await before(
      async (exchange) => {
        const who = exchange.request.field("x-api-key") ?? "all";
        if (who === "all") await gate.promise;
        await exchange.respond(200, { "Cache-Control": "max-age=60, must-revalidate" }, `for ${who}`);
      },
      { patience },
    );
    const leader = proxy.get("/page", { Authorization: "Basic YTpi" });
    await proxy.origin.untilExchange(1);
    const bothWait = patience.untilRunning(2);
    const other = proxy.get("/page", { "X-Api-Key": "k" });
    const like = proxy.get("/page", { Authorization: "Basic YTpi" });
    await bothWait;
    gate.resolve();
    expect([(await leader).text, (await other).text, (await like).text]).toEqual([
      "for all",
      "for k",
      "for all",
    ]);
    expect(proxy.origin.requests).toHaveLength(2);
  });

  /** Another worker's question on behalf of a client with this field. */
  function askPeer(flight: string, name: string): Promise<Response> {
    const fields: [string, string][] = [[name, "k"]];
    const request = { method: "GET", target: "/page", host: "cache.test", fields, protocol: "http" } as const;
    const question = { flight, key: keyOf("/page"), areCookiesKeyed: false, ...request };
    return answerPeer(proxy.sites(), question, new AbortController().signal);
  }

  test("nor is what is stored, when another worker asks for it", async () => {
    await before(greeting({ "Cache-Control": "max-age=60" }));
    await seen();
    const marks = [await askPeer("", "x-api-key"), await askPeer("", "accept")];
    expect(marks.map((answer) => answer.headers.get(peerField))).toEqual([
      '{"kind":"look-again"}',
      peerAnswered,
    ]);
  });

  test("nor is what the origin confirms for one with Authorization, in whichever worker the other asks", async () => {
    const key = "/page cache.test";
    await before(greeting({ "Cache-Control": "max-age=60, must-revalidate", ETag: '"v1"' }));
    await seen();
    proxy.advance(61);
    const gate = Promise.withResolvers<void>();
    proxy.origin.answer(async ({ send }) => {
      await gate.promise;
      await send("HTTP/1.1 304 Not Modified\r\n\r\n");
    });
    const leader = proxy.get("/page", { Authorization: "Basic YTpi" });
    await proxy.origin.untilExchange(2);
    const flight = proxy.context.flights.under(key)[0]?.name.text ?? "";
    const asking = (name: string) => askPeer(flight, name);
    const answers = [asking("x-api-key"), asking("authorization")];
    gate.resolve();
    expect(cacheWord(await leader)).toBe("REVALIDATED");
    const marks = (await Promise.all(answers)).map((answer) => answer.headers.get(peerField));
    expect(marks).toEqual(['{"kind":"unusable"}', peerAnswered]);
  });

  test("one with Authorization leaves those with a cookie one request for all of them", async () => {
    const gate = Promise.withResolvers<void>();
    await before(greeting({ "Cache-Control": "max-age=60" }));
    await seen({ Authorization: "Basic YTpi" });
    proxy.origin.answer(async (exchange) => {
      await gate.promise;
      await exchange.respond(200, { "Cache-Control": "max-age=60" }, "for all");
    });
    const both = [proxy.get("/page", alice), proxy.get("/page", bob)];
    await proxy.origin.untilExchange(2);
    gate.resolve();
    await Promise.all(both);
    expect(proxy.origin.requests).toHaveLength(2);
  });

  test("a stale page is not confirmed for one with a key by the origin's 304", async () => {
    await before(greeting({ "Cache-Control": "max-age=60", ETag: '"v1"' }));
    await seen();
    proxy.advance(61);
    expect((await seen({ "X-Auth-Token": "t" }))[0]).toBe("MISS");
    expect(proxy.origin.requests.at(-1)?.field("if-none-match")).toBeNull();
    expect((await seen())[0]).toBe("REVALIDATED");
  });
});

describe("a part of what the origin says nothing of", () => {
  let directory: TestDirectory;
  afterEach(() => directory.dispose());
  const body = "0123456789".repeat(10);
  const part: Script = ({ request, respond }) => {
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.field("range") ?? "") ?? [];
    const fields = { "Content-Type": "text/plain", "Last-Modified": modified, ETag: '"v1"' };
    const range = { "Content-Range": `bytes ${first}-${last}/${body.length}` };
    return void respond(206, { ...fields, ...range }, body.slice(Number(first), Number(last) + 1));
  };
  const partly = (fields: Record<string, string> = {}) =>
    proxy.get("/page", { Range: "bytes=0-9", ...fields });

  test("is stored for anonymous requests alone, and answers them alone", async () => {
    directory = createDirectory();
    const disk = directory.open({ now: () => beginning });
    await before(part, { disk, options: { rangeFill: 0 } });
    expect(reasonOf(await partly(alice))).toBe("request-sender");
    expect(reasonOf(await partly())).toBe("stored-piece");
    expect(cacheWord(await partly())).toBe("HIT");
    expect(cacheWord(await partly(bob))).toBe("MISS");
    expect(proxy.served.at(-1)?.forwarded).toBe("sender-miss");
  });
});
