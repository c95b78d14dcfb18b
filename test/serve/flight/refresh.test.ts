import { afterEach, describe, expect, test } from "bun:test";
import type { Claim, Peers } from "../../../src/serve/context.ts";
import type { Script } from "../../fixtures/origin.ts";
import { ask, requestText } from "../../fixtures/raw-client.ts";
import {
  always,
  cacheWord,
  keyOf,
  type ProxyOverrides,
  reasonOf,
  startProxy,
  type TestProxy,
} from "../proxy.ts";

let proxy: TestProxy;
async function before(script: Script, overrides?: ProxyOverrides): Promise<void> {
  proxy = await startProxy(script, overrides);
}
afterEach(() => proxy.stop());

const revalidating = {
  "Cache-Control": "max-age=60, stale-while-revalidate=3600",
  "Content-Type": "text/plain",
};
const covered = { "Cache-Control": "max-age=60, stale-if-error=3600", "Content-Type": "text/plain" };
const failing: readonly (readonly [string, Script])[] = [
  ["says 503", always(503, {}, "down")],
  ["speaks no HTTP", ({ send }) => void send("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n")],
];

/** Nothing is under way for the page. */
async function untilLanded(): Promise<void> {
  while (proxy.context.flights.under(keyOf("/page")).length > 0) await new Promise(setImmediate);
}

async function word(fields: Record<string, string> = {}): Promise<string> {
  const answer = await proxy.get("/page", fields);
  return `${cacheWord(answer)} ${answer.text}`;
}

describe("a refresh in the background (RFC 5861 §3)", () => {
  test("is one request to the origin where workers share requests: it does not begin itself again", async () => {
    let claims = 0;
    const peers: Peers = {
      async claim(): Promise<Claim> {
        claims += 1;
        return { kind: "led", restMilliseconds: 0, release: () => undefined };
      },
      ask: async () => ({ kind: "lost" }),
    };
    await before(always(200, revalidating, "old"), { peers });
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer(always(200, revalidating, "new"));
    expect(await word()).toBe("STALE old");
    await proxy.origin.untilExchange(2);
    await untilLanded();
    expect(await word()).toBe("HIT new");
    expect([claims, proxy.origin.requests.length]).toEqual([2, 2]);
  });

  test("is left to another worker that does it already", async () => {
    let leads = true;
    const peers: Peers = {
      claim: async (): Promise<Claim> =>
        leads
          ? { kind: "led", restMilliseconds: 0, release: () => undefined }
          : { kind: "elsewhere", worker: "other" },
      ask: async () => ({ kind: "lost" }),
    };
    await before(always(200, revalidating, "old"), { peers });
    await proxy.get("/page");
    proxy.advance(70);
    leads = false;
    expect([await word(), await word()]).toEqual(["STALE old", "STALE old"]);
    await untilLanded();
    expect(proxy.origin.requests).toHaveLength(1);
  });

  test.each(failing)(
    "of an origin that %s is tried again after 1 s, 2 s, 4 s, not for each client",
    async (_, fails) => {
      await before(always(200, revalidating, "old"));
      await proxy.get("/page");
      proxy.advance(70);
      proxy.origin.answer(fails);
      const asked: number[] = [];
      for (let second = 0; second <= 8; second++) {
        for (let client = 0; client < 5; client++) {
          expect(await word()).toBe("STALE old");
          await untilLanded();
        }
        asked.push(proxy.origin.requests.length - 1);
        proxy.advance(1);
      }
      expect(asked).toEqual([1, 2, 2, 3, 3, 3, 3, 4, 4]);
    },
  );

  test("waits half a minute at the most", async () => {
    await before(always(200, revalidating, "old"));
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer(always(503, {}));
    for (let minute = 0; minute < 10; minute++) {
      await word();
      await untilLanded();
      proxy.advance(30);
    }
    expect(proxy.origin.requests).toHaveLength(11);
  });

  test("rests when another worker has found that the origin fails", async () => {
    let rest = 0;
    const peers: Peers = {
      claim: async (): Promise<Claim> => ({
        kind: "led",
        restMilliseconds: rest,
        release: () => undefined,
      }),
      ask: async () => ({ kind: "lost" }),
    };
    await before(always(200, revalidating, "old"), { peers });
    await proxy.get("/page");
    proxy.advance(70);
    rest = 500;
    expect([await word(), await word()]).toEqual(["STALE old", "STALE old"]);
    await untilLanded();
    expect(proxy.origin.requests).toHaveLength(1);
    rest = 0;
    proxy.advance(1);
    await word();
    await proxy.origin.untilExchange(2);
  });

  test("that succeeds is soon done again when it is stale again", async () => {
    await before(always(200, revalidating, "old"));
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer(always(503, {}));
    await word();
    await untilLanded();
    proxy.advance(2);
    proxy.origin.answer(always(200, revalidating, "new"));
    await word();
    await untilLanded();
    expect(await word()).toBe("HIT new");
    proxy.advance(70);
    proxy.origin.answer(always(503, {}));
    await word();
    await untilLanded();
    proxy.advance(1);
    await word();
    await untilLanded();
    expect(proxy.origin.requests).toHaveLength(5);
  });
});

