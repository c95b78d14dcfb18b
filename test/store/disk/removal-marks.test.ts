import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { DiskStore } from "../../../src/store/disk/disk-store.ts";
import { createMemoryStore } from "../../../src/store/memory/memory-store.ts";
import { type Mark, markRemovals } from "../../../src/store/disk/removal-marks.ts";
import type { Selector, Store } from "../../../src/store/tier.ts";
import { createTieredStore } from "../../../src/store/tiers.ts";
import { createFakeClock, type FakeClock } from "../../supervisor/fake-clock.ts";
import { directoryForEachTest } from "../directory.ts";
import { bytesOf, collectTrouble, newId, newResponse, order, policy, put, readBody } from "../samples.ts";

const { primaryKey } = newResponse();
const directory = directoryForEachTest();
let plain: DiskStore;
let timers: FakeClock;
let marked: Mark[];
let troubles: string[];
let marking: DiskStore;
let store: Store;
let other: Database | undefined;

beforeEach(async () => {
  plain = directory.open();
  timers = createFakeClock();
  marked = [];
  marking = begin();
  store = createTieredStore(
    createMemoryStore({ maxBytes: 16 * 1024 * 1024, order, newId }),
    marking,
    () => undefined,
  );
});
afterEach(async () => {
  letGo();
  await marking.close();
});

/** Another process has the index to itself. */
function hold(): void {
  other = new Database(directory.index);
  other.run("BEGIN IMMEDIATE");
}

function letGo(): void {
  other?.close(true);
  other = undefined;
}

function begin(marks: readonly Mark[] = []): DiskStore {
  const { codes, onTrouble } = collectTrouble();
  troubles = codes;
  const onMark = (mark: Mark) => marked.push(mark);
  return markRemovals(plain, { order, marks, onMark, onTrouble, after: timers.after });
}

async function bodies(from: Store = store): Promise<Uint8Array[]> {
  return await Promise.all((await from.find(primaryKey)).map(readBody));
}

describe("a removal that the disk refuses", () => {
  const [older, newer] = [bytesOf(100, 1), bytesOf(100, 2)];

  test.each<[Selector, boolean]>([
    [{ by: "key", primaryKey }, true],
    [{ by: "target", target: "/" }, true],
    [{ by: "prefix", targetPrefix: "/", host: null }, true],
    [{ by: "group", group: "g", host: null }, true],
    [{ by: "all" }, true],
    [{ by: "variant", primaryKey, variantKey: "another" }, false],
    [{ by: "key", primaryKey: "/another a.example" }, false],
  ])("%j does not reject, and what it names is not found: %p", async (selector, isNamed) => {
    await put(store, { policy: policy({ groups: ["g"] }) }, older);
    plain.flush();
    hold();
    await store.remove(selector);
    expect(await bodies()).toEqual(isNamed ? [] : [older]);
    expect(marked).toEqual([{ selector, at: expect.any(Number) }]);
    expect(troubles).toEqual(["SQLITE_BUSY"]);
    expect(await plain.find(primaryKey)).toHaveLength(1);
  });

  test("reaches pieces as well", async () => {
    const writer = await plain.pieces.write(newResponse(), { start: 0, end: 5, size: 10 }, null);
    await writer.write(new Uint8Array(5));
    const { response } = await writer.commit();
    writer.release();
    expect(await store.pieces?.find(primaryKey)).toHaveLength(1);
    hold();
    await store.remove({ by: "all" });
    expect(await store.pieces?.find(primaryKey)).toEqual([]);
    expect(await store.pieces?.freshen(response, [], policy())).toBeUndefined();
  });

  test("keeps what was confirmed meanwhile from coming back, and what was on its way from being stored", async () => {
    const { response } = await put(store, {}, older);
    const onItsWay = await store.write(newResponse());
    hold();
    await store.remove({ by: "all" });
    expect(await store.freshen(response, [], policy())).toBeUndefined();
    await expect(onItsWay.commit()).rejects.toMatchObject({ code: "OVERTAKEN" });
    expect(await bodies()).toEqual([]);
  });

  test("does not concern what is stored afterwards, which stays when it is carried out at last", async () => {
    await put(store, { primaryKey: "/other a.example" }, older);
    await put(store, { variantKey: "v" }, older);
    hold();
    await store.remove({ by: "all" });
    await put(store, {}, newer);
    expect(await bodies()).toEqual([newer]);
    await timers.advance(1000);
    expect(troubles).toEqual(["SQLITE_BUSY", "SQLITE_BUSY"]);
    letGo();
    await timers.advance(1000);
    expect(await bodies(plain)).toEqual([newer]);
    expect(await plain.find("/other a.example")).toEqual([]);
    expect(await bodies()).toEqual([newer]);
    expect(troubles).toHaveLength(2);
  });
});

test("marks that others have made hold from the start, until they are carried out", async () => {
  await put(plain);
  hold();
  const late = begin([{ selector: { by: "all" }, at: order.next() }]);
  expect(await late.find(primaryKey)).toEqual([]);
  await put(late, { primaryKey: "/new a.example" });
  expect(await late.find("/new a.example")).toHaveLength(1);
  expect(marked).toEqual([]);
  letGo();
  await timers.advance(1000);
  expect(await plain.find(primaryKey)).toEqual([]);
});

test("of more removals than can be marked one mark on all there is takes the place", async () => {
  await put(plain);
  plain.flush();
  const at = order.next();
  const marks = Array.from(
    { length: 1024 },
    (_, i) => ({ selector: { by: "target", target: `/${i}` }, at }) as const,
  );
  const full = begin(marks);
  expect(await full.find(primaryKey)).toHaveLength(1);
  hold();
  await full.remove({ by: "target", target: "/1024" });
  expect(await full.find(primaryKey)).toEqual([]);
});
