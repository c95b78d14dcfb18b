import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { renameSync, rmSync } from "node:fs";
import { type IndexReader, openIndexReader } from "../../../src/store/disk/index-reader.ts";
import { noteUnremoved } from "../../../src/store/disk/index-format.ts";
import { directoryForEachTest } from "../directory.ts";
import { bytesOf, createClock, inFile, newResponse, policy, put } from "../samples.ts";

const { primaryKey } = newResponse();
const clock = createClock();
let reader: IndexReader | undefined;
afterEach(() => {
  reader?.close();
  reader = undefined;
});
const directory = directoryForEachTest(clock);

/** Ids of rows that were found not to be readable. */
let unreadable: string[];
beforeEach(() => {
  unreadable = [];
});

function open(): IndexReader {
  reader?.close();
  reader = openIndexReader({
    ...{ directory: directory.path, now: clock.now, onTrouble: () => undefined },
    onUnreadable: (id) => void unreadable.push(id),
  });
  return reader;
}

function inIndex(work: (database: Database) => void): void {
  const database = new Database(directory.index);
  work(database);
  database.close();
}

test("an index that removals had not reached is not read before the keeper has begun another", async () => {
  const store = directory.open();
  await put(store);
  store.flush();
  noteUnremoved(directory.index, true);
  expect(open).toThrow(expect.objectContaining({ name: "StoreError", code: "INDEX_ABSENT" }));
  noteUnremoved(directory.index, false);
  expect(open().find(primaryKey).complete).toHaveLength(1);
});

describe("an index that can be read", () => {
  test("shows all that is stored under a key, as it is now", async () => {
    const store = directory.open();
    const small = await put(store, { variantKey: "a small one" });
    const large = await put(store, { variantKey: "b large one" }, inFile);
    store.flush();
    const { complete, partial } = open().find(primaryKey);
    expect(partial).toEqual([]);
    expect(complete.map(({ response }) => response)).toEqual([small.response, large.response]);
    expect(complete.map(({ body }) => body?.kind)).toEqual(["memory", "file"]);
    expect(open().totals()).toEqual(store.totals());
    await store.remove({ by: "all" });
    expect(open().find(primaryKey).complete).toEqual([]);
    expect(open().lastRemoval()).toBe(directory.keep().lastRemoval());
  });

  test("is read while somebody writes to it, without a wait", async () => {
    const store = directory.open();
    await put(store);
    store.flush();
    const there = open();
    inIndex((other) => {
      other.run("BEGIN IMMEDIATE");
      other.run("DELETE FROM responses");
      expect(there.find(primaryKey).complete).toHaveLength(1);
      other.run("COMMIT");
      expect(there.find(primaryKey).complete).toEqual([]);
    });
  });

  test("whose keeper has ended, in order or not, is read all the same", async () => {
    const store = directory.open();
    await put(store);
    await store.close();
    directory.endKeeper();
    expect(open().find(primaryKey).complete).toHaveLength(1);
    expect(open().generation()).toBe(1);
    directory.keep();
    directory.endKeeper(false);
    directory.keep();
    expect(open().generation()).toBe(2);
  });
});

test.each([
  ["status = 99"],
  ["fields = '{'"],
  ["fields = '[1]'"],
  ["policy = 'null'"],
  ["policy = '{}'"],
  ["pieces = '{'"],
])("a row with %s is told, and the others of its key are found", async (change) => {
  const store = directory.open();
  const { response } = await put(store, { variantKey: "bad" });
  await put(store, { variantKey: "good" });
  store.flush();
  inIndex((other) => void other.run(`UPDATE responses SET ${change} WHERE variantKey = 'bad'`));
  const { complete } = open().find(primaryKey);
  expect(complete.map((row) => row.response.variantKey)).toEqual(["good"]);
  expect(unreadable).toEqual([response.id]);
});

test("a row that is not readable is told by the store once, and removed by the keeper", async () => {
  const store = directory.open();
  const { response } = await put(store);
  store.flush();
  inIndex((other) => void other.run("UPDATE responses SET fields = '{'"));
  for (let i = 0; i < 3; i++) expect(await store.find(primaryKey)).toEqual([]);
  expect(store.troubles).toEqual(["BAD_ROW"]);
  store.flush();
  expect(directory.keep().has(response.id)).toBe(false);
  await put(store, {}, bytesOf(7));
  expect(await store.find(primaryKey)).toHaveLength(1);
});

describe("there is no index to read", () => {
  const refused = (code: string) => expect.objectContaining({ name: "StoreError", code });

  test("where there is no file", () => {
    expect(open).toThrow(refused("SQLITE_CANTOPEN"));
  });

  test.each(["PRAGMA user_version = 4", "PRAGMA application_id = 1"])(
    "where the file is not ours: %s",
    (foreign) => {
      directory.keep();
      directory.endKeeper();
      inIndex((other) => other.run(foreign));
      expect(open).toThrow(refused("FOREIGN_INDEX"));
    },
  );
});

test("it tells when another file is at its path, or none", () => {
  directory.keep();
  const there = open();
  expect(there.isCurrent()).toBe(true);
  renameSync(directory.index, `${directory.index}.aside`);
  expect(there.isCurrent()).toBe(false);
  directory.endKeeper();
  directory.keep();
  expect(there.isCurrent()).toBe(false);
  rmSync(directory.index);
  expect(there.isCurrent()).toBe(false);
  expect(there.find(primaryKey)).toEqual({ complete: [], partial: [] });
});

test("groups, policy and use come back as they were entered", async () => {
  const store = directory.open();
  const entry = { policy: policy({ groups: ["g"], vary: ["accept"] }) };
  await put(store, entry);
  await store.find(primaryKey);
  store.flush();
  const [row] = open().find(primaryKey).complete;
  expect(row).toMatchObject({ response: entry, used: true, lastUsedAt: clock.now() });
});
