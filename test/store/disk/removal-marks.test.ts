import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Keeper } from "../../../src/store/disk/keeper.ts";
import { type MarkedDiskStore, markRemovals } from "../../../src/store/disk/removal-marks.ts";
import { createMemoryStore } from "../../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../../src/store/removals.ts";
import { type Selector, StoreError, type Tier } from "../../../src/store/tier.ts";
import { createTieredStore } from "../../../src/store/tiers.ts";
import { createFakeClock, type FakeClock } from "../../supervisor/fake-clock.ts";
import { directoryForEachTest, keeperAt } from "../directory.ts";
import { bytesOf, collectTrouble, newId, newResponse, order, policy, put, readBody } from "../samples.ts";

const { primaryKey } = newResponse();
const directory = directoryForEachTest();
let timers: FakeClock;
let troubles: string[];
let disk: MarkedDiskStore;
let store: Tier;
/** Whether the keeper does not answer. */
let isSilent: boolean;
/** What it was asked to remove. */
let asked: Selector[];
/** Happens while it removes. */
let meanwhile: (() => void) | undefined;

beforeEach(() => {
  isSilent = false;
  asked = [];
  meanwhile = undefined;
  timers = createFakeClock();
  disk = begin();
  const removals = createRemovals(1);
  const memory = createMemoryStore({ now: () => 0, removals, maxBytes: 16 * 1024 * 1024, order, newId });
  store = createTieredStore(memory, disk, () => undefined);
});
afterEach(async () => {
  isSilent = false;
  await disk.close();
});

function begin(marks: readonly Selector[] = []): MarkedDiskStore {
  directory.keep();
  const there = keeperAt(directory.desks);
  const keeper: Keeper = {
    ...there,
    async remove(selectors) {
      asked.push(...selectors);
      meanwhile?.();
      meanwhile = undefined;
      if (isSilent) throw new StoreError("KEEPER_SILENT", "the keeper does not answer");
      return await there.remove(selectors);
    },
  };
  const { codes, onTrouble } = collectTrouble();
  troubles = codes;
  return markRemovals(directory.open({ keeper }), { marks, onTrouble, after: timers.after });
}

/** As other workers find it, which have no marks. */
async function onDisk(key = primaryKey): Promise<Uint8Array[]> {
  return await bodies(directory.open(), key);
}

async function bodies(from: Tier = store, key = primaryKey): Promise<Uint8Array[]> {
  return await Promise.all((await from.find(key)).map(readBody));
}

const [older, newer] = [bytesOf(100, 1), bytesOf(100, 2)];

