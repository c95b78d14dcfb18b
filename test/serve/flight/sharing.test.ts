import { afterEach, describe, expect, test } from "bun:test";
import type { Peers } from "../../../src/serve/context.ts";
import { createHandDeadlines, type HandDeadlines } from "../../fixtures/hand-deadlines.ts";
import type { Exchange, Script } from "../../fixtures/origin.ts";
import { connectTo, requestText } from "../../fixtures/raw-client.ts";
import { always, cacheWord, type ProxyOverrides, startProxy, type TestProxy } from "../proxy.ts";

let proxy: TestProxy;
let patience: HandDeadlines;

async function before(script: Script, overrides: ProxyOverrides = {}): Promise<void> {
  patience = createHandDeadlines();
  proxy = await startProxy(script, { patience, ...overrides });
}
afterEach(() => proxy.stop());

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };

/** So many requests at once, which all wait for another one before this resolves; their texts. */
async function followers(
  count: number,
  fields: Record<string, string> = {},
): Promise<{ readonly texts: Promise<string[]> }> {
  const waiting = patience.untilRunning(count);
  const texts = together(count, fields);
  await waiting;
  return { texts };
}

async function together(count: number, fields: Record<string, string> = {}): Promise<string[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => proxy.get("/page", fields)));
  return answers.map((answer) => `${cacheWord(answer)} ${answer.text}`);
}

/** Each exchange is held until the test lets it go on. */
function holding(respond: (exchange: Exchange, number: number) => unknown): {
  readonly script: Script;
  release(number: number): void;
} {
  const gates = Array.from({ length: 100 }, () => Promise.withResolvers<void>());
  let count = 0;
  return {
    async script(exchange) {
      count += 1;
      const number = count;
      await gates[number - 1]?.promise;
      await respond(exchange, number);
    },
    release: (number) => gates[number - 1]?.resolve(),
  };
}

describe("one client does not decide for the others (RFC 9111 §4)", () => {
  test.each([
    ["Authorization", { Authorization: "Basic YTpi" }],
    ["Cache-Control: no-store", { "Cache-Control": "no-store" }],
  ])("a request with %s leaves the others one request for all of them", async (_, fields) => {
    await before(always(200, fresh, "for all"));
    await proxy.get("/page", fields as Record<string, string>);
    const held = holding(({ respond }) => respond(200, fresh, "for all"));
    proxy.origin.answer(held.script);
    const leader = proxy.get("/page");
    await proxy.origin.untilExchange(2);
    const { texts } = await followers(20);
    held.release(1);
    await leader;
    expect((await texts).every((text) => text.endsWith(" for all"))).toBe(true);
    expect(proxy.origin.requests).toHaveLength(2);
  });

  test("those with Authorization share what says public, and nothing else, and do not wait for it again", async () => {
    const held = holding(({ respond }, number) =>
      respond(200, { ...fresh, "Cache-Control": number === 1 ? "public, max-age=0" : "max-age=60" }, "own"),
    );
    await before(held.script);
    const named = { Authorization: "Basic YTpi" };
    for (let number = 2; number < 20; number++) held.release(number);
    const leader = proxy.get("/page", named);
    await proxy.origin.untilExchange(1);
    const { texts } = await followers(3, named);
    held.release(1);
    await Promise.all([leader, texts]);
    expect(proxy.origin.requests).toHaveLength(4);
  });

  test("a client with another coding sends one more request, not one for each of the others", async () => {
    const vary = { ...fresh, Vary: "Accept-Encoding" };
    const held = holding(({ respond, request }) =>
      respond(200, vary, `in ${request.field("accept-encoding")}`),
    );
    await before(held.script);
    const first = proxy.get("/page", { "Accept-Encoding": "br" });
    await proxy.origin.untilExchange(1);
    const { texts } = await followers(20, { "Accept-Encoding": "gzip" });
    held.release(1);
    held.release(2);
    expect((await first).text).toBe("in br");
    expect((await texts).every((text) => text.endsWith(" in gzip"))).toBe(true);
    expect(proxy.origin.requests).toHaveLength(2);
  });

  test("what is known to vary is told apart from the beginning", async () => {
    const vary = { "Cache-Control": "max-age=1", Vary: "X-Kind" };
    await before(always(200, vary));
    await proxy.get("/page", { "X-Kind": "a" });
    proxy.advance(5);
    const both = Promise.withResolvers<void>();
    proxy.origin.answer(async (exchange) => {
      if (proxy.origin.requests.length === 3) both.resolve();
      await both.promise;
      await exchange.respond(200, vary, `for ${exchange.request.field("x-kind")}`);
    });
    const answers = await Promise.all([
      proxy.get("/page", { "X-Kind": "b" }),
      proxy.get("/page", { "X-Kind": "c" }),
    ]);
    expect(answers.map(({ text }) => text)).toEqual(["for b", "for c"]);
  });
});

