import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createOffline } from "../../src/origin/offline.ts";
import { createOrigins, type Origins } from "../../src/origin/origins.ts";
import { systemClocks } from "../fixtures/clocks.ts";
import { type Origin, startOrigin } from "../fixtures/origin.ts";

let now: number;
let status: number;
let origin: Origin;
beforeEach(async () => {
  now = 1_000_000;
  status = 200;
  origin = await startOrigin((exchange) => void exchange.respond(status, {}, ""));
});
afterEach(() => origin.stop());

function open(wishes: { health?: string; others?: readonly string[] } = {}): Origins {
  const clocks = { ...systemClocks, now: () => now, monotonic: () => now };
  const limits = { firstByteTimeout: 10_000, idleTimeout: 10_000, clientTimeout: 10_000 };
  return createOrigins({
    ...clocks,
    origins: [origin.url, ...(wishes.others ?? [])].map((url) => ({ origin: url, ...clocks, ...limits })),
    ...{ balance: "round-robin", health: wishes.health ?? null, firstTurn: 0 },
    every: () => () => undefined,
  });
}

const asked = () => origin.exchanges.map(({ request: { method, target } }) => `${method} ${target}`);

/** What a client asks for. */
async function visit(door: Origins): Promise<void> {
  const request = { method: "GET", target: "/page", fields: new Headers(), body: null };
  const answer = await door(request, new AbortController());
  if (answer.ok) await answer.response.body?.cancel();
}

describe("an origin of which nothing was heard", () => {
  test("is asked for its root, by who may do so", async () => {
    const door = open();
    expect(await door.answers(false)).toBe(false);
    expect(asked()).toEqual([]);
    expect(await door.answers(true)).toBe(true);
    expect(asked()).toEqual(["HEAD /"]);
  });

  test.each([
    [200, true],
    [302, true],
    [401, true],
    [404, true],
    [500, true],
    [502, false],
    [503, false],
    [504, false],
  ])("that says %d answers: %p", async (code, answers) => {
    status = code;
    expect(await open().answers(true)).toBe(answers);
  });

  test("that refuses connections does not, but another one of the same site does", async () => {
    const { url } = origin;
    await origin.stop();
    expect(await open().answers(true)).toBe(false);
    origin = await startOrigin((exchange) => void exchange.respond(200, {}, ""));
    expect(await open({ others: [url] }).answers(true)).toBe(true);
  });
});

describe("what was heard of it", () => {
  test("by a client is enough for five seconds", async () => {
    const door = open();
    await visit(door);
    now += 4_999;
    expect([await door.answers(true), await door.answers(false)]).toEqual([true, true]);
    expect(asked()).toEqual(["GET /page"]);
  });

  test("is said for fifteen seconds, and meanwhile it is asked again, once for all who want to know", async () => {
    const door = open();
    await visit(door);
    now += 5_000;
    status = 503;
    expect([await door.answers(true), await door.answers(true)]).toEqual([true, true]);
    while (await door.answers(true)) await new Promise(setImmediate);
    expect(asked()).toEqual(["GET /page", "HEAD /"]);
  });

  test("is nothing any more after that", async () => {
    const door = open();
    await visit(door);
    now += 15_000;
    status = 503;
    expect([await door.answers(false), await door.answers(true)]).toEqual([false, false]);
  });

  test("by a client that got no answer is that it does not", async () => {
    const door = open();
    expect(await door.answers(true)).toBe(true);
    status = 502;
    await visit(door);
    expect(await door.answers(true)).toBe(false);
    expect(asked()).toEqual(["HEAD /", "GET /page"]);
  });
});

test("an origin that is left alone is trusted again when it answers", async () => {
  const { url } = origin;
  await origin.stop();
  const door = open();
  for (let failure = 0; failure < 3; failure++) await visit(door);
  expect(door.status().map(({ state }) => state)).toEqual(["left-alone"]);
  origin = await startOrigin((exchange) => void exchange.respond(200, {}, ""), Number(new URL(url).port));
  now += 15_000;
  expect(await door.answers(true)).toBe(true);
  expect(door.status().map(({ state }) => state)).toEqual(["trusted"]);
});

test("a cache that is offline misses none", async () => {
  expect(await createOffline().answers(true)).toBe(true);
});
