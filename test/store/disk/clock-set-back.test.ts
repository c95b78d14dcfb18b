import { describe, expect, test } from "bun:test";
import { createMemoryStore } from "../../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../../src/store/removals.ts";
import { createOrder, type Order } from "../../../src/store/order.ts";
import type { NewResponse, Tier } from "../../../src/store/tier.ts";
import { createTieredStore } from "../../../src/store/tiers.ts";
import { directoryForEachTest } from "../directory.ts";
import { bytesOf, createClock, newId, newResponse, policy, put, readBody } from "../samples.ts";

const { primaryKey } = newResponse();
const hour = 3_600_000;
const clock = createClock();
const directory = directoryForEachTest(clock);

/** A worker whose clock is an hour ahead, or that is started after the clock was set back. */
function worker(ahead: number): Tier & { readonly order: Order } {
  const order = createOrder(() => clock.now() + ahead);
  const store = createTieredStore(
    createMemoryStore({
      now: () => 0,
      removals: createRemovals(1),
      maxBytes: 16 * 1024 * 1024,
      order,
      newId,
    }),
    directory.open({ order, now: () => clock.now() + ahead }),
    ({ message }) => {
      throw new Error(message);
    },
  );
  return { ...store, order };
}

/** Asks for it, and stores it. */
async function store(by: ReturnType<typeof worker>, changes: Partial<NewResponse> = {}, body = bytesOf(100)) {
  await put(by, { askedAt: by.order.next(), ...changes }, body);
}

async function found(by: Tier): Promise<Uint8Array[]> {
  return await Promise.all((await by.find(primaryKey)).map(readBody));
}

describe("when the clock was set back by an hour between two responses of one key", () => {
  const [older, newer] = [bytesOf(100, 1), bytesOf(100, 2)];

  test("the one that was stored later is found by both workers", async () => {
    const early = worker(hour);
    const late = worker(0);
    await store(early, {}, older);
    await early.published();
    expect(await found(late)).toEqual([older]);
    await store(late, {}, newer);
    await late.published();
    expect([await found(late), await found(early)]).toEqual([[newer], [newer]]);
  });

  test("so is the one that was freshened later", async () => {
    const early = worker(hour);
    const late = worker(0);
    await store(early);
    await early.published();
    const [there] = await late.find(primaryKey);
    if (there === undefined) throw new Error("the late worker should find it");
    await late.freshen(there.response, [["x", "fresh"]], policy(), late.order.next());
    await late.published();
    expect((await early.find(primaryKey))[0]?.response.fields).toEqual([["x", "fresh"]]);
  });

  test("of variants the one that was stored later comes first", async () => {
    const early = worker(hour);
    const late = worker(0);
    await store(early, { variantKey: "before" });
    await early.published();
    await late.find(primaryKey);
    await store(late, { variantKey: "after" });
    const order = (await late.find(primaryKey)).map(({ response }) => response.variantKey);
    expect(order).toEqual(["after", "before"]);
  });
});
