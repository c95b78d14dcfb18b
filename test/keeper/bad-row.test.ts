import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DiskStore } from "../../src/store/disk/disk-store.ts";
import type { PartialFound } from "../../src/store/tier.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { bytesOf, createClock, inFile, newResponse, pathOf, put } from "../store/samples.ts";

const { primaryKey } = newResponse();
const clock = createClock();
const directory = directoryForEachTest(clock);

function inIndex(statement: string): void {
  const database = new Database(directory.index);
  database.run(statement);
  database.close();
}

async function putPiece(store: DiskStore): Promise<PartialFound> {
  const writer = await store.pieces.write(newResponse(), { start: 0, end: 5, size: 10 }, null);
  await writer.write(bytesOf(5));
  const found = await writer.commit();
  writer.release();
  return found;
}

/** What is JSON still, or text, and cannot be what was written. */
const damagedColumns = [
  ["status", "9"],
  ["fields", "'{}'"],
  ["fields", "'[[1, 2]]'"],
  ["fields", "'no JSON'"],
  ["policy", "'null'"],
  ["policy", "'{}'"],
  ["policy", `'{"vary":[],"withheldFields":[],"groups":[],"tags":[]}'`],
] as const;

describe("a row that cannot be ours", () => {
  test.each(damagedColumns)("in %s, %s, is a miss, told and removed", async (column, value) => {
    const store = directory.open();
    await put(store);
    store.flush();
    inIndex(`UPDATE responses SET ${column} = ${value}`);
    expect(await store.find(primaryKey)).toEqual([]);
    expect(store.troubles).toEqual(["BAD_ROW"]);
    await store.published();
    expect(store.totals().objects).toBe(0);
  });

  test.each(damagedColumns)("and holds pieces, in %s, %s, likewise", async (column, value) => {
    const store = directory.open();
    await putPiece(store);
    inIndex(`UPDATE responses SET ${column} = ${value}`);
    expect(await store.pieces.find(primaryKey)).toEqual([]);
    expect(store.troubles).toEqual(["BAD_ROW"]);
    await store.published();
    expect(store.totals().objects).toBe(0);
  });
});

test.each([
  ["complete", (store: DiskStore) => put(store, {}, inFile)],
  ["held in pieces", putPiece],
])("an unreadable row, %s, takes its file with it", async (_, seed) => {
  const store = directory.open();
  await seed(store);
  store.flush();
  inIndex("UPDATE responses SET fields = 'no JSON'");
  expect([...(await store.find(primaryKey)), ...(await store.pieces.find(primaryKey))]).toEqual([]);
  expect(store.troubles).toEqual(["BAD_ROW"]);
  await store.published();
  expect(directory.files()).toEqual([]);
});

test("an unreadable row gives way to a piece", async () => {
  const store = directory.open();
  await putPiece(store);
  inIndex("UPDATE responses SET fields = 'no JSON'");
  const found = await putPiece(store);
  expect(await store.pieces.find(primaryKey)).toEqual([found]);
  expect(store.troubles).toEqual(["BAD_ROW"]);
  expect(directory.files()).toHaveLength(1);
});

describe("a row whose id leads out of the folder", () => {
  /** Of two variants of a key the first. */
  async function seed() {
    const store = directory.open({ maxFiles: 10 });
    await put(store, { variantKey: "bad" }, inFile);
    await put(store, { variantKey: "good" }, inFile);
    store.flush();
    inIndex("UPDATE responses SET id = '../../../x' WHERE variantKey = 'bad'");
    return store;
  }

  test("is a miss, told and removed; the other variants are found", async () => {
    const store = await seed();
    const found = await store.find(primaryKey);
    expect(found.map(({ response }) => response.variantKey)).toEqual(["good"]);
    expect(store.troubles).toEqual(["MISSING_BODY"]);
    await store.published();
    expect(store.totals().objects).toBe(1);
  });

  test("goes when room is needed, as others do", async () => {
    const store = await seed();
    for (let i = 0; i < 20; i++) {
      await put(store, { primaryKey: `k${i}` }, inFile);
      clock.advance(1000);
    }
    expect(store.totals().objects).toBe(10);
    expect(store.troubles).toEqual([]);
  });

  test("is swept", async () => {
    const { troubles } = await seed();
    const keeper = directory.keep();
    await keeper.sweepOrphans(clock.now() - 60_000);
    expect(keeper.totals().objects).toBe(1);
    expect(troubles).toEqual([]);
  });
});

test("a file that somebody else has put among the bodies does not keep them from being sacrificed", async () => {
  const store = directory.open();
  const found = await put(store, {}, inFile);
  store.flush();
  writeFileSync(join(dirname(pathOf(found)), ".another's"), "");
  expect(directory.keep().bodies.sacrifice(1)).toEqual([found.response.id]);
});
