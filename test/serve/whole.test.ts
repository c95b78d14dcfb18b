import { afterEach, describe, expect, test } from "bun:test";
import type { BodyReader } from "../../src/origin/body.ts";
import type { Forward } from "../../src/origin/forward.ts";
import { createTransit, type Transit } from "../../src/serve/answer/transit.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { type Tier, StoreError, type Writer } from "../../src/store/tier.ts";
import { createHandDeadlines, type HandDeadlines } from "../fixtures/hand-deadlines.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { bytesOf, order } from "../store/samples.ts";
import {
  always,
  cacheWord,
  keyOf,
  type ProxyOverrides,
  reasonOf,
  startProxy,
  type TestProxy,
} from "./proxy.ts";

/** A small body is some bytes: it is read to its end, stored and given to those who wait, without a fill. */

let proxy: TestProxy;
let collecting: HandDeadlines;
let patience: HandDeadlines;
let watched: ReturnType<typeof watchedTransit>;
let store: ReturnType<typeof watchedStore>;
afterEach(() => proxy.stop());

/** Of those who hold memory of it, only the window of a fill has something to spare. */
function watchedTransit() {
  const transit = createTransit(64e6);
  let fills = 0;
  const watching: Transit = {
    hold(spare) {
      if (spare !== undefined) fills++;
      return transit.hold(spare);
    },
    get bytes() {
      return transit.bytes;
    },
    get isShort() {
      return transit.isShort;
    },
  };
  return { transit: watching, fills: () => fills };
}

type Refusal = "put" | "write";

/** A memory that tells what was done with its writers, and refuses what it is told to. */
function watchedStore() {
  const memory = createMemoryStore<never>({
    now: () => 0,
    removals: createRemovals(1),
    maxBytes: 64e6,
    order,
    newId: () => crypto.randomUUID(),
  });
  const calls: string[] = [];
  let refusal: Refusal | null = null;
  const refuse = (call: Refusal) => {
    if (refusal === call) throw new StoreError("ENOSPC", "no space left");
  };
  const watching: Tier = {
    ...memory,
    put(entry, body) {
      refuse("put");
      calls.push(`put ${body.byteLength}`);
      return memory.put(entry, body);
    },
    async write(entry, expectedSize) {
      refuse("write");
      const writer = await memory.write(entry, expectedSize);
      const noted: Writer = {
        write(chunk) {
          calls.push(`write ${chunk.byteLength}`);
          return writer.write(chunk);
        },
        read(offset, length) {
          calls.push("read");
          return writer.read(offset, length);
        },
        commit: () => writer.commit(),
        abort() {
          calls.push("abort");
          return writer.abort();
        },
        release: () => writer.release(),
      };
      return noted;
    },
  };
  return {
    store: watching,
    calls,
    refuse(call: Refusal | null) {
      refusal = call;
    },
  };
}

async function before(script: Script, overrides: ProxyOverrides = {}): Promise<void> {
  collecting = createHandDeadlines();
  patience = createHandDeadlines();
  watched = watchedTransit();
  store = watchedStore();
  const { transit } = watched;
  proxy = await startProxy(script, {
    ...{ collecting, patience, transit, store: store.store, shortCut: false },
    ...overrides,
  });
}

const storable = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Type: text/plain\r\n";
const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };

function summary(answer: RawResponse) {
  return [answer.status, cacheWord(answer), answer.text];
}

/** Five at once for one target, the first of which leads. */
async function crowd(gate: PromiseWithResolvers<void>): Promise<RawResponse[]> {
  const leader = proxy.get("/page");
  await proxy.origin.untilExchange(1);
  const followers = Array.from({ length: 4 }, () => proxy.get("/page"));
  await patience.untilRunning(4);
  gate.resolve();
  return await Promise.all([leader, ...followers]);
}