describe("a leader that is slow", () => {
  test("is waited for no longer than --collapse-wait; then another goes, and its answer is everybody's", async () => {
    const held = holding(({ respond }, number) => respond(200, fresh, `from ${number}`));
    await before(held.script);
    const tarpit = await connectTo(proxy.port);
    await tarpit.send(requestText("GET", "/page"));
    await proxy.origin.untilExchange(1);
    const { texts } = await followers(10);
    for (let number = 2; number <= 4; number++) held.release(number);
    patience.pass();
    expect((await texts).every((text) => / from [2-4]$/.test(text))).toBe(true);
    expect(proxy.origin.requests).toHaveLength(4);
    held.release(1);
    tarpit.close();
  });

  test("does not keep the claim when another one has landed: other workers wait for nobody", async () => {
    const released = Promise.withResolvers<void>();
    const peers: Peers = {
      claim: async () => ({ kind: "led", restMilliseconds: 0, release: () => released.resolve() }),
      ask: async () => ({ kind: "lost" }),
    };
    const held = holding(({ respond }, number) => respond(200, fresh, `from ${number}`));
    await before(held.script, { peers });
    const tarpit = await connectTo(proxy.port);
    await tarpit.send(requestText("GET", "/page"));
    await proxy.origin.untilExchange(1);
    const { texts } = await followers(1);
    held.release(2);
    patience.pass();
    expect(await texts).toEqual(["MISS from 2"]);
    await released.promise;
    held.release(1);
    tarpit.close();
  });

  test("sends a few more to the origin, however many wait and however long", async () => {
    const held = holding(({ respond }) => respond(200, fresh, "at last"));
    await before(held.script);
    const leader = proxy.get("/page");
    await proxy.origin.untilExchange(1);
    const { texts } = await followers(30);
    patience.pass();
    await proxy.origin.untilExchange(4);
    const late = await followers(10);
    patience.pass();
    for (let number = 1; number <= 4; number++) held.release(number);
    await Promise.all([leader, texts, late.texts]);
    expect(proxy.origin.requests).toHaveLength(4);
  });

  test("whose head has come is read along with, however slow its body", async () => {
    const rest = Promise.withResolvers<void>();
    await before(async ({ send }) => {
      await send(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
      );
      await rest.promise;
      await send("0\r\n\r\n");
    });
    const clients = [await connectTo(proxy.port), await connectTo(proxy.port)];
    for (const client of clients) {
      await client.send(requestText("GET", "/page"));
      await client.head();
      patience.pass();
    }
    rest.resolve();
    for (const client of clients) client.close();
    expect(proxy.origin.requests).toHaveLength(1);
  });
});