describe("a removal that the keeper does not carry out", () => {
  test.each<[Selector, boolean]>([
    [{ by: "key", primaryKey }, true],
    [{ by: "target", target: "/", host: null, site: null }, true],
    [{ by: "prefix", targetPrefix: "/", host: null, site: null }, true],
    [{ by: "group", group: "g", host: null, site: null }, true],
    [{ by: "all" }, true],
    [{ by: "variant", primaryKey, variantKey: "another" }, false],
    [{ by: "key", primaryKey: "/another a.example" }, false],
  ])("%j does not reject, and what it names is not found: %p", async (selector, isNamed) => {
    await put(store, { policy: policy({ groups: ["g"] }) }, older);
    isSilent = true;
    expect(await store.remove(selector)).toBe(isNamed ? 1 : 0);
    expect(await bodies()).toEqual(isNamed ? [] : [older]);
    expect(disk.isMarked(selector)).toBe(true);
    expect(troubles).toEqual(["KEEPER_SILENT"]);
    expect(await onDisk()).toEqual([older]);
  });

  test("reaches pieces as well", async () => {
    const writer = await disk.pieces.write(newResponse(), { start: 0, end: 5, size: 10 }, null);
    await writer.write(new Uint8Array(5));
    const { response } = await writer.commit();
    writer.release();
    expect(await store.pieces?.find(primaryKey)).toHaveLength(1);
    isSilent = true;
    await store.remove({ by: "all" });
    expect(await store.pieces?.find(primaryKey)).toEqual([]);
    expect(await store.pieces?.look(primaryKey)).toEqual([]);
    expect(await store.pieces?.freshen(response, [], policy(), order.next())).toBeUndefined();
  });

  test("keeps what was confirmed meanwhile from coming back, and what was on its way from being stored", async () => {
    const { response } = await put(store, {}, older);
    const onItsWay = await store.write(newResponse());
    isSilent = true;
    await store.remove({ by: "all" });
    expect(await store.freshen(response, [], policy(), order.next())).toBeUndefined();
    expect(await store.copyAs("v", response, [], policy(), 1)).toBeUndefined();
    await expect(onItsWay.commit()).rejects.toMatchObject({ code: "OVERTAKEN" });
    expect(await bodies()).toEqual([]);
  });

  test("hides all that it names on the disk until the keeper has carried it out, be it old or new", async () => {
    await put(store, { primaryKey: "/other a.example" }, older);
    isSilent = true;
    await store.remove({ by: "all" });
    await put(store, {}, newer);
    expect(await bodies()).toEqual([newer]);
    expect(await bodies(disk)).toEqual([]);
    await timers.advance(2000);
    expect(troubles).toEqual(["KEEPER_SILENT", "KEEPER_SILENT", "KEEPER_SILENT"]);
    isSilent = false;
    await timers.advance(1000);
    expect(disk.isMarked({ by: "all" })).toBe(false);
    expect(await onDisk("/other a.example")).toEqual([]);
    expect(await bodies()).toEqual([newer]);
    await put(store, { primaryKey: "/later a.example" }, newer);
    expect(await bodies(disk, "/later a.example")).toEqual([newer]);
    expect(troubles).toHaveLength(3);
    asked = [];
    await timers.advance(5000);
    expect(asked).toEqual([]);
  });

  test("does not concern what is asked for afterwards, however often it is tried again", async () => {
    isSilent = true;
    await store.remove({ by: "all" });
    const writer = await store.write(newResponse());
    await timers.advance(3000);
    await writer.write(newer);
    await writer.commit();
    writer.release();
    expect(await bodies()).toEqual([newer]);
  });

  test("that was made once more while it was carried out is carried out once more", async () => {
    isSilent = true;
    await store.remove({ by: "key", primaryKey });
    isSilent = false;
    meanwhile = () => disk.mark({ by: "key", primaryKey });
    await timers.advance(1000);
    expect(disk.isMarked({ by: "key", primaryKey })).toBe(true);
    await timers.advance(1000);
    expect(disk.isMarked({ by: "key", primaryKey })).toBe(false);
  });
});

test("a mark that another process asks for takes what waits as well, and nothing is told", async () => {
  await put(disk, { primaryKey: "/first a.example" });
  await put(disk, {}, older);
  disk.mark({ by: "key", primaryKey });
  expect(await bodies(disk)).toEqual([]);
  await timers.advance(1000);
  expect(await onDisk()).toEqual([]);
  expect(troubles).toEqual([]);
});

test("marks that others have made hold from the start, until they are carried out", async () => {
  await put(disk);
  const late = begin([{ by: "all" }]);
  expect(await late.find(primaryKey)).toEqual([]);
  await timers.advance(1000);
  expect(await onDisk()).toEqual([]);
  expect(late.isMarked({ by: "all" })).toBe(false);
  await put(late, { primaryKey: "/new a.example" });
  expect(await late.find("/new a.example")).toHaveLength(1);
});

test("of more removals than can be marked one mark on all there is takes the place", async () => {
  await put(disk);
  const full = begin(
    Array.from(
      { length: 1024 },
      (_, i) => ({ by: "target", target: `/${i}`, host: null, site: null }) as const,
    ),
  );
  expect(await full.find(primaryKey)).toHaveLength(1);
  isSilent = true;
  await full.remove({ by: "target", target: "/1024", host: null, site: null });
  expect(await full.find(primaryKey)).toEqual([]);
  isSilent = false;
  asked = [];
  await timers.advance(1000);
  expect(asked).toEqual([{ by: "all" }]);
});
