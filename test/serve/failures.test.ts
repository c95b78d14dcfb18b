import { afterEach, describe, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { unruled } from "../../src/rules/exchange.ts";
import { connectTo, requestText } from "../fixtures/raw-client.ts";
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
async function before(script: Script, overrides?: ProxyOverrides): Promise<TestProxy> {
  proxy = await startProxy(script, overrides);
  return proxy;
}
afterEach(() => proxy.stop());

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };

describe("an origin that gives no answer", () => {
  test("that refuses connections is a 502 that says so", async () => {
    await before(always(200, fresh), { originUrl: "http://127.0.0.1:1" });
    const answer = await proxy.get("/page");
    expect([answer.status, reasonOf(answer)]).toEqual([502, "origin-refused"]);
    expect(answer.text).toBe("502 the origin refuses connections\n");
    expect(answer.field("cache-control")).toBe("no-store");
  });

  test("whose name cannot be found is a 502 that says so", async () => {
    await before(always(200, fresh), { originUrl: "http://no-such-host.invalid" });
    const answer = await proxy.get("/page");
    expect([answer.status, reasonOf(answer)]).toEqual([502, "origin-not-found"]);
  });

  test("that hangs is a 504 within the timeout", async () => {
    await before(() => undefined, { timeouts: { firstByteTimeout: 50 } });
    const answer = await proxy.get("/page");
    expect([answer.status, reasonOf(answer)]).toEqual([504, "origin-timeout"]);
    expect(answer.text).toBe("504 the origin sent no answer in time\n");
  });

  test("that cuts the connection is a 502", async () => {
    await before((exchange) => exchange.reset());
    const answer = await proxy.get("/page");
    expect([answer.status, reasonOf(answer)]).toEqual([502, "origin-broken"]);
  });

  test.each(["099", "999"])("that answers with status %s is a 502", async (status) => {
    await before(({ send }) => void send(`HTTP/1.1 ${status} Odd\r\nContent-Length: 0\r\n\r\n`));
    expect((await proxy.get("/page")).status).toBe(502);
  });

  test("leaves fresh stored responses served", async () => {
    await before(always(200, fresh, "hello"));
    await proxy.get("/page");
    proxy.origin.answer((exchange) => exchange.reset());
    const answer = await proxy.get("/page");
    expect([cacheWord(answer), answer.text]).toEqual(["HIT", "hello"]);
  });
});

describe("a body that ends early", () => {
  test("is a 502 when it was small enough to be awaited, and is not stored", async () => {
    await before(async ({ send, end }) => {
      await send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\n12345");
      end();
    });
    expect((await proxy.get("/page")).status).toBe(502);
    proxy.origin.answer(always(200, fresh, "whole"));
    expect((await proxy.get("/page")).text).toBe("whole");
  });

  test("is broken off towards the client when it had begun, and is not stored", async () => {
    const seen = Promise.withResolvers<void>();
    await before(async ({ send, reset }) => {
      await send(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
      );
      await seen.promise;
      reset();
    });
    const client = await connectTo(proxy.port);
    await client.send(requestText("GET", "/page"));
    await client.head();
    expect(Buffer.from(await client.bytes(10)).toString()).toBe("5\r\n12345\r\n");
    seen.resolve();
    expect((await client.rest()).reset).toBe(true);
    proxy.origin.answer(always(200, fresh, "whole"));
    const answer = await proxy.get("/page");
    expect([cacheWord(answer), answer.text]).toEqual(["MISS", "whole"]);
  });

  test("that ends with the connection is passed and not stored, unless the operator says so", async () => {
    const bare: Script = async ({ send, end }) => {
      await send("HTTP/1.0 200 OK\n\nhello article");
      end();
    };
    const storing = {
      storeUnframed: true,
      targetedFields: [],
      strictSharedMaxAge: false,
      shareSetCookie: false,
      errorCap: "usual" as const,
      ...unruled,
      defaultLifetime: 3600,
      ignoredCookies: /(?!)/,
    };
    await before(bare);
    const passed = await proxy.get("/page");
    expect([passed.text, reasonOf(passed)]).toEqual(["hello article", "unframed"]);
    await proxy.stop();
    await before(bare, { options: { storing } });
    expect((await proxy.get("/page")).text).toBe("hello article");
    const second = await proxy.get("/page");
    expect([cacheWord(second), second.text]).toEqual(["HIT", "hello article"]);
    expect(proxy.origin.requests.length).toBe(1);
  });
});