describe("a response that is to be confirmed each time (RFC 9111 §5.2.2.4)", () => {
  const confirmable = { "Cache-Control": "no-cache", ETag: '"v1"', "Content-Type": "text/plain" };

  test("is confirmed once for all who wait", async () => {
    await before(always(200, confirmable, "hello"));
    await proxy.get("/page");
    const held = holding(({ send }) => send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'));
    proxy.origin.answer(held.script);
    const leader = proxy.get("/page");
    await proxy.origin.untilExchange(2);
    const { texts } = await followers(20);
    held.release(1);
    await leader;
    expect(new Set(await texts)).toEqual(new Set(["REVALIDATED hello"]));
    expect(proxy.origin.requests).toHaveLength(2);
  });

  test("that nobody has yet is fetched once, and confirmed once for the others", async () => {
    const held = holding(({ request, respond, send }) =>
      request.field("if-none-match") === '"v1"'
        ? send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n')
        : respond(200, confirmable, "hello"),
    );
    await before(held.script);
    const leader = proxy.get("/page");
    await proxy.origin.untilExchange(1);
    const { texts } = await followers(20);
    held.release(1);
    await proxy.origin.untilExchange(2);
    held.release(2);
    await leader;
    expect(new Set(await texts)).toEqual(new Set(["REVALIDATED hello"]));
    expect(proxy.origin.requests).toHaveLength(2);
  });

  test("and may not be stored any more is shared with nobody", async () => {
    await before(always(200, confirmable, "hello"));
    await proxy.get("/page");
    const held = holding(({ send, respond }, number) =>
      number === 1
        ? send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nCache-Control: private\r\n\r\n')
        : respond(200, { "Cache-Control": "private" }, `own ${number}`),
    );
    proxy.origin.answer(held.script);
    const leader = proxy.get("/page");
    await proxy.origin.untilExchange(2);
    const { texts } = await followers(3);
    for (let number = 1; number <= 4; number++) held.release(number);
    expect((await leader).text).toBe("hello");
    expect((await texts).sort()).toEqual(["MISS own 2", "MISS own 3", "MISS own 4"]);
  });
});

describe("an origin that fails many who wait", () => {
  test("with a server error is asked three times, and the rest learn that it fails", async () => {
    const held = holding(({ respond }, number) => respond(500, {}, `oops ${number}`));
    await before(held.script);
    const leader = proxy.get("/page");
    await proxy.origin.untilExchange(1);
    const { texts } = await followers(20);
    for (let number = 1; number <= 20; number++) held.release(number);
    await leader;
    const own = (await texts).filter((text) => text.startsWith("MISS oops"));
    expect(own).toHaveLength(2);
    expect((await texts).filter((text) => text.startsWith("ERROR 503"))).toHaveLength(18);
    expect(proxy.origin.requests).toHaveLength(3);
  });

  test("by not answering is asked once: all learn it at the same time", async () => {
    await before(() => undefined, { timeouts: { firstByteTimeout: 300 } });
    const leader = proxy.get("/page");
    await proxy.origin.untilExchange(1);
    const { texts } = await followers(20);
    await leader;
    expect((await texts).every((text) => text.startsWith("ERROR 504"))).toBe(true);
    expect(proxy.origin.requests).toHaveLength(1);
  });

  test("is not remembered as one whose answers cannot be shared", async () => {
    await before(always(503, {}, "down"));
    await proxy.get("/page");
    const held = holding(({ respond }) => respond(200, fresh, "up"));
    proxy.origin.answer(held.script);
    const leader = proxy.get("/page");
    await proxy.origin.untilExchange(2);
    const { texts } = await followers(5);
    held.release(1);
    await Promise.all([leader, texts]);
    expect(proxy.origin.requests).toHaveLength(2);
  });
});

describe("another worker that leads and has nothing to give", () => {
  test("leaves those who wait here one request of their own, however often they have asked it", async () => {
    const peers: Peers = {
      claim: async () => ({ kind: "elsewhere", worker: "the other" }),
      ask: async () => ({ kind: "look-again" }),
    };
    const held = holding(({ respond }) => respond(200, fresh, "for all"));
    await before(held.script, { peers });
    const texts = together(20);
    await proxy.origin.untilExchange(1);
    for (let number = 1; number <= 20; number++) held.release(number);
    expect((await texts).every((text) => text.endsWith(" for all"))).toBe(true);
    expect(proxy.origin.requests).toHaveLength(1);
  });
});