describe("stale-if-error (RFC 5861 §4)", () => {
  test.each(failing)(
    "of an origin that %s is waited for by one client, not by the next ones",
    async (_, fails) => {
      await before(always(200, covered, "old"));
      await proxy.get("/page");
      proxy.advance(70);
      proxy.origin.answer(fails);
      expect(await word()).toBe("STALE old");
      const held = Promise.withResolvers<void>();
      proxy.origin.answer(async (exchange) => {
        await held.promise;
        await exchange.respond(200, covered, "new");
      });
      const next = await proxy.get("/page");
      expect([cacheWord(next), reasonOf(next)]).toEqual(["STALE", "hit-stale-if-error"]);
      proxy.advance(2);
      // The origin is asked in the background now, and nobody waits for it.
      expect(await word()).toBe("STALE old");
      await proxy.origin.untilExchange(3);
      held.resolve();
      await untilLanded();
      expect(await word()).toBe("HIT new");
    },
  );

  test.each(failing)(
    "of an origin that %s is waited for by one HEAD, not by the next requests",
    async (_, fails) => {
      await before(always(200, covered, "old"));
      await proxy.get("/page");
      proxy.advance(70);
      proxy.origin.answer(fails);
      expect(cacheWord(await ask(proxy.port, requestText("HEAD", "/page")))).toBe("STALE");
      const count = proxy.origin.requests.length;
      expect(cacheWord(await ask(proxy.port, requestText("HEAD", "/page")))).toBe("STALE");
      expect(await word()).toBe("STALE old");
      expect(proxy.origin.requests).toHaveLength(count);
    },
  );

  test("is not for a client that asks for a confirmed answer, nor where no-cache or must-revalidate forbid it", async () => {
    await before(always(200, covered, "old"));
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer(always(503, {}, "down"));
    expect(await word()).toBe("STALE old");
    expect(await word({ "Cache-Control": "no-cache" })).toBe("MISS down");
  });
});

describe("a full answer supersedes what is stored (RFC 9111 §4.3.3)", () => {
  const answers: readonly (readonly [string, Script])[] = [
    ["a 404", always(404, {}, "gone")],
    ["a 410", always(410, {}, "gone")],
    ["a 301", always(301, { Location: "/else" }, "gone")],
    ["a 302", always(302, { Location: "/login" }, "gone")],
    ["a 403", always(403, {}, "gone")],
    ["no-store", always(200, { "Cache-Control": "no-store" }, "gone")],
    ["private", always(200, { "Cache-Control": "private, max-age=60" }, "gone")],
    ["a Vary of *", always(200, { Vary: "*", "Cache-Control": "max-age=60" }, "gone")],
  ];

  test.each(answers)("%s to a refresh ends the stale page for everybody", async (_, answer) => {
    await before(always(200, revalidating, "old"));
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer(answer);
    expect(await word()).toBe("STALE old");
    await proxy.origin.untilExchange(2);
    await untilLanded();
    while (proxy.effects.length === 0) await new Promise(setImmediate);
    expect(await word({ "Cache-Control": "max-stale" })).toBe("MISS gone");
    expect(proxy.effects).toEqual([["superseded", 1]]);
    expect(proxy.invalidatedElsewhere).toHaveLength(1);
  });

  test.each(answers)("%s to a client ends it, too: max-stale does not bring it back", async (_, answer) => {
    await before(always(200, covered, "old"));
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer(answer);
    expect(await word()).toBe("MISS gone");
    expect(await word({ "Cache-Control": "max-stale" })).toBe("MISS gone");
  });

  test("also when the client's request forbids storing", async () => {
    await before(always(200, covered, "old"));
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer(always(200, covered, "new"));
    expect(await word({ "Cache-Control": "no-store" })).toBe("MISS new");
    expect(await word({ "Cache-Control": "max-stale" })).toBe("MISS new");
  });

  test.each([
    ["a 503", always(503, {}, "not now")],
    ["a 429", always(429, {}, "not now")],
    ["a 408", always(408, {}, "not now")],
  ] as const)("%s speaks of the moment, not of the page", async (_, answer) => {
    await before(always(200, { "Cache-Control": "max-age=60", "Content-Type": "text/plain" }, "old"));
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer(answer);
    expect(await word()).toBe("MISS not now");
    expect(await word({ "Cache-Control": "max-stale" })).toBe("STALE old");
  });

  test("what somebody with Authorization gets says nothing of the others' page", async () => {
    await before(always(200, covered, "old"));
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer(always(200, { "Cache-Control": "max-age=60" }, "hello Alice"));
    expect(await word({ Authorization: "Basic YTpi" })).toBe("MISS hello Alice");
    expect(await word({ "Cache-Control": "max-stale" })).toBe("STALE old");
  });

  test("a body that turns out too large to be stored does so", async () => {
    await before(always(200, covered, "old"), { options: { maxObjectSize: 10 } });
    await proxy.get("/page");
    proxy.advance(70);
    proxy.origin.answer(always(200, covered, "far too large to be stored"));
    expect(await word()).toContain("far too large");
    expect(await word({ "Cache-Control": "max-stale" })).toContain("far too large");
    proxy.origin.answer(async ({ send }) => {
      await send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n");
      await send("14\r\n01234567890123456789\r\n0\r\n\r\n");
    });
    await word();
    expect(await word({ "Cache-Control": "max-stale" })).not.toContain("old");
  });
});
