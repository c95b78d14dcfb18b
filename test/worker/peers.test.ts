import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Claim } from "../../src/serve/context.ts";
import { type Claims, createClaims } from "../../src/supervisor/claims.ts";
import { systemClock } from "../../src/system/clock.ts";
import { StoreError } from "../../src/store/tier.ts";
import { createPeers, listenToPeers } from "../../src/worker/peers.ts";
import { systemClocks } from "../fixtures/clocks.ts";
import { createHandDeadlines, type HandDeadlines } from "../fixtures/hand-deadlines.ts";
import type { Origin, Script } from "../fixtures/origin.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { connectTo, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { cacheWord, keyOf, startProxy, type TestProxy } from "../serve/proxy.ts";

/** Two workers before one origin, as two proxies with stores of their own. */

let directory: string;
let origin: Origin;
let workers: TestProxy[] = [];
let listeners: { stop(): Promise<void> }[] = [];
let claims: Claims;
let claimed: PromiseWithResolvers<void>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "peers-"));
  claims = createClaims(systemClock);
  claimed = Promise.withResolvers<void>();
});

afterEach(async () => {
  await Promise.all([...listeners, ...workers, origin].map((one) => one.stop()));
  workers = [];
  listeners = [];
  rmSync(directory, { recursive: true });
  expect(unforeseen.splice(0)).toEqual([]);
});

const unforeseen: unknown[] = [];
/** How long the requests of each worker wait for another one's head, in the test's hand. */
let patience: HandDeadlines[] = [];
/** How long each waits for all of a small body. */
let collecting: HandDeadlines[] = [];

/** `collapseWait` bounds what they wait for each other, `originTimeout` what they wait for the origin: milliseconds. */
async function start(
  script: Script,
  collapseWait = 5000,
  originTimeout = 5000,
): Promise<readonly [TestProxy, TestProxy]> {
  patience = [createHandDeadlines(), createHandDeadlines()];
  collecting = [createHandDeadlines(), createHandDeadlines()];
  origin = await startOrigin(script);
  for (const number of [1, 2]) {
    let request = 0;
    const link = {
      async claim(key: string): Promise<Claim> {
        const own = ++request;
        const { leader, restMilliseconds } = claims.claim(key, number, own);
        if (leader !== null) claimed.resolve();
        return leader === null
          ? { kind: "led", restMilliseconds, release: (rest) => claims.release(key, number, own, rest) }
          : { kind: "elsewhere", worker: `worker-${leader}` };
      },
    };
    const limits = { collapseWait, originTimeout, originIdleTimeout: 60_000 };
    const peers = createPeers(link, directory, limits, systemClocks);
    const worker = await startProxy(() => undefined, {
      originUrl: origin.url,
      peers,
      timeouts: { firstByteTimeout: originTimeout },
      ...(patience[number - 1] === undefined ? {} : { patience: patience[number - 1] }),
      ...(collecting[number - 1] === undefined ? {} : { collecting: collecting[number - 1] }),
    });
    workers.push(worker);
    listeners.push(
      listenToPeers(worker.sites, (error) => void unforeseen.push(error), directory, `worker-${number}`),
    );
  }
  return workers as unknown as readonly [TestProxy, TestProxy];
}

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };
const summary = (answer: RawResponse) => [answer.status, cacheWord(answer), answer.text];

