import { afterEach, describe, expect, test } from "bun:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import type { Tier } from "../../src/store/tier.ts";
import { passedDeadlines } from "../fixtures/hand-deadlines.ts";
import { connectTo, type RawClient, requestText } from "../fixtures/raw-client.ts";
import { order } from "../store/samples.ts";
import { cacheWord, keyOf, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
const clients: RawClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await proxy.stop();
});

/** How far the origin has got when somebody leaves. */
type Stage = "before the fields" | "after the fields" | "in the middle of the body";
const stages: Stage[] = ["before the fields", "after the fields", "in the middle of the body"];

/** One announced to be small is collected before anything of it is sent: here it does not come whole in the time for that. */
type Framing = "chunked" | "announced";
const framings: Framing[] = ["chunked", "announced"];

const chunks = ["first", "second", "third"];
const whole = chunks.join("");

/**
 * A store that tells how many look-ups have been made, for who has looked in vain waits for the one that leads, and when
 * a body begins.
 */
function watchedStore() {
  const store = createMemoryStore<never>({
    now: () => 0,
    removals: createRemovals(1),
    maxBytes: 64e6,
    order,
    newId: () => crypto.randomUUID(),
  });
  let lookups = 0;
  const waiting: { count: number; resolve: () => void }[] = [];
  const begun = Promise.withResolvers<void>();
  const watched: Tier = {
    ...store,
    async write(entry, expectedSize) {
      const writer = await store.write(entry, expectedSize);
      begun.resolve();
      return writer;
    },
    async find(key) {
      lookups += 1;
      for (const each of waiting) if (lookups >= each.count) each.resolve();
      return await store.find(key);
    },
  };
  return {
    store: watched,
    async untilBegun() {
      await begun.promise;
      await nextTurn();
      await nextTurn();
    },
    async untilLookups(count: number) {
      if (lookups < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }));
      await nextTurn();
      await nextTurn();
    },
  };
}

/**
 * Two clients ask for one cold target. The origin's answer comes in parts, and between them `leave` is called at the
 * stage: it makes one or both leave.
 */
async function scene(
  stage: Stage,
  framing: Framing,
  onAbort: "finish" | "drop",
  leave: (clients: RawClient[]) => void,
) {
  const part = framing === "chunked" ? chunk : (text = "") => text;
  const { store, untilLookups, untilBegun } = watchedStore();
  const gates = {
    fields: Promise.withResolvers<void>(),
    middle: Promise.withResolvers<void>(),
    rest: Promise.withResolvers<void>(),
  };
  proxy = await startProxy(
    async ({ send }) => {
      await gates.fields.promise;
      const length = framing === "chunked" ? "Transfer-Encoding: chunked" : `Content-Length: ${whole.length}`;
      await send(`HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n${length}\r\n\r\n`);
      await gates.middle.promise;
      await send(`${part(chunks[0])}${part(chunks[1])}`);
      await gates.rest.promise;
      await send(framing === "chunked" ? `${part(chunks[2])}0\r\n\r\n` : part(chunks[2]));
    },
    { store, options: { onAbort }, shortCut: false, collecting: passedDeadlines },
  );
  const leader = await join();
  const exchange = await proxy.origin.untilExchange(1);
  const waiter = await join();
  await untilLookups(2);
  const both = [leader, waiter];
  if (stage === "before the fields") leave(both);
  gates.fields.resolve();
  if (stage === "after the fields") {
    await untilBegun();
    leave(both);
  }
  gates.middle.resolve();
  if (stage === "in the middle of the body") {
    for (const client of framing === "chunked" ? both : []) {
      await client.head();
      await client.some();
    }
    if (framing === "announced") await untilBegun();
    leave(both);
  }
  return { leader, waiter, exchange, finish: gates.rest.resolve };
}

function chunk(text = ""): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

async function join(): Promise<RawClient> {
  const client = await connectTo(proxy.port);
  clients.push(client);
  await client.send(requestText("GET", "/page", { Connection: "close" }));
  return client;
}

/** What was not read of it yet, without the framing of chunks. */
async function restOf(client: RawClient): Promise<string> {
  const { bytes, reset } = await client.rest();
  expect(reset).toBe(false);
  return Buffer.from(bytes)
    .toString()
    .replace(/\r\n0\r\n\r\n$/, "");
}

async function isStored(): Promise<void> {
  const again = await proxy.get("/page");
  expect([again.text, cacheWord(again)]).toEqual([whole, "HIT"]);
  expect(proxy.origin.requests).toHaveLength(1);
}

const scenes = framings.flatMap((framing) => stages.map((stage) => [framing, stage] as const));

describe.each(["finish", "drop"] as const)("with --on-abort %s", (onAbort) => {
  test.each(scenes)(
    "%s, the leader leaves %s: the waiter gets every byte, and it is stored",
    async (framing, stage) => {
      const { waiter, finish } = await scene(stage, framing, onAbort, ([leader]) => leader?.reset());
      finish();
      expect(await restOf(waiter)).toEndWith("third");
      await isStored();
    },
  );

  test.each(scenes)(
    "%s, the waiter leaves %s: the leader gets every byte, and it is stored",
    async (framing, stage) => {
      const { leader, finish } = await scene(stage, framing, onAbort, ([, waiter]) => waiter?.reset());
      finish();
      expect(await restOf(leader)).toEndWith("third");
      await isStored();
    },
  );
});

const everybody = (both: RawClient[]) => {
  for (const client of both) client.reset();
};

test.each(scenes)(
  "%s, everybody leaves %s, with --on-abort finish: it is stored nevertheless",
  async (framing, stage) => {
    const { finish } = await scene(stage, framing, "finish", everybody);
    finish();
    while ((await proxy.context.store.find(keyOf("/page"))).length === 0) await nextTurn();
    await isStored();
  },
);

test.each(scenes)(
  "%s, everybody leaves %s, with --on-abort drop: the origin is let go, nothing is stored",
  async (framing, stage) => {
    const { exchange } = await scene(stage, framing, "drop", everybody);
    await exchange.gone;
    expect(await proxy.context.store.find(keyOf("/page"))).toEqual([]);
    proxy.origin.answer(({ respond }) => void respond(200, { "Cache-Control": "max-age=60" }, "anew"));
    expect((await proxy.get("/page")).text).toBe("anew");
  },
);