describe("a small body", () => {
  test.each([0, 1, 100, 65_536])("of %i bytes is stored without a fill, at once", async (size) => {
    const body = bytesOf(size);
    await before(always(200, fresh, body));
    for (const word of ["MISS", "HIT"] as const) {
      const answer = await proxy.get("/page");
      expect([cacheWord(answer), answer.field("content-length")]).toEqual([word, `${size}`]);
      expect(Buffer.compare(answer.body, body)).toBe(0);
    }
    expect(watched.fills()).toBe(0);
    expect(store.calls).toEqual([`put ${size}`]);
    expect(watched.transit.bytes).toBe(0);
  });

  test("is none when it has a byte more: then it is a fill", async () => {
    await before(always(200, fresh, bytesOf(65_537)));
    expect((await proxy.get("/page")).body.byteLength).toBe(65_537);
    expect(watched.fills()).toBe(1);
  });

  test("is given to all who wait for it, and asked for once", async () => {
    const gate = Promise.withResolvers<void>();
    await before(async ({ respond }) => {
      await gate.promise;
      await respond(200, { ...fresh, "Set-Cookie": "a=1" }, "page");
    });
    const [leader, ...followers] = await crowd(gate);
    expect(leader?.field("set-cookie")).toBe("a=1");
    for (const answer of followers) {
      expect([...summary(answer), answer.field("set-cookie")]).toEqual([200, "COLLAPSED", "page", null]);
    }
    expect([proxy.origin.requests.length, watched.fills(), store.calls]).toEqual([1, 0, ["put 4"]]);
  });

  test("of one variant is not given to those who wait for another", async () => {
    const gate = Promise.withResolvers<void>();
    await before(async ({ respond, request }) => {
      await gate.promise;
      const language = request.field("accept-language") ?? "";
      await respond(200, { ...fresh, Vary: "Accept-Language" }, language);
    });
    const german = proxy.get("/page", { "Accept-Language": "de" });
    await proxy.origin.untilExchange(1);
    const french = proxy.get("/page", { "Accept-Language": "fr" });
    await patience.untilRunning(1);
    gate.resolve();
    expect([summary(await german), summary(await french)]).toEqual([
      [200, "MISS", "de"],
      [200, "MISS", "fr"],
    ]);
    expect(await proxy.context.store.find(keyOf("/page"))).toHaveLength(2);
  });

  test("that may be used once it is confirmed is confirmed once for all who wait", async () => {
    const gate = Promise.withResolvers<void>();
    await before(async ({ respond, request }) => {
      await gate.promise;
      const isKnown = request.field("if-none-match") !== null;
      await respond(
        isKnown ? 304 : 200,
        { "Cache-Control": "no-cache", ETag: '"v1"' },
        isKnown ? "" : "page",
      );
    });
    const answers = await crowd(gate);
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 5 }, () => "page"));
    expect(proxy.origin.requests.map((request) => request.field("if-none-match"))).toEqual([null, '"v1"']);
  });

  test("answers the condition of the client that caused it", async () => {
    await before(always(200, { ...fresh, ETag: '"v1"' }, "page"));
    const unchanged = await proxy.get("/page", { "If-None-Match": '"v1"' });
    expect([unchanged.status, cacheWord(unchanged), unchanged.text]).toEqual([304, "MISS", ""]);
    expect(summary(await proxy.get("/page"))).toEqual([200, "HIT", "page"]);
  });

  test("without a type is sent without one, with its length", async () => {
    await before(always(200, { "Cache-Control": "max-age=60" }, "page"));
    const answer = await proxy.get("/page");
    expect([answer.field("content-type"), answer.field("content-length"), answer.text]).toEqual([
      null,
      "4",
      "page",
    ]);
  });

  test("is not asked for by HEAD, which stores nothing", async () => {
    await before(({ send }) => void send(`${storable}Content-Length: 4\r\n\r\n`));
    const answer = await ask(proxy.port, requestText("HEAD", "/page"));
    expect([answer.status, answer.field("content-length")]).toEqual([200, "4"]);
    expect(await proxy.context.store.find(keyOf("/page"))).toEqual([]);
    expect(watched.fills()).toBe(0);
  });
});