describe("an origin that stops in the middle", () => {
  test("is a 504 within the timeout where the body is awaited, for those who wait along too", async () => {
    await before(
      async ({ send }) => {
        await send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\n12345");
      },
      { timeouts: { idleTimeout: 2000 } },
    );
    const [first, second] = await Promise.all([proxy.get("/page"), proxy.get("/page")]);
    for (const answer of [first, second]) {
      expect([answer.status, reasonOf(answer)]).toEqual([504, "origin-timeout"]);
    }
    expect(first.text).toBe("504 the origin did not send all of its answer in time\n");
    proxy.origin.answer(always(200, fresh, "whole"));
    expect((await proxy.get("/page")).text).toBe("whole");
  });

  test("breaks off what has begun", async () => {
    await before(
      async ({ send }) => {
        await send(
          "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
        );
      },
      { timeouts: { idleTimeout: 2000 } },
    );
    expect(await proxy.get("/page")).toMatchObject({ complete: false, text: "hi" });
  });
});

describe("an answer that cannot be what it says", () => {
  test.each(["gzip, chunked", "gzip"])(
    "in the transfer coding %j is a 502 and is not stored",
    async (coding) => {
      await before(
        ({ send }) =>
          void send(
            `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: ${coding}\r\n\r\n2\r\n\x1f\x8b\r\n0\r\n\r\n`,
          ),
      );
      expect((await proxy.get("/page")).status).toBe(502);
      proxy.origin.answer(always(200, fresh, "plain"));
      expect((await proxy.get("/page")).text).toBe("plain");
    },
  );

  test("a 204 with a Content-Length is stored: it has no body all the same", async () => {
    await before(
      ({ send }) =>
        void send("HTTP/1.1 204 No Content\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\n"),
    );
    expect((await proxy.get("/page")).status).toBe(204);
    expect(cacheWord(await proxy.get("/page"))).toBe("HIT");
    expect(proxy.errors).toEqual([]);
  });
});

test("a client that stops in the middle of its request is a 408, and its connection ends", async () => {
  await before(() => undefined, { timeouts: { clientTimeout: 20 } });
  const client = await connectTo(proxy.port);
  await client.send(`${requestText("POST", "/page", { "Content-Length": "10" })}half`);
  const answer = await client.response("POST");
  expect([answer.status, reasonOf(answer), answer.field("connection")]).toEqual([
    408,
    "client-stalled",
    "close",
  ]);
  expect(await client.some()).toBeUndefined();
});

describe("a client that leaves before there is an answer", () => {
  test.each(["HEAD", "POST"])("is no failure of ours (%s)", async (method) => {
    await before(() => undefined);
    const client = await connectTo(proxy.port);
    await client.send(requestText(method, "/page", method === "POST" ? { "Content-Length": "0" } : {}));
    const exchange = await proxy.origin.untilExchange(1);
    client.reset();
    await exchange.gone;
    await proxy.untilServed(1);
    expect(proxy.served.map(({ cache, reason, status }) => [cache, reason, status])).toEqual([
      ["LEFT", "client-left", 499],
    ]);
    expect(proxy.errors).toEqual([]);
  });
});

