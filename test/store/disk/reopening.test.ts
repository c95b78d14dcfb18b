import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatFolder } from "../../../src/store/disk/body-files.ts";
import type { DiskStore } from "../../../src/store/disk/disk-store.ts";
import { openReopeningDiskStore } from "../../../src/store/disk/reopening.ts";
import { openIndex } from "../../../src/keeper/index.ts";
import { storedAs } from "../../../src/store/tier.ts";
import { createFakeClock, type FakeClock } from "../../supervisor/fake-clock.ts";
import { directoryForEachTest } from "../directory.ts";
import { collectTrouble, createClock, newId, newResponse, order, policy, put } from "../samples.ts";

const { primaryKey } = newResponse();
const clock = createClock();
const directory = directoryForEachTest(clock);

test("within a second a store goes over to the index that the keeper has begun instead of a damaged one", async () => {
  const { codes, onTrouble } = collectTrouble();
  const timers = createFakeClock();
  const common = { directory: directory.path, now: clock.now, order, onTrouble };
  const keeper = openIndex({ ...common, role: "keeper" });
  const options = { ...common, maxBytes: 1e9, newId, role: "worker", after: timers.after } as const;
  const store = openReopeningDiskStore(options);
  await put(store);
  store.flush();
  const onItsWay = await store.write(newResponse({ primaryKey: "on its way" }));
  await timers.advance(1000);
  keeper.close();
  const anew = openIndex({ ...common, role: "keeper", knownDamage: "quick_check: bad" });
  expect(codes).toEqual(["SQLITE_CORRUPT"]);
  expect(await store.find(primaryKey)).toHaveLength(1);
  await timers.advance(1000);
  expect(await store.find(primaryKey)).toEqual([]);
  await expect(onItsWay.commit()).rejects.toMatchObject({ code: "CLOSED" });
  await put(store, { primaryKey: "new" });
  store.flush();
  expect(anew.find("new")).toHaveLength(1);
  expect(await store.pieces.find("new")).toEqual([]);
  await store.close();
  anew.close();
  expect(codes).toEqual(["SQLITE_CORRUPT"]);
});

describe("a store that begins without a disk", () => {
  const { codes, onTrouble } = collectTrouble();
  let timers: FakeClock;
  let store: DiskStore;
  beforeEach(() => {
    codes.length = 0;
    timers = createFakeClock();
    // Where the folder should be.
    writeFileSync(join(directory.path, formatFolder), "");
    store = openReopeningDiskStore({
      ...{ directory: directory.path, now: clock.now, order, newId, onTrouble, after: timers.after },
      maxBytes: 1e9,
      role: "worker",
    });
  });
  afterEach(() => store.close());

  test("finds nothing, refuses what would be stored or removed, and tells why each second", async () => {
    const response = storedAs(newResponse(), "id", 1, 1);
    expect(await store.find(primaryKey)).toEqual([]);
    expect(await store.pieces.find(primaryKey)).toEqual([]);
    expect(await store.freshen(response, [], policy())).toBeUndefined();
    expect(await store.pieces.freshen(response, [], policy())).toBeUndefined();
    await expect(store.write(newResponse())).rejects.toMatchObject({ name: "StoreError", code: "ENOTDIR" });
    await expect(store.remove({ by: "all" })).rejects.toMatchObject({ name: "StoreError", code: "ENOTDIR" });
    const range = { start: 0, end: 1, size: 2 };
    await expect(store.pieces.write(newResponse(), range, null)).rejects.toMatchObject({ code: "ENOTDIR" });
    store.noteUse(["id"]);
    store.flush();
    await store.published();
    expect(store.totals()).toEqual({ bytes: 0, objects: 0 });
    await timers.advance(2000);
    expect(codes).toEqual(["ENOTDIR", "ENOTDIR", "ENOTDIR"]);
  });

  test("has it within a second after there is one", async () => {
    rmSync(join(directory.path, formatFolder));
    await timers.advance(1000);
    await put(store);
    store.flush();
    expect(await directory.open().find(primaryKey)).toHaveLength(1);
    expect(codes).toHaveLength(1);
  });
});
