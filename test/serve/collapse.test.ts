import { afterEach, describe, expect, test } from "bun:test";
import type { Claim, Peers } from "../../src/serve/context.ts";
import { createHandDeadlines } from "../fixtures/hand-deadlines.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, connectTo, requestText } from "../fixtures/raw-client.ts";
import { newResponse, policy } from "../store/samples.ts";
import { always, cacheWord, type ProxyOverrides, reasonOf, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
async function before(script: Script, overrides?: ProxyOverrides): Promise<TestProxy> {
  proxy = await startProxy(script, overrides);
  return proxy;
}
afterEach(() => proxy.stop());

const led: Claim = { kind: "led", restMilliseconds: 0, release: () => undefined };
const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };

describe("a request that finds another one on its way", () => {
  test("does not get an answer that Vary chose for other fields, though its body is still arriving", async () => {
    const gate = Promise.withResolvers<void>();
    await before(async (exchange) => {
      const kind = exchange.request.field("x-kind") ?? "";
      await exchange.send(
        "HTTP/1.1 200 OK\r\nVary: X-Kind\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      await exchange.send(`1\r\n${kind}\r\n`);
      if (kind === "a") await gate.promise;
      await exchange.send("0\r\n\r\n");
    });
    const leader = await connectTo(proxy.port);
    await leader.send(requestText("GET", "/page", { "X-Kind": "a" }));
    await leader.head();
    expect((await proxy.get("/page", { "X-Kind": "b" })).text).toBe("b");
    gate.resolve();
    leader.close();
  });

  test("does not wait when the last answer for the target could not be shared, for a while", async () => {
    await before(always(200, { "Cache-Control": "no-store" }));
    await proxy.get("/page");
    const both = Promise.withResolvers<void>();
    proxy.origin.answer(async (exchange) => {
      if (proxy.origin.requests.length === 3) both.resolve();
      await both.promise;
      await exchange.respond(200, fresh, "each its own");
    });
    const answers = await Promise.all([proxy.get("/page"), proxy.get("/page")]);
    expect(answers.map(cacheWord)).toEqual(["MISS", "MISS"]);
    expect(proxy.origin.requests.length).toBe(3);
  });

  test("is counted while it waits, and so is what it waits for", async () => {
    const gate = Promise.withResolvers<void>();
    const patience = createHandDeadlines();
    const script: Script = async (exchange) => {
      await gate.promise;
      await exchange.respond(200, fresh, "shared");
    };
    const { flights } = (await before(script, { patience })).context;
    const counts = () => [flights.open, flights.waiting];
    expect(counts()).toEqual([0, 0]);
    const first = proxy.get("/page");
    await proxy.origin.untilExchange(1);
    expect(counts()).toEqual([1, 0]);
    const second = proxy.get("/page");
    await patience.untilRunning(1);
    expect(counts()).toEqual([1, 1]);
    gate.resolve();
    await Promise.all([first, second]);
    expect(counts()).toEqual([0, 0]);
  });

  test("waits again once that while has passed", async () => {
    await before(always(200, { "Cache-Control": "no-store" }));
    await proxy.get("/page");
    proxy.advance(11);
    const gate = Promise.withResolvers<void>();
    proxy.origin.answer(async (exchange) => {
      await gate.promise;
      await exchange.respond(200, fresh, "shared");
    });
    const first = proxy.get("/page");
    await proxy.origin.untilExchange(2);
    const second = proxy.get("/page");
    gate.resolve();
    await Promise.all([first, second]);
    expect(proxy.origin.requests.length).toBe(2);
  });

  test("goes by itself when it asks for a confirmed answer", async () => {
    await before(always(200, { ...fresh, ETag: '"v1"' }, "one"));
    await proxy.get("/page");
    const both = Promise.withResolvers<void>();
    proxy.origin.answer(async (exchange) => {
      if (proxy.origin.requests.length === 3) both.resolve();
      await both.promise;
      await exchange.respond(200, fresh, "two");
    });
    const reload = { "Cache-Control": "no-cache" };
    const answers = await Promise.all([proxy.get("/page", reload), proxy.get("/page", reload)]);
    expect(answers.map((answer) => answer.text)).toEqual(["two", "two"]);
    for (const answer of answers) expect(answer.field("cache-status")).toContain("fwd=request");
  });

  test("uses what another worker stored between its look into the store and its claim", async () => {
    let other: TestProxy | undefined;
    const peers: Peers = {
      async claim() {
        other = await startProxy(always(200, fresh), {
          originUrl: proxy.origin.url,
          store: proxy.context.store,
        });
        await other.get("/page");
        return led;
      },
      ask: async () => ({ kind: "lost" }),
    };
    await before(always(200, fresh, "stored meanwhile"), { peers });
    const answer = await proxy.get("/page");
    expect([cacheWord(answer), answer.text]).toEqual(["HIT", "stored meanwhile"]);
    expect(proxy.origin.requests.length).toBe(1);
    await other?.stop();
  });
});

describe("what is stored and cannot be compared with the request", () => {
  test("is asked for anew, once, also where workers share requests", async () => {
    let claims = 0;
    const peers: Peers = {
      async claim() {
        claims += 1;
        return led;
      },
      ask: async () => ({ kind: "lost" }),
    };
    await before(always(200, fresh, "anew"), { peers });
    // As stored by one that compared less.
    const writer = await proxy.context.store.write(
      newResponse({ primaryKey: "/page", policy: policy({ responseAt: proxy.now() }) }),
    );
    await writer.commit();
    expect((await proxy.get("/page")).text).toBe("anew");
    expect([claims, proxy.origin.requests.length]).toEqual([1, 1]);
  });
});

describe("a request that was to lead and fails before it goes", () => {
  test("leaves nobody waiting", async () => {
    const claims = [() => Promise.reject(new Error("a bug")), async () => led];
    const peers: Peers = {
      claim: () => claims.shift()?.() ?? Promise.resolve(led),
      ask: async () => ({ kind: "lost" }),
    };
    await before(always(200, fresh, "hello"), { peers });
    expect((await proxy.get("/page")).status).toBe(500);
    expect((await proxy.get("/page")).text).toBe("hello");
  });
});

describe("what is relayed", () => {
  test("an answer to HEAD keeps the length the origin gave, or has none", async () => {
    await before(({ send }) => void send("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n"));
    expect((await ask(proxy.port, requestText("HEAD", "/page"))).field("content-length")).toBe("12345");
    proxy.origin.answer(({ send }) => void send("HTTP/1.1 200 OK\r\nX-Other: 1\r\n\r\n"));
    expect((await ask(proxy.port, requestText("HEAD", "/page"))).field("content-length")).toBeNull();
  });

  test("the origin sees this proxy in CDN-Loop, and no X-Real-IP of the client's", async () => {
    await before(always(200, fresh));
    await proxy.get("/page", { "X-Real-IP": "6.6.6.6", "CDN-Loop": "other" });
    const [request] = proxy.origin.requests;
    expect(request?.field("x-real-ip")).toBeNull();
    expect(request?.field("cdn-loop")).toBe('other, cacheproxy; id="loop-of-this-test"');
  });

  test("a 304 that forbids storing answers its client and removes what was stored", async () => {
    await before(always(200, { ...fresh, ETag: '"v1"' }, "hello"));
    await proxy.get("/page");
    proxy.advance(61);
    proxy.origin.answer(
      ({ send }) => void send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nCache-Control: no-store\r\n\r\n'),
    );
    expect((await proxy.get("/page")).text).toBe("hello");
    proxy.origin.answer(always(200, fresh, "new"));
    const answer = await proxy.get("/page");
    expect([cacheWord(answer), answer.text]).toEqual(["MISS", "new"]);
    expect(proxy.origin.requests.at(-1)?.field("if-none-match")).toBeNull();
  });

  test("a body that streams is told in the log with its bytes, when it has ended", async () => {
    await before(async ({ send }) => {
      await send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    });
    const answer = await proxy.get("/page");
    expect(reasonOf(answer)).toBe("unstated-lifetime-of-stream");
    expect(proxy.served.map(({ cache, bytes, status }) => [cache, bytes, status])).toEqual([
      ["MISS", 5, 200],
    ]);
  });
});