describe("a stale response", () => {
  const covered = { ...fresh, "Cache-Control": "max-age=60, stale-if-error=600", ETag: '"v1"' };

  test.each([
    ["a connection cut", (exchange: Parameters<Script>[0]) => exchange.reset()],
    ["a 503", always(503, {}, "down")],
  ])("stands in for %s within stale-if-error", async (_, failing) => {
    await before(always(200, covered, "hello"));
    await proxy.get("/page");
    proxy.advance(120);
    proxy.origin.answer(failing);
    const answer = await proxy.get("/page");
    expect([answer.status, cacheWord(answer), answer.text]).toEqual([200, "STALE", "hello"]);
    expect(reasonOf(answer)).toBe("hit-stale-if-error");
    proxy.advance(600);
    expect((await proxy.get("/page")).status).toBeGreaterThanOrEqual(500);
  });

  test("is not lost to a 5xx that may not be replaced by it", async () => {
    await before(always(200, { ...fresh, ETag: '"v1"' }, "hello"));
    await proxy.get("/page");
    proxy.advance(61);
    proxy.origin.answer(always(500, { "Cache-Control": "max-age=60" }, "oops"));
    expect((await proxy.get("/page")).status).toBe(500);
    proxy.origin.answer(({ send }) => void send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'));
    const answer = await proxy.get("/page");
    expect([cacheWord(answer), answer.text]).toEqual(["REVALIDATED", "hello"]);
  });

  test("is served at once within stale-while-revalidate, and refreshed once in the background", async () => {
    await before(always(200, { ...fresh, "Cache-Control": "max-age=60, stale-while-revalidate=600" }, "old"));
    await proxy.get("/page");
    proxy.advance(70);
    const held = Promise.withResolvers<void>();
    proxy.origin.answer(async (exchange) => {
      await held.promise;
      await exchange.respond(200, fresh, "new");
    });
    const stale = await Promise.all([proxy.get("/page"), proxy.get("/page"), proxy.get("/page")]);
    expect(stale.map((answer) => [cacheWord(answer), answer.text])).toEqual(Array(3).fill(["STALE", "old"]));
    const refresh = await proxy.origin.untilExchange(2);
    const landed = proxy.context.flights.under(keyOf("/page"))[0]?.landing;
    held.resolve();
    const landing = await landed;
    if (landing?.kind === "fill") await landing.response.fill.outcome;
    const after = await proxy.get("/page");
    expect([cacheWord(after), after.text]).toEqual(["HIT", "new"]);
    expect(refresh.request.method).toBe("GET");
    expect(proxy.origin.requests.length).toBe(2);
  });

  test("only-if-cached never asks the origin", async () => {
    await before(always(200, fresh, "hello"));
    const miss = await proxy.get("/page", { "Cache-Control": "only-if-cached" });
    expect([miss.status, reasonOf(miss)]).toEqual([504, "only-if-cached-miss"]);
    expect(proxy.origin.requests.length).toBe(0);
    await proxy.get("/page");
    expect(cacheWord(await proxy.get("/page", { "Cache-Control": "only-if-cached" }))).toBe("HIT");
  });
});

describe("many clients for one cold target", () => {
  const held = () => Promise.withResolvers<void>();

  /** Waits until so many requests wait for the first. */
  async function together(count: number): Promise<Promise<string>[]> {
    const clients = Array.from({ length: count }, () => connectTo(proxy.port));
    const connected = await Promise.all(clients);
    for (const client of connected) await client.send(requestText("GET", "/page"));
    return connected.map(async (client) => {
      const answer = await client.response();
      client.close();
      return `${cacheWord(answer)} ${answer.text}`;
    });
  }

  test("cost the origin one request, when its answer can be shared", async () => {
    const gate = held();
    await before(async (exchange) => {
      await gate.promise;
      await exchange.respond(200, fresh, "shared");
    });
    const answers = await together(50);
    await proxy.origin.untilExchange(1);
    gate.resolve();
    const words = (await Promise.all(answers)).sort();
    expect(new Set(words)).toEqual(
      new Set(["COLLAPSED shared", "HIT shared", "MISS shared"].filter((word) => words.includes(word))),
    );
    expect(words.filter((word) => word === "MISS shared").length).toBe(1);
    expect(proxy.origin.requests.length).toBe(1);
  });

  test("go to the origin at once and in parallel when it cannot", async () => {
    const gate = held();
    await before(async (exchange) => {
      if (proxy.origin.requests.length === 1) await gate.promise;
      await exchange.respond(
        200,
        { "Cache-Control": "no-store" },
        `own ${proxy.origin.exchanges.indexOf(exchange)}`,
      );
    });
    const answers = await together(5);
    await proxy.origin.untilExchange(1);
    gate.resolve();
    const texts = await Promise.all(answers);
    expect(new Set(texts).size).toBe(5);
    expect(proxy.origin.requests.length).toBe(5);
  });

  test("read along while the body is still arriving", async () => {
    const gate = held();
    await before(async ({ send }) => {
      await send(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
      );
      await gate.promise;
      await send("4\r\nlast\r\n0\r\n\r\n");
    });
    const leader = await connectTo(proxy.port);
    await leader.send(requestText("GET", "/page"));
    await leader.head();
    expect(Buffer.from(await leader.bytes(10)).toString()).toBe("5\r\nfirst\r\n");
    const follower = await connectTo(proxy.port);
    await follower.send(requestText("GET", "/page"));
    const head = await follower.head();
    expect(Buffer.from(await follower.bytes(10)).toString()).toBe("5\r\nfirst\r\n");
    expect(head.text.toLowerCase()).toContain("x-cache: collapsed");
    gate.resolve();
    expect(Buffer.from(await follower.bytes(9)).toString()).toBe("4\r\nlast\r\n");
    leader.close();
    follower.close();
    expect(proxy.origin.requests.length).toBe(1);
  });

  test("never get the Set-Cookie of the one that went", async () => {
    const gate = held();
    await before(async (exchange) => {
      await gate.promise;
      await exchange.respond(200, { ...fresh, "Set-Cookie": "who=first" }, "shared");
    });
    const first = proxy.get("/page");
    await proxy.origin.untilExchange(1);
    const second = proxy.get("/page");
    gate.resolve();
    expect((await first).field("set-cookie")).toBe("who=first");
    expect((await second).field("set-cookie")).toBeNull();
    expect((await proxy.get("/page")).field("set-cookie")).toBeNull();
  });

  test("get one more try when the first one fails, then the same error", async () => {
    const gate = held();
    await before(async (exchange) => {
      await gate.promise;
      exchange.reset();
    });
    const answers = await together(10);
    await proxy.origin.untilExchange(1);
    gate.resolve();
    const texts = await Promise.all(answers);
    expect(texts.every((text) => text.startsWith("ERROR 502"))).toBe(true);
    expect(proxy.origin.requests.length).toBe(2);
  });
});
