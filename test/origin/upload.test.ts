import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { createForward, type OriginAnswer } from "../../src/origin/forward.ts";
import { createTurns } from "../../src/origin/turns.ts";
import { systemClocks } from "../fixtures/clocks.ts";
import { type Exchange, type Origin, startOrigin } from "../fixtures/origin.ts";

const timeouts = { firstByteTimeout: 1000, idleTimeout: 5000, clientTimeout: 10_000 };
/** A deadline passes up to an eighth late. */
const late = 1.25;

let origin: Origin;
beforeEach(() => void jest.useFakeTimers());
afterEach(async () => {
  jest.useRealTimers();
  await origin?.stop();
});

/** A request of which the parts come when the test says so; `untilAsked` tells when the next one is waited for. */
function upload() {
  let asked = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
  const body = new ReadableStream<Uint8Array>(
    { pull: (controller) => asked.resolve(controller) },
    {
      highWaterMark: 0,
    },
  );
  async function next(): Promise<ReadableStreamDefaultController<Uint8Array>> {
    const controller = await asked.promise;
    asked = Promise.withResolvers();
    return controller;
  }
  return {
    body,
    untilAsked: () => asked.promise,
    send: async (part: string) => (await next()).enqueue(new TextEncoder().encode(part)),
    end: async () => (await next()).close(),
  };
}

/** Asks with a body that comes in parts; the origin answers as the test says. */
async function asking(answer: (exchange: Exchange) => Promise<void>) {
  origin = await startOrigin(async (exchange) => {
    await exchange.body;
    await answer(exchange);
  });
  const told: string[] = [];
  const forward = createForward({
    origin: origin.url,
    ...timeouts,
    ...systemClocks,
    onFailure: (reason) => told.push(reason),
  });
  const { body, ...client } = upload();
  const answered = forward(
    { method: "POST", target: "/", fields: new Headers(), body },
    new AbortController(),
  );
  return { ...client, answered, told };
}

function statusOf(answer: OriginAnswer): readonly [number, string] {
  return answer.ok ? [answer.response.status, "ok"] : [answer.failure.status, answer.failure.reason];
}

const ok = async ({ respond }: Exchange) => void (await respond(200, {}, "thanks"));

describe("the limit for the origin's first byte", () => {
  test("does not run while the client sends: an upload may take longer", async () => {
    const { send, end, untilAsked, answered } = await asking(ok);
    for (let part = 0; part < 5; part++) {
      await untilAsked();
      jest.advanceTimersByTime(900);
      await send(`part ${part}`);
    }
    await untilAsked();
    jest.advanceTimersByTime(900);
    await end();
    expect(statusOf(await answered)).toEqual([200, "ok"]);
    const [exchange] = origin.exchanges;
    expect(Buffer.from((await exchange?.body)?.bytes ?? []).toString()).toBe(
      "part 0part 1part 2part 3part 4",
    );
  });

  test("begins when the last byte of the request has come", async () => {
    const received = Promise.withResolvers<void>();
    const { send, end, answered, told } = await asking(async () => received.resolve());
    await send("all");
    await end();
    await received.promise;
    jest.advanceTimersByTime(timeouts.firstByteTimeout * late);
    expect(statusOf(await answered)).toEqual([504, "origin-timeout"]);
    expect(told).toEqual(["origin-timeout"]);
  });

  test("is over when the answer begins before the upload has ended", async () => {
    origin = await startOrigin(async (exchange) => {
      await exchange.respond(413, {}, "too much");
    });
    const { body, send } = upload();
    const forward = createForward({ origin: origin.url, ...timeouts, ...systemClocks });
    const answered = forward(
      { method: "POST", target: "/", fields: new Headers(), body },
      new AbortController(),
    );
    await send("some");
    const answer = await answered;
    jest.advanceTimersByTime(timeouts.clientTimeout * 2);
    expect(statusOf(answer)).toEqual([413, "ok"]);
    if (answer.ok) expect(await answer.response.body?.read()).toBeDefined();
  });
});

test("a client that sends nothing more of its request is a 408, the request at the origin ends, and the origin is blamed for nothing", async () => {
  const { send, untilAsked, answered, told } = await asking(ok);
  await send("some");
  await untilAsked();
  const exchange = await origin.untilExchange(1);
  jest.advanceTimersByTime(timeouts.clientTimeout - 100);
  jest.advanceTimersByTime(timeouts.clientTimeout);
  expect(statusOf(await answered)).toEqual([408, "client-stalled"]);
  await exchange.gone;
  expect(told).toEqual([]);
});

describe("turns", () => {
  /** Limits that the test lets pass. */
  function limits() {
    const running: { whose: string; onPassed: () => void }[] = [];
    const limit = (whose: string) => ({
      begin(onPassed: () => void) {
        const deadline = { begunAtTick: 0, onPassed };
        running.push({ whose, onPassed });
        return deadline;
      },
      end(deadline: { onPassed: () => void }) {
        running.splice(running.findIndex((one) => one.onPassed === deadline.onPassed) >>> 0, 1);
      },
    });
    return { origin: limit("origin"), client: limit("client"), running: () => running };
  }

  test("have one deadline at a time, and none after the end", () => {
    const { running, ...each } = limits();
    const turns = createTurns(each, () => undefined);
    const whose = () => running().map((one) => one.whose);
    turns.begin("origin");
    expect(whose()).toEqual(["origin"]);
    turns.begin("client");
    expect(whose()).toEqual(["client"]);
    turns.begin("origin");
    turns.end();
    expect(whose()).toEqual([]);
    turns.begin("client");
    expect([whose(), turns.late]).toEqual([[], null]);
  });

  test("tell who was late, once", () => {
    const { running, ...each } = limits();
    let times = 0;
    const turns = createTurns(each, () => times++);
    turns.begin("client");
    running()[0]?.onPassed();
    turns.begin("origin");
    expect([turns.late, times, running().filter((one) => one.whose === "origin")]).toEqual(["client", 1, []]);
  });
});
