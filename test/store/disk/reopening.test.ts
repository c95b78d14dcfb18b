import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import type { DiskStore } from "../../../src/store/disk/disk-store.ts";
import { indexPath } from "../../../src/store/disk/index-format.ts";
import type { Keeper } from "../../../src/store/disk/keeper.ts";
import { openReopeningDiskStore } from "../../../src/store/disk/reopening.ts";
import { createRemovals } from "../../../src/store/removals.ts";
import { storedAs } from "../../../src/store/tier.ts";
import { createFakeClock, type FakeClock } from "../../supervisor/fake-clock.ts";
import { directoryForEachTest, keeperAt } from "../directory.ts";
import { bytesOf, collectTrouble, createClock, newId, newResponse, order, policy, put } from "../samples.ts";

const { primaryKey } = newResponse();
const clock = createClock();
const directory = directoryForEachTest(clock);
let timers: FakeClock;
let troubles: ReturnType<typeof collectTrouble>;
/** Those who want to know when the keeper is there. */
let reactions: Set<() => void>;

beforeEach(() => {
  timers = createFakeClock();
  troubles = collectTrouble();
  reactions = new Set();
});

function open(): DiskStore {
  const keeper: Keeper = {
    ...keeperAt(directory.desks),
    onThere(react) {
      reactions.add(react);
      return () => void reactions.delete(react);
    },
  };
  return openReopeningDiskStore({
    ...{ directory: directory.path, keeper, maxBytes: 1e9, disposalDelay: 0, after: timers.after },
    ...{ now: clock.now, order, removals: createRemovals(1), newId, onTrouble: troubles.onTrouble },
  });
}

function keeperIsThere(): void {
  for (const react of [...reactions]) react();
}

describe("when the keeper has begun another index", () => {
  let store: DiskStore;
  beforeEach(() => {
    directory.keep();
    store = open();
  });
  afterEach(() => store.close());

  function replace(): void {
    directory.endKeeper();
    clock.advance(10_000);
    directory.keep({ knownDamage: "quick_check: bad" });
  }

  test("the store goes over to it when the keeper says that it is there; what was on its way is not stored", async () => {
    await put(store);
    const onItsWay = await store.write(newResponse({ primaryKey: "on its way" }));
    replace();
    expect(await store.find(primaryKey)).toHaveLength(1);
    keeperIsThere();
    expect(await store.find(primaryKey)).toEqual([]);
    expect(await store.pieces.find(primaryKey)).toEqual([]);
    expect(await store.look(primaryKey)).toEqual([]);
    expect(await store.pieces.look(primaryKey)).toEqual([]);
    await expect(onItsWay.commit()).rejects.toMatchObject({ code: "CLOSED" });
    expect(troubles.codes).toEqual([]);
  });

  test("what is stored from then on is stored", async () => {
    replace();
    keeperIsThere();
    const { response } = await put(store, { primaryKey: "new" });
    await store.published();
    expect(directory.keep().has(response.id)).toBe(true);
    expect(await store.find("new")).toHaveLength(1);
  });

  test("one that was removed serves until there is another", async () => {
    await put(store);
    rmSync(indexPath(directory.path));
    await timers.advance(3000);
    expect(await store.find(primaryKey)).toHaveLength(1);
    expect(troubles.codes).toEqual([]);
    directory.endKeeper();
    directory.keep();
    keeperIsThere();
    expect(await store.find(primaryKey)).toEqual([]);
  });

  test("one that another cacheproxy has put in its place is not read", async () => {
    await put(store);
    replace();
    await put(directory.open(), { primaryKey: "another's" });
    await timers.advance(3000);
    expect(await store.find("another's")).toEqual([]);
    expect(await store.find(primaryKey)).toHaveLength(1);
  });
});

describe("a store that begins without a disk", () => {
  let store: DiskStore;
  beforeEach(() => {
    store = open();
  });
  afterEach(() => store.close());

  test("finds nothing, refuses what would be stored or removed, and tells why each second", async () => {
    const response = storedAs(newResponse(), "id", 1, 1);
    const refused = { name: "StoreError", code: "SQLITE_CANTOPEN" };
    expect(await store.find(primaryKey)).toEqual([]);
    expect(await store.pieces.find(primaryKey)).toEqual([]);
    expect(await store.freshen(response, [], policy(), order.next())).toBeUndefined();
    expect(await store.copyAs("v", response, [], policy(), 1)).toBeUndefined();
    expect(await store.pieces.freshen(response, [], policy(), order.next())).toBeUndefined();
    await expect(store.write(newResponse())).rejects.toMatchObject(refused);
    expect(() => store.put(newResponse(), bytesOf(1))).toThrow(expect.objectContaining(refused));
    await expect(store.remove({ by: "all" })).rejects.toMatchObject(refused);
    await expect(store.removeRows({ by: "all" })).rejects.toMatchObject(refused);
    const range = { start: 0, end: 1, size: 2 };
    await expect(store.pieces.write(newResponse(), range, null)).rejects.toMatchObject(refused);
    store.heed({ by: "all" }, 1);
    store.noteUse(["id"]);
    store.flush();
    await store.published();
    expect(store.lastRemoval()).toBe(0);
    expect(store.totals()).toEqual({ bytes: 0, objects: 0 });
    expect(store.isCurrent()).toBe(false);
    await timers.advance(2000);
    expect(troubles.codes).toEqual(["SQLITE_CANTOPEN", "SQLITE_CANTOPEN", "SQLITE_CANTOPEN"]);
  });

  test("has it as soon as the keeper has made one, and knows its last removal", async () => {
    const index = directory.keep();
    await index.remove([{ by: "all" }]);
    keeperIsThere();
    expect(store.lastRemoval()).toBe(index.lastRemoval());
    await put(store);
    await store.published();
    expect(await directory.open().find(primaryKey)).toHaveLength(1);
    expect(troubles.codes).toHaveLength(1);
  });

  test("after its end opens none", async () => {
    await store.close();
    directory.keep();
    keeperIsThere();
    await timers.advance(2000);
    await expect(store.write(newResponse())).rejects.toMatchObject({ code: "CLOSED" });
  });
});