describe("two workers", () => {
  test("ask the origin once for one cold target, and both clients get the answer", async () => {
    const gate = Promise.withResolvers<void>();
    const [one, two] = await start(async (exchange) => {
      await gate.promise;
      await exchange.respond(200, { ...fresh, "Set-Cookie": "a=1" }, "shared");
    });
    const first = one.get("/page");
    await origin.untilExchange(1);
    const second = two.get("/page", { "X-Other": "1" });
    await claimed.promise;
    gate.resolve();
    expect(summary(await first)).toEqual([200, "MISS", "shared"]);
    const answer = await second;
    expect(["COLLAPSED", "HIT"]).toContain(cacheWord(answer) ?? "");
    expect(answer.text).toBe("shared");
    expect(answer.field("content-length")).toBe("6");
    expect(answer.field("set-cookie")).toBeNull();
    expect(answer.field("cacheproxy-peer")).toBeNull();
    expect(answer.field("via")).toBe("1.1 cacheproxy");
    expect(origin.requests.length).toBe(1);
  });

  test("stream a body to each other while it is still arriving", async () => {
    const gate = Promise.withResolvers<void>();
    const [one, two] = await start(async ({ send }) => {
      await send(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
      );
      await gate.promise;
      await send("4\r\nlast\r\n0\r\n\r\n");
    });
    const leader = await connectTo(one.port);
    await leader.send(requestText("GET", "/page"));
    await leader.head();
    const follower = await connectTo(two.port);
    await follower.send(requestText("GET", "/page"));
    await follower.head();
    expect(Buffer.from(await follower.bytes(10)).toString()).toBe("5\r\nfirst\r\n");
    gate.resolve();
    expect(Buffer.from(await follower.bytes(9)).toString()).toBe("4\r\nlast\r\n");
    leader.close();
    follower.close();
    expect(origin.requests.length).toBe(1);
  });

  test("go to the origin each for itself when the answer cannot be shared", async () => {
    const gate = Promise.withResolvers<void>();
    const [one, two] = await start(async (exchange) => {
      if (origin.requests.length === 1) await gate.promise;
      await exchange.respond(
        200,
        { "Cache-Control": "no-store" },
        `own ${origin.exchanges.indexOf(exchange)}`,
      );
    });
    const first = one.get("/page");
    await origin.untilExchange(1);
    const second = two.get("/page");
    await claimed.promise;
    gate.resolve();
    expect((await first).text).toBe("own 0");
    expect((await second).text).toBe("own 1");
  });

  test("go each for itself where Vary tells their requests apart", async () => {
    const gate = Promise.withResolvers<void>();
    const [one, two] = await start(async (exchange) => {
      if (origin.requests.length === 1) await gate.promise;
      await exchange.respond(200, { ...fresh, Vary: "X-Kind" }, `for ${exchange.request.field("x-kind")}`);
    });
    const first = one.get("/page", { "X-Kind": "a" });
    await origin.untilExchange(1);
    const second = two.get("/page", { "X-Kind": "b" });
    await claimed.promise;
    gate.resolve();
    expect([(await first).text, (await second).text]).toEqual(["for a", "for b"]);
  });

  test.each(["X-Forwarded-For", "Forwarded", "User-Agent", "Accept", "X-Forwarded-Host", "Host"])(
    "share what varies by what the origin is told in %s, if that is the same",
    async (name) => {
      const gate = Promise.withResolvers<void>();
      const [one, two] = await start(async (exchange) => {
        await gate.promise;
        await exchange.respond(200, { ...fresh, Vary: name }, exchange.request.field(name) ?? "");
      });
      const first = one.get("/page");
      await origin.untilExchange(1);
      const second = two.get("/page", { "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "evil.test" });
      await claimed.promise;
      gate.resolve();
      const { text } = await first;
      expect(text).not.toBe("");
      expect((await second).text).toBe(text);
      expect(origin.requests.length).toBe(1);
    },
  );

  test("share a failure only after one more try", async () => {
    const gate = Promise.withResolvers<void>();
    const [one, two] = await start(async (exchange) => {
      if (origin.requests.length > 1) return void exchange.respond(200, fresh, "second try");
      await gate.promise;
      exchange.reset();
    });
    const first = one.get("/page");
    await origin.untilExchange(1);
    const second = two.get("/page");
    await claimed.promise;
    gate.resolve();
    expect((await first).status).toBe(502);
    expect((await second).text).toBe("second try");
  });

  test("share a small body that breaks off only after one more try", async () => {
    const gate = Promise.withResolvers<void>();
    const [one, two] = await start(async (exchange) => {
      if (origin.requests.length > 1) return void exchange.respond(200, fresh, "second try");
      await gate.promise;
      await exchange.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nhalf");
      exchange.reset();
    });
    const first = one.get("/page");
    await origin.untilExchange(1);
    const second = two.get("/page");
    await patience[0]?.untilRunning(1);
    gate.resolve();
    expect((await first).status).toBe(502);
    expect((await second).text).toBe("second try");
  });

  test("share a small body that the store does not take", async () => {
    const gate = Promise.withResolvers<void>();
    const [one, two] = await start(async (exchange) => {
      await gate.promise;
      await exchange.respond(200, fresh, "shared");
    });
    Object.assign(one.context.store, {
      write: () => Promise.reject(new StoreError("ENOSPC", "no space left")),
    });
    const first = one.get("/page");
    await origin.untilExchange(1);
    const others = Array.from({ length: 10 }, () => two.get("/page"));
    await patience[0]?.untilRunning(10);
    gate.resolve();
    expect(summary(await first)).toEqual([200, "MISS", "shared"]);
    for (const answer of await Promise.all(others)) {
      expect(summary(answer)).toEqual([200, "COLLAPSED", "shared"]);
    }
    expect(origin.requests.length).toBe(1);
  });

  test("share a small body that comes slowly, from when it has been found to", async () => {
    const gate = Promise.withResolvers<void>();
    const [one, two] = await start(async ({ send }) => {
      await send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 8\r\n\r\nhalf");
      await gate.promise;
      await send("half");
    });
    const first = one.get("/page");
    await collecting[0]?.untilRunning(1);
    const second = two.get("/page");
    await patience[0]?.untilRunning(1);
    const landed = one.context.flights.under(keyOf("/page"))[0]?.landing;
    collecting[0]?.pass();
    await landed;
    patience[0]?.pass();
    gate.resolve();
    expect([summary(await first), summary(await second)]).toEqual([
      [200, "MISS", "halfhalf"],
      [200, "COLLAPSED", "halfhalf"],
    ]);
    expect(origin.requests.length).toBe(1);
  });

  test("do without a leader that has gone", async () => {
    claims.claim(`plain ${keyOf("/orphan")}\n`, 1, 1);
    const [, two] = await start((exchange) => void exchange.respond(200, fresh, "found"));
    await listeners[0]?.stop();
    expect((await two.get("/orphan")).text).toBe("found");
    claims.releaseAll(1);
  });

  test("do without a leader that does not answer, and share what one of them fetches", async () => {
    claims.claim(`plain ${keyOf("/stopped")}\n`, 1, 1);
    const [, two] = await start((exchange) => void exchange.respond(200, fresh, "found"), 50);
    await listeners[0]?.stop();
    // One that was stopped: its socket takes connections, and nobody reads from them.
    const silent = Bun.listen({ unix: join(directory, "worker-1.sock"), socket: { data: () => undefined } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => two.get("/stopped")));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(["found"]));
    expect(origin.requests.length).toBe(1);
    silent.stop(true);
  });

  test("wait for a leader that is slow as long as for one of their own, and then send one of their own", async () => {
    const gate = Promise.withResolvers<void>();
    const [one, two] = await start(async (exchange) => {
      if (origin.requests.length === 1) await gate.promise;
      await exchange.respond(200, fresh, `from ${origin.exchanges.indexOf(exchange) + 1}`);
    });
    const first = one.get("/page");
    await origin.untilExchange(1);
    const waiting = Promise.all(Array.from({ length: 20 }, () => two.get("/page")));
    await patience[0]?.untilRunning(20);
    patience[0]?.pass();
    expect((await waiting).every(({ text }) => text === "from 2")).toBe(true);
    gate.resolve();
    expect((await first).text).toBe("from 1");
    expect(origin.requests.length).toBe(2);
  });

  test("tell each other by which fields a response was chosen: the others share what fits them", async () => {
    const gate = Promise.withResolvers<void>();
    const [one, two] = await start(async (exchange) => {
      if (origin.requests.length === 1) await gate.promise;
      await exchange.respond(200, { ...fresh, Vary: "X-Kind" }, `for ${exchange.request.field("x-kind")}`);
    });
    const first = one.get("/page", { "X-Kind": "a" });
    await origin.untilExchange(1);
    const others = Array.from({ length: 10 }, () => two.get("/page", { "X-Kind": "b" }));
    await patience[0]?.untilRunning(10);
    gate.resolve();
    await first;
    expect((await Promise.all(others)).every(({ text }) => text === "for b")).toBe(true);
    expect(origin.requests.length).toBe(2);
  });

  test("have what one of them confirms confirmed for the other's clients, too", async () => {
    const gate = Promise.withResolvers<void>();
    const confirmable = { "Cache-Control": "no-cache", ETag: '"v1"', "Content-Type": "text/plain" };
    const [one, two] = await start(async (exchange) => {
      if (exchange.request.field("if-none-match") === null) {
        return void exchange.respond(200, confirmable, "hello");
      }
      await gate.promise;
      await exchange.send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n');
    });
    await one.get("/page");
    await two.get("/page");
    const first = one.get("/page");
    await origin.untilExchange(3);
    const others = Array.from({ length: 10 }, () => two.get("/page"));
    await patience[0]?.untilRunning(10);
    gate.resolve();
    expect(summary(await first)).toEqual([200, "REVALIDATED", "hello"]);
    expect((await Promise.all(others)).every(({ text }) => text === "hello")).toBe(true);
    expect(origin.requests.length).toBe(3);
  });

  test("give each other what may be used stale: nobody waits for the refresh of what only one can see yet", async () => {
    const never = Promise.withResolvers<void>();
    const stale = { ...fresh, "Cache-Control": "max-age=60, stale-while-revalidate=600", Age: "100" };
    const [one, two] = await start(async (exchange) => {
      if (origin.requests.length > 1) await never.promise;
      await exchange.respond(200, stale, "hello");
    });
    await one.get("/page");
    expect(summary(await one.get("/page"))).toEqual([200, "STALE", "hello"]);
    await origin.untilExchange(2);
    expect(summary(await two.get("/page"))).toEqual([200, "STALE", "hello"]);
    expect(origin.requests.length).toBe(2);
    never.resolve();
  });

  test("give each other what may be used stale when the origin fails and only one can see it yet", async () => {
    const gate = Promise.withResolvers<void>();
    const stale = { ...fresh, "Cache-Control": "max-age=60, stale-if-error=600", Age: "100" };
    const [one, two] = await start(async (exchange) => {
      if (origin.requests.length === 1) return void exchange.respond(200, stale, "hello");
      await gate.promise;
      await exchange.respond(503, {});
    });
    await one.get("/page");
    const first = one.get("/page");
    await origin.untilExchange(2);
    const second = two.get("/page");
    await patience[0]?.untilRunning(1);
    gate.resolve();
    for (const answer of [first, second]) {
      expect(summary(await answer)).toEqual([200, "STALE", "hello"]);
    }
    expect(origin.requests.length).toBe(2);
  });

  test("do not join at each other what was removed meanwhile", async () => {
    const gate = Promise.withResolvers<void>();
    let version = 1;
    const [one, two] = await start(async (exchange) => {
      const body = `version ${version}`;
      if (origin.requests.length === 1) await gate.promise;
      await exchange.respond(200, fresh, body);
    });
    const earlier = one.get("/page");
    await origin.untilExchange(1);
    version = 2;
    for (const worker of workers) {
      worker.advance(0.001);
      worker.context.flights.detach([{ by: "all" }]);
      await worker.context.store.remove({ by: "all" });
    }
    expect((await two.get("/page")).text).toBe("version 2");
    gate.resolve();
    expect((await earlier).text).toBe("version 1");
    expect((await one.get("/page")).text).toBe("version 2");
  });

  test("send a dead origin one request each for any number of clients, and wait for it once", async () => {
    const [one, two] = await start(() => undefined, 5000, 400);
    const clients = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? one : two).get("/page"));
    const answers = await Promise.all(clients);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([504]));
    expect(origin.requests.length).toBeLessThanOrEqual(2);
  });

  test("answer each other on sockets that only this user can open", async () => {
    await start(() => undefined);
    expect(statSync(join(directory, "worker-1.sock")).mode & 0o777).toBe(0o600);
  });

  test("are not fooled by an origin that speaks their language", async () => {
    const [one] = await start(
      (exchange) => void exchange.respond(200, { ...fresh, "Cacheproxy-Peer": '{"kind":"unshared"}' }, "sly"),
    );
    expect((await one.get("/page")).text).toBe("sly");
    expect((await one.get("/page")).text).toBe("sly");
  });
});
