import { describe, expect, test } from "bun:test";
import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import type { DiskFound } from "../../../src/store/disk/disk-found.ts";
import type { DiskStore } from "../../../src/store/disk/disk-store.ts";
import { createMemoryStore } from "../../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../../src/store/removals.ts";
import { createTieredStore } from "../../../src/store/tiers.ts";
import { directoryForEachTest } from "../directory.ts";
import { bytesOf, createClock, newId, newResponse, pathOf, put, readBody, order } from "../samples.ts";

const { primaryKey } = newResponse();
/** Too large for memory: it is served from its file. */
const large = bytesOf(1_500_000);

describe("a large body", () => {
  const clock = createClock();
  const directory = directoryForEachTest(clock);

  /** A run of the proxy: a keeper and a worker. A run that is killed leaves no mark of a clean stop. */
  function run(): {
    store: DiskStore & { troubles: string[] };
    stop(): Promise<void>;
    kill(): Promise<void>;
  } {
    const store = directory.open();
    return {
      store,
      async stop() {
        await store.close();
        directory.endKeeper();
      },
      async kill() {
        await store.close();
        directory.endKeeper(false);
      },
    };
  }

  async function stored(how: "stop" | "kill"): Promise<DiskFound> {
    const first = run();
    const found = await put(first.store, {}, large);
    await first[how]();
    return found as DiskFound;
  }

  async function only(store: DiskStore): Promise<DiskFound> {
    const [found] = await store.find(primaryKey);
    if (found === undefined) throw new Error("it should be stored");
    return found;
  }

  /** As after a loss of power: other bytes, of the same number, under the same date. */
  function damage(found: DiskFound): void {
    const path = pathOf(found);
    const { atime, mtime } = statSync(path);
    const bytes = readFileSync(path);
    bytes[1_200_000] = (bytes[1_200_000] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    utimesSync(path, atime, mtime);
  }

  function tiered(store: DiskStore) {
    const memory = createMemoryStore({
      now: () => 0,
      removals: createRemovals(1),
      maxBytes: 64e6,
      order,
      newId,
    });
    return createTieredStore(memory, store, (trouble) => {
      throw new Error(trouble.message);
    });
  }

  test("that was stored before an orderly end is trusted", async () => {
    await stored("stop");
    expect((await only(run().store)).trusted).toBe(true);
  });

  test("is checked before its first use after an end that was not orderly: a wrong one is a miss and is removed", async () => {
    damage(await stored("kill"));
    const { store } = run();
    expect((await only(store)).trusted).toBe(false);
    expect(await tiered(store).find(primaryKey)).toEqual([]);
    expect(store.troubles).toEqual(["WRONG_CHECKSUM"]);
    expect(await store.find(primaryKey)).toEqual([]);
  });

  test("that was found right once is trusted from then on, here, by other workers and after the next start", async () => {
    await stored("kill");
    const second = run();
    const [found] = await tiered(second.store).find(primaryKey);
    expect(found && (await readBody(found))).toEqual(large);
    expect((await only(second.store)).trusted).toBe(true);
    second.store.flush();
    expect((await only(directory.open())).trusted).toBe(true);
    await second.stop();
    expect((await only(run().store)).trusted).toBe(true);
  });

  test("that nobody asked for stays untrusted over an orderly end", async () => {
    await stored("kill");
    await run().stop();
    expect((await only(run().store)).trusted).toBe(false);
  });

  test("that something has written to is checked, too", async () => {
    const found = await stored("stop");
    utimesSync(pathOf(found), new Date(), new Date(clock.now() + 5_000));
    const { store } = run();
    const touched = await only(store);
    expect(touched.trusted).toBe(false);
    expect(await store.confirm(touched)).toBe(true);
    expect((await only(store)).trusted).toBe(true);
  });

  test("is read once for all who ask for it at the same time", async () => {
    await stored("kill");
    const { store } = run();
    const found = await only(store);
    const [one, other] = [store.confirm(found), store.confirm(found)];
    expect(one).toBe(other);
    expect(await one).toBe(true);
  });

  test("that vanished while it was read is a miss", async () => {
    await stored("kill");
    const { store } = run();
    const found = await only(store);
    const confirmed = store.confirm(found);
    writeFileSync(pathOf(found), "");
    expect(await confirmed).toBe(false);
  });
});