describe("a small body that breaks off", () => {
  test("is a 502 for the one that caused it and for those who wait, is told once and stored nowhere", async () => {
    const gate = Promise.withResolvers<void>();
    await before(async ({ send, reset }) => {
      await gate.promise;
      await send(`${storable}Content-Length: 100\r\n\r\n0123456789`);
      reset();
    });
    const answers = await crowd(gate);
    for (const answer of answers) expect([answer.status, reasonOf(answer)]).toEqual([502, "origin-broken"]);
    expect(proxy.broken).toEqual(["cache.test/page: ECONNRESET"]);
    expect(proxy.origin.requests).toHaveLength(1);
    expect([store.calls, watched.transit.bytes]).toEqual([[], 0]);
  });

  test("says nothing to those who wait while another one is on its way", async () => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await before(async ({ send, reset, respond }) => {
      if (proxy.origin.requests.length > 1) {
        await second.promise;
        return void respond(200, fresh, "page");
      }
      await first.promise;
      await send(`${storable}Content-Length: 100\r\n\r\n0123456789`);
      reset();
    });
    const slow = proxy.get("/page");
    await proxy.origin.untilExchange(1);
    const beside = proxy.get("/page");
    await patience.untilRunning(1);
    patience.pass();
    await proxy.origin.untilExchange(2);
    const waiting = proxy.get("/page");
    await patience.untilRunning(1);
    first.resolve();
    expect((await slow).status).toBe(502);
    second.resolve();
    expect([summary(await beside), summary(await waiting)]).toEqual([
      [200, "MISS", "page"],
      [200, "COLLAPSED", "page"],
    ]);
  });

  test("lets what is stale stand in, and leaves it where it is", async () => {
    await before(always(200, { "Cache-Control": "max-age=1, stale-if-error=600" }, "old"));
    await proxy.get("/page");
    proxy.advance(2);
    proxy.origin.answer(async ({ send, reset }) => {
      await send(`${storable}Content-Length: 100\r\n\r\n0123456789`);
      reset();
    });
    for (let times = 0; times < 2; times++) {
      expect(summary(await proxy.get("/page"))).toEqual([200, "STALE", "old"]);
    }
  });

  test.each([
    ["shorter than announced", ["page"]],
    ["longer than announced", ["page", "pages"]],
  ])("by being %s is a 502, and stored nowhere", async (_, chunks) => {
    let cancels = 0;
    await before(() => undefined, { forward: forwardOf("8", chunks, undefined, () => cancels++) });
    const answer = await proxy.get("/page");
    expect(cancels).toBe(1);
    expect([answer.status, reasonOf(answer)]).toEqual([502, "origin-broken"]);
    expect(await proxy.context.store.find(keyOf("/page"))).toEqual([]);
    expect(watched.transit.bytes).toBe(0);
  });

  test("may come in several parts", async () => {
    await before(() => undefined, { forward: forwardOf("8", ["page", "page"]) });
    expect((await proxy.get("/page")).text).toBe("pagepage");
    expect(store.calls).toEqual(["put 8"]);
  });
});

/** The origin's answer without the client that would see to its length; its first part comes before `gate`. */
function forwardOf(
  length: string,
  parts: readonly string[],
  gate?: Promise<void>,
  onCancel: () => void = () => undefined,
): Forward {
  return async () => {
    const left = parts.map((part) => new TextEncoder().encode(part));
    const body: BodyReader = {
      async read() {
        if (left.length < parts.length) await gate;
        return left.shift();
      },
      cancel: async () => onCancel(),
    };
    const { now, next } = proxy.context;
    const at = { requestAt: now(), responseAt: now(), receivedAt: now(), askedAt: next() };
    const fields = [
      ["cache-control", "max-age=60"],
      ["content-length", length],
    ] as const;
    return { ok: true, response: { status: 200, statusText: "OK", fields, body, framing: "length", ...at } };
  };
}

