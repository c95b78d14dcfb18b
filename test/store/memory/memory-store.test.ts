import { describe, expect, test } from "bun:test";
import { createMemoryStore, type MemoryStore } from "../../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../../src/store/removals.ts";
import { inUseOverheadBytes, packedOverheadBytes } from "../../../src/store/memory/entry.ts";
import { storedAs } from "../../../src/store/tier.ts";
import { contractBytes, describeStore } from "../contract.ts";
import { bytesOf, newId, newResponse, policy, put, order } from "../samples.ts";

function open(maxBytes: number, now = () => 0): MemoryStore<string> {
  return createMemoryStore<string>({ now, removals: createRemovals(1), maxBytes, order, newId });
}

describeStore("memory", async (clock) => ({
  store: open(contractBytes, clock.now),
  files: () => [],
  dispose: () => Promise.resolve(),
}));

describe("memory", () => {
  test("peek gives the entries themselves, and undefined where there are none", async () => {
    const store = open(contractBytes);
    expect(store.peek("nothing")).toBeUndefined();
    const { response } = await put(store);
    const entries = store.peek(response.primaryKey);
    expect(entries).toBe(store.peek(response.primaryKey) as NonNullable<typeof entries>);
    expect(entries?.[0]?.response).toEqual(response);
  });

  test("what a caller prepared stays with its entry until it is freshened or replaced", async () => {
    const store = open(contractBytes);
    const { response } = await put(store);
    const ready = () => store.peek(response.primaryKey)?.[0]?.ready;
    const [entry] = store.peek(response.primaryKey) ?? [];
    if (entry) entry.ready = "prepared";
    expect(ready()).toBe("prepared");
    await store.freshen(response, response.fields, policy(), order.next());
    expect(ready()).toBeUndefined();
  });

  test("a list that peek gave is never changed beneath its reader", async () => {
    const store = open(contractBytes);
    const { response } = await put(store, { variantKey: "a" });
    const before = store.peek(response.primaryKey);
    await put(store, { variantKey: "b" });
    await store.remove({ by: "all" });
    expect(before?.map((entry) => entry.response.variantKey)).toEqual(["a"]);
  });

  test("the bound holds at every step, bodies on their way in included", async () => {
    const maxBytes = 100_000;
    const store = open(maxBytes);
    for (let i = 0; i < 300; i++) {
      const writer = await store.write(newResponse({ primaryKey: `k${i % 70}`, variantKey: `v${i % 3}` }));
      for (let part = 0; part < 1 + (i % 4); part++) {
        await writer.write(bytesOf(2900));
        expect(store.bytes).toBeLessThanOrEqual(maxBytes);
      }
      if (i % 5 === 0) await writer.abort();
      else await writer.commit();
      expect(store.bytes).toBeLessThanOrEqual(maxBytes);
    }
    expect(store.objects).toBeGreaterThan(5);
  });

  test("what had to go is counted, for room and for too many variants", async () => {
    const crowded = open(contractBytes);
    for (let each = 0; each < 35; each++) await put(crowded, { variantKey: `v${each}` });
    expect(crowded.evictions).toEqual({ room: 0, variants: 3 });
    await crowded.remove({ by: "all" });
    const full = open(20_000);
    for (let each = 0; each < 100; each++) await put(full, { primaryKey: `k${each}` });
    expect(full.evictions).toEqual({ room: 100 - full.objects, variants: 0 });
    const together = open(20_000);
    // All of one key go at once.
    for (let each = 0; each < 99; each++)
      await put(together, { primaryKey: `k${Math.floor(each / 3)}`, variantKey: `v${each % 3}` });
    expect(together.evictions).toEqual({ room: 99 - together.objects, variants: 0 });
    expect(crowded.evictions).toEqual({ room: 0, variants: 3 });
  });

  test("after everything is removed, nothing is counted", async () => {
    const store = open(contractBytes);
    for (let i = 0; i < 20; i++) await put(store, { primaryKey: `k${i % 7}`, variantKey: `v${i % 3}` });
    const writer = await store.write(newResponse());
    await writer.write(bytesOf(10));
    await writer.abort();
    expect(store.objects).toBe(20);
    await store.remove({ by: "all" });
    expect([store.bytes, store.objects]).toEqual([0, 0]);
    expect(store.peek("k0")).toBeUndefined();
  });

  test("fields and an overhead are counted for each entry", async () => {
    const store = open(contractBytes);
    await put(store, { fields: [["x", "y".repeat(5000)]] }, bytesOf(10));
    expect(store.bytes).toBeGreaterThanOrEqual(5010 + packedOverheadBytes);
  });

  test.each([
    ["announced", 12_501],
    ["not announced", undefined],
  ])("a body beyond an eighth of the budget is refused, %s", async (_, expectedSize) => {
    const store = open(100_000);
    const outcome = store.write(newResponse(), expectedSize).then((writer) => writer.write(bytesOf(12_501)));
    await expect(outcome).rejects.toMatchObject({ name: "StoreError", code: "TOO_LARGE" });
    await put(store, {}, bytesOf(12_500));
    expect(store.objects).toBe(1);
  });

  test("when bodies on their way in take all the room, the next bytes are refused, and accepted when one has left", async () => {
    const store = open(100_000);
    const writers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => store.write(newResponse({ primaryKey: `k${i}` }))),
    );
    for (const writer of writers) await writer.write(bytesOf(12_500));
    const late = await store.write(newResponse({ primaryKey: "late" }));
    await expect(late.write(bytesOf(1))).rejects.toMatchObject({ code: "NO_ROOM" });
    await late.abort();
    await writers[0]?.abort();
    await put(store, { primaryKey: "later" });
    expect(store.peek("later")).toHaveLength(1);
  });

  test("what peek is asked for outlives what it is not", async () => {
    const store = open(100_000);
    await put(store, { primaryKey: "popular" }, bytesOf(1000));
    for (let i = 0; i < 500; i++) {
      store.peek("popular");
      await put(store, { primaryKey: `once ${i}` }, bytesOf(1000));
    }
    expect(store.peek("popular")).toHaveLength(1);
    expect(store.peek("once 0")).toBeUndefined();
  });

  test("uses are told once, a few keys at a time, all in the end", async () => {
    const store = open(contractBytes);
    for (let i = 0; i < 10; i++) await put(store, { primaryKey: `k${i}` });
    expect(store.takeUsed(100)).toEqual([]);
    for (let i = 0; i < 10; i += 2) store.peek(`k${i}`);
    const told: string[] = [];
    for (let round = 0; round < 8; round++)
      told.push(...store.takeUsed(3).map(({ primaryKey }) => primaryKey));
    expect(told.sort()).toEqual(["k0", "k2", "k4", "k6", "k8"]);
  });

  test("to look is no use", async () => {
    const store = open(contractBytes);
    await put(store, { primaryKey: "k" });
    const { bytes } = store;
    expect(await store.look("k")).toMatchObject([{ where: "memory" }]);
    expect(store.takeUsed(100)).toEqual([]);
    expect(store.bytes).toBe(bytes);
  });

  test("what is in use weighs more, and what is no longer used is let go of", async () => {
    const store = open(contractBytes);
    await put(store);
    const packed = store.bytes;
    const [entry] = store.peek(newResponse().primaryKey) ?? [];
    if (entry) entry.ready = "prepared";
    expect(store.bytes).toBeGreaterThanOrEqual(packed + inUseOverheadBytes);
    for (let round = 0; round < 4; round++) {
      store.takeUsed(100);
      expect(store.peek(newResponse().primaryKey)?.[0]?.ready).toBe("prepared");
    }
    for (let round = 0; round < 4; round++) store.takeUsed(100);
    expect(store.bytes).toBe(packed);
    expect(store.peek(newResponse().primaryKey)).toEqual([{ ...entry, ready: undefined, hits: 0 } as never]);
  });

  test("a body that the caller put in the place of an equal one is kept when its entry is let go of", async () => {
    const store = open(contractBytes);
    await put(store);
    const [entry] = store.peek(newResponse().primaryKey) ?? [];
    const blob = new Blob([bytesOf(100)]);
    if (entry) entry.body = { kind: "blob", blob };
    for (let round = 0; round < 4; round++) store.takeUsed(100);
    expect(store.peek(newResponse().primaryKey)?.[0]?.body).toEqual({ kind: "blob", blob });
  });

  test("to bring into use makes room, and keeps within the bound when the room must come from itself", async () => {
    const maxBytes = 20_000;
    const store = open(maxBytes);
    for (let i = 0; i < 50; i++) await put(store, { primaryKey: `k${i}`, variantKey: "a" }, bytesOf(50));
    const held = store.objects;
    for (let i = 0; i < 50; i++) {
      store.peek(`k${i}`);
      expect(store.bytes).toBeLessThanOrEqual(maxBytes);
    }
    expect(store.objects).toBeLessThan(held);
    const writers = await Promise.all(
      Array.from({ length: 7 }, (_, i) => store.write(newResponse({ primaryKey: `on its way ${i}` }))),
    );
    await store.remove({ by: "all" });
    await put(store, { primaryKey: "alone" });
    for (const writer of writers) await writer.write(bytesOf(2500));
    expect(store.objects).toBe(1);
    expect(store.peek("alone")).toHaveLength(1);
    expect([store.bytes, store.objects]).toEqual([7 * 2500, 0]);
  });

  test("what was brought into use is counted out when it is removed, evicted or replaced", async () => {
    const store = open(contractBytes);
    for (let i = 0; i < 12; i++)
      await put(store, { primaryKey: `k${i % 6}`, variantKey: `v${i % 2}${i % 3}` });
    for (let i = 0; i < 6; i++) store.peek(`k${i}`);
    for (let i = 0; i < 6; i++) await put(store, { primaryKey: `k${i}`, variantKey: `v${i % 2}${i % 3}` });
    await store.remove({ by: "key", primaryKey: "k0" });
    store.peek("k1");
    await store.remove({ by: "target", target: "k1", host: null, site: null });
    store.peek("k2");
    await store.remove({ by: "all" });
    expect([store.bytes, store.objects]).toEqual([0, 0]);
  });

  describe("adoption of what another tier holds", () => {
    const bytes = bytesOf(10);
    const adopted = storedAs(newResponse(), "elsewhere", 10, order.next());
    const { primaryKey } = adopted;

    test("what was adopted is found under its own id", () => {
      const store = open(contractBytes);
      const adoption = store.adopt(primaryKey);
      adoption.take(adopted, bytes);
      expect(store.peek(primaryKey)?.[0]?.response).toEqual(adopted);
    });

    const meanwhile: [string, (store: MemoryStore<string>) => Promise<unknown>][] = [
      ["its key was removed", (store) => store.remove({ by: "key", primaryKey })],
      ["its variant was removed", (store) => store.remove({ by: "variant", primaryKey, variantKey: "" })],
      [
        "its prefix was removed",
        (store) => store.remove({ by: "prefix", targetPrefix: "/", host: null, site: null }),
      ],
      [
        "a group was removed",
        (store) => store.remove({ by: "group", group: "g", host: "a.example", site: null }),
      ],
      ["all was removed", (store) => store.remove({ by: "all" })],
      ["it was freshened", (store) => store.freshen(adopted, [], policy(), order.next())],
    ];
    test.each(meanwhile)("it is void when meanwhile %s", async (_, act) => {
      const store = open(contractBytes);
      const adoption = store.adopt(primaryKey);
      await act(store);
      expect(adoption.take(adopted, bytes)).toBeUndefined();
      expect(store.peek(primaryKey)).toBeUndefined();
    });

    test("it does not replace what was stored meanwhile, nor what was stored later", async () => {
      const store = open(contractBytes);
      const before = store.adopt(primaryKey);
      const { response } = await put(store);
      const later = { ...adopted, version: order.next() };
      expect(before.take(later, bytes)).toBeUndefined();
      expect(store.adopt(primaryKey).take(adopted, bytes)).toBeUndefined();
      expect(store.peek(primaryKey)?.[0]?.response).toEqual(response);
      expect(store.adopt(primaryKey).take(later, bytes)?.response).toEqual(later);
    });

    test("a removal of something else does not touch it", async () => {
      const store = open(contractBytes);
      const adoption = store.adopt(primaryKey);
      await store.remove({ by: "key", primaryKey: "another" });
      expect(adoption.take(adopted, bytes)?.response).toEqual(adopted);
    });
  });
});
