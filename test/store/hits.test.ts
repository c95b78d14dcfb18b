import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { DiskStore } from "../../src/store/disk/disk-store.ts";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import type { Tier } from "../../src/store/tier.ts";
import { createTieredStore } from "../../src/store/tiers.ts";
import { directoryForEachTest } from "./directory.ts";
import { bytesOf, createClock, newId, newResponse, order, policy, put } from "./samples.ts";

const clock = createClock();
const directory = directoryForEachTest(clock);
const { primaryKey } = newResponse();
let disk: DiskStore;

beforeEach(() => {
  disk = directory.open();
});

/** What the index says, in order of the keys. */
function hits(): number[] {
  disk.flush();
  const database = new Database(directory.index, { readonly: true });
  const rows = database
    .query<{ hits: number }, []>("SELECT hits FROM responses ORDER BY primaryKey, variantKey")
    .all();
  database.close();
  return rows.map((row) => row.hits);
}

describe("hits of what lies on the disk", () => {
  test("go with the next use that is noted of it", async () => {
    const { response } = await put(disk);
    disk.flush();
    await disk.find(primaryKey);
    disk.noteHit(response.id);
    expect(hits()).toEqual([1]);
    await disk.find(primaryKey);
    disk.noteHits(response.id, 2);
    expect(hits()).toEqual([1]);
    clock.advance(60_000);
    await disk.find(primaryKey);
    disk.noteHit(response.id);
    expect(hits()).toEqual([4]);
  });

  test("of what is not used again are told when the time comes, of so many responses", async () => {
    const found = [await put(disk, { primaryKey: "a" }), await put(disk, { primaryKey: "b" })];
    disk.flush();
    for (const { response } of found) disk.noteHits(response.id, 3);
    disk.tellHits(1);
    expect(hits()).toEqual([3, 0]);
    disk.tellHits(1);
    disk.tellHits(1);
    expect(hits()).toEqual([3, 3]);
  });

  test("come with a new response that has not been handed over yet", async () => {
    const { response } = await put(disk);
    disk.noteUse([response.id]);
    disk.noteHit(response.id);
    expect(hits()).toEqual([1]);
  });

  test("stay when it is freshened, and do not when another takes its place", async () => {
    const { response } = await put(disk);
    disk.flush();
    disk.noteHit(response.id);
    disk.tellHits(1);
    await disk.freshen(response, [["fresh", "1"]], policy(), order.next());
    expect(hits()).toEqual([1]);
    await put(disk, {}, bytesOf(7));
    expect(hits()).toEqual([0]);
  });
});

describe("hits of what lies in memory", () => {
  let memory: MemoryStore<string>;
  let store: Tier;

  function openTiers(maxBytes: number): void {
    memory = createMemoryStore({ now: clock.now, removals: createRemovals(1), maxBytes, order, newId });
    store = createTieredStore(memory, disk, () => undefined);
  }
  beforeEach(() => openTiers(16 * 1024 * 1024));
  afterEach(() => store.close());

  /** As the short way does it. */
  function hit(key = primaryKey, variantKey = ""): void {
    const entry = memory.peek(key)?.find(({ response }) => response.variantKey === variantKey);
    if (entry === undefined) throw new Error(`nothing is held under ${key}`);
    entry.ready ??= "prepared";
    entry.hits++;
  }

  test("are told once", async () => {
    const { response } = await put(store);
    const told: [string, number][] = [];
    memory.tellHitsTo((...hits) => told.push(hits));
    hit();
    hit();
    expect(memory.takeUsed(10)).toEqual([response]);
    expect(told).toEqual([[response.id, 2]]);
    hit();
    expect(memory.takeUsed(10)).toEqual([response]);
    expect(memory.takeUsed(10)).toEqual([]);
    expect(told).toEqual([
      [response.id, 2],
      [response.id, 1],
    ]);
  });

  test("of several variants each are its own", async () => {
    for (const variantKey of ["a", "b"]) await put(store, { variantKey });
    hit(primaryKey, "a");
    hit(primaryKey, "b");
    hit(primaryKey, "b");
    await store.close();
    expect(hits()).toEqual([1, 2]);
  });

  test("are in the index when the worker has ended in good order, with those of the long way", async () => {
    const { response } = await put(store);
    hit();
    store.noteHit(response.id);
    await store.close();
    expect(hits()).toEqual([2]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["another variant came to it", () => put(store, { variantKey: "z" })],
    [
      "it was freshened",
      async () => {
        const [found] = await store.find(primaryKey);
        return found && store.freshen(found.response, [["fresh", "1"]], policy(), order.next());
      },
    ],
    ["a soft removal made it stale", async () => store.remove({ by: "key", primaryKey, soft: true })],
  ])("are not lost where %s", async (_, change) => {
    await put(store, { policy: policy({ staleIfErrorWindow: 60 }) });
    disk.flush();
    hit();
    hit();
    await change();
    hit();
    await store.close();
    expect(hits()[0]).toBe(3);
  });

  test("are not lost when it has to go for room", async () => {
    openTiers(64_000);
    const keys = Array.from({ length: 60 }, (_, number) => `key ${number}`);
    for (const key of keys) {
      await put(store, { primaryKey: key }, bytesOf(1000));
      hit(key);
    }
    expect(memory.evictions.room).toBeGreaterThan(10);
    await store.close();
    expect(hits()).toEqual(keys.map(() => 1));
  });
});