describe("a small body that does not come in time", () => {
  const rest = () => Promise.withResolvers<void>();

  async function trickling(gate: PromiseWithResolvers<void>) {
    await before(async ({ send }) => {
      await send(`${storable}Content-Length: 8\r\n\r\npage`);
      await gate.promise;
      await send("page");
    });
  }

  test("is a fill from then on, and still has its length", async () => {
    const gate = rest();
    await trickling(gate);
    const answer = proxy.get("/page");
    await collecting.untilRunning(1);
    collecting.pass();
    gate.resolve();
    expect([...summary(await answer), (await answer).field("content-length")]).toEqual([
      ...[200, "MISS", "pagepage"],
      "8",
    ]);
    expect(watched.fills()).toBe(1);
    expect(summary(await proxy.get("/page"))).toEqual([200, "HIT", "pagepage"]);
    expect(watched.transit.bytes).toBe(0);
  });

  test("lands then: who waits for it goes to the origin no more, however slow it is", async () => {
    const gate = rest();
    await trickling(gate);
    const leader = proxy.get("/page");
    await collecting.untilRunning(1);
    const follower = proxy.get("/page");
    await patience.untilRunning(1);
    collecting.pass();
    await proxy.context.flights.under(keyOf("/page"))[0]?.landing;
    patience.pass();
    gate.resolve();
    expect([summary(await leader), summary(await follower)]).toEqual([
      [200, "MISS", "pagepage"],
      [200, "COLLAPSED", "pagepage"],
    ]);
    expect(proxy.origin.requests).toHaveLength(1);
  });

  test("is read along from its first byte, also what has come before", async () => {
    const gate = rest();
    await before(() => undefined, { forward: forwardOf("8", ["page", "page"], gate.promise) });
    const answer = proxy.get("/page");
    await collecting.untilRunning(1);
    collecting.pass();
    gate.resolve();
    expect((await answer).text).toBe("pagepage");
    expect(watched.transit.bytes).toBe(0);
  });
});

describe("a small body that the store refuses", () => {
  test("is given to all who wait for it, and asked for again by who comes later", async () => {
    const gate = Promise.withResolvers<void>();
    await before(async ({ respond }) => {
      await gate.promise;
      await respond(200, fresh, "page");
    });
    store.refuse("put");
    for (const answer of await crowd(gate)) {
      expect([answer.status, answer.text, reasonOf(answer)]).toEqual([200, "page", "store-failed"]);
      expect(answer.field("cache-status")).not.toContain("stored");
    }
    expect(proxy.origin.requests).toHaveLength(1);
    expect(proxy.errors).toMatchObject([{ code: "ENOSPC" }]);
    expect(store.calls).toEqual([]);
    store.refuse(null);
    expect(summary(await proxy.get("/page"))).toEqual([200, "MISS", "page"]);
  });

  test("tells by which fields requests are told apart from then on", async () => {
    const gate = Promise.withResolvers<void>();
    await before(async ({ respond, request }) => {
      if (proxy.origin.requests.length > 1) await gate.promise;
      await respond(200, { ...fresh, Vary: "Accept-Language" }, request.field("accept-language") ?? "");
    });
    store.refuse("put");
    await proxy.get("/page", { "Accept-Language": "de" });
    const answers = ["de", "fr"].map((language) => proxy.get("/page", { "Accept-Language": language }));
    await proxy.origin.untilExchange(3);
    gate.resolve();
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(["de", "fr"]);
  });

  test("makes an end of what it supersedes", async () => {
    await before(always(200, { "Cache-Control": "max-age=1, stale-if-error=600" }, "old"));
    await proxy.get("/page");
    proxy.advance(2);
    proxy.origin.answer(always(200, fresh, "new"));
    store.refuse("put");
    expect((await proxy.get("/page")).text).toBe("new");
    expect(proxy.effects).toEqual([["superseded", 1]]);
    expect(await proxy.context.store.find(keyOf("/page"))).toEqual([]);
  });
});
