import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { blockBytes } from "../../../src/store/disk/checksum.ts";
import type { DiskStore } from "../../../src/store/disk/disk-store.ts";
import { directoryForEachTest } from "../directory.ts";
import { order, bytesOf, createClock, inFile, newResponse, policy, put } from "../samples.ts";

const { primaryKey } = newResponse();
const most = blockBytes;
const clock = createClock();
const directory = directoryForEachTest(clock);

/** As another process would. */
function inIndex(work: (database: Database) => void): void {
  const database = new Database(directory.index);
  work(database);
  database.close();
}

async function fill(store: DiskStore, name: string, count: number, body: Uint8Array): Promise<void> {
  for (let i = 0; i < count; i++) await put(store, { primaryKey: `${name}${i}` }, body);
  store.flush();
}

describe("a small body", () => {
  test.each([
    [0, 0],
    [most, 0],
    [most + 1, 1],
  ])("of %d bytes has %d files", async (length, files) => {
    const store = directory.open();
    await put(store, {}, bytesOf(length), 5000);
    expect(directory.files()).toHaveLength(files);
    store.flush();
    const [found] = await directory.open().find(primaryKey);
    expect(found?.body.kind).toBe(files === 0 ? "memory" : "file");
  });

  test("is at hand when it is found, in a buffer of its own, and trusted after an end that was not orderly", async () => {
    const store = directory.open();
    await put(store, {}, bytesOf(1000));
    await store.close();
    directory.endKeeper(false);
    const [found] = await directory.open().find(primaryKey);
    expect(found?.trusted).toBe(true);
    if (found?.body.kind !== "memory") throw new Error("it should lie in its row");
    expect(found.body.bytes).toEqual(bytesOf(1000));
    expect(found.body.bytes.buffer.byteLength).toBe(1000);
  });

  test.each([
    ["flipped", "zeroblob(100)", "WRONG_CHECKSUM"],
    ["cut", "substr(body, 1, 99)", "WRONG_CHECKSUM"],
    ["lost", "NULL", "MISSING_BODY"],
  ])("that was %s is a miss, told and removed", async (_, value, code) => {
    const store = directory.open();
    await put(store);
    store.flush();
    inIndex((database) => void database.run(`UPDATE responses SET body = ${value}`));
    expect(await store.find(primaryKey)).toEqual([]);
    expect(store.troubles).toEqual([code]);
    store.flush();
    expect(store.totals()).toEqual({ bytes: 0, objects: 0 });
    expect(await store.find(primaryKey)).toEqual([]);
    expect(store.troubles).toEqual([code]);
  });

  test("keeps its bytes when it is freshened", async () => {
    const store = directory.open();
    const { response } = await put(store);
    store.flush();
    await store.freshen(response, [["n", "x".repeat(5000)]], response.policy, order.next());
    store.flush();
    const [found] = await directory.open().find(primaryKey);
    expect(found?.response.fields).toEqual([["n", "x".repeat(5000)]]);
    expect(found?.body).toEqual({ kind: "memory", bytes: bytesOf(100) });
  });

  test("waits while somebody else holds the index, is found meanwhile, and entered afterwards", async () => {
    const store = directory.open();
    inIndex((other) => {
      other.run("BEGIN IMMEDIATE");
      store.put(newResponse(), bytesOf(100));
      other.run("COMMIT");
    });
    expect(await store.find(primaryKey)).toHaveLength(1);
    const another = directory.open();
    expect(await another.find(primaryKey)).toEqual([]);
    await store.published();
    expect(await another.find(primaryKey)).toHaveLength(1);
    expect(store.troubles).toEqual([]);
  });

  test("is refused when too many bytes wait already, until the keeper has them", async () => {
    const store = directory.open();
    const other = new Database(directory.index);
    other.run("BEGIN IMMEDIATE");
    for (let i = 0; i < 256; i++) store.put(newResponse({ primaryKey: `k${i}` }), bytesOf(most));
    const putOneMore = () => store.put(newResponse(), bytesOf(1));
    expect(putOneMore).toThrow(expect.objectContaining({ name: "StoreError", code: "KEEPER_BEHIND" }));
    const [first] = await store.find("k0");
    if (first === undefined) throw new Error("what waits is found");
    await expect(store.freshen(first.response, [], policy(), order.next())).rejects.toMatchObject({
      code: "KEEPER_BEHIND",
    });
    other.run("COMMIT");
    other.close();
    await store.published();
    putOneMore();
    await store.published();
    expect(store.totals().objects).toBe(257);
  });
});

describe("the bounds", () => {
  test("of files: small bodies are none, and stay when files go", async () => {
    const store = directory.open({ maxFiles: 100 });
    await fill(store, "small", 30, bytesOf(100));
    await fill(store, "large", 200, inFile);
    expect(directory.files().length).toBeLessThanOrEqual(100);
    expect(store.totals().objects).toBeGreaterThan(100);
    for (let i = 0; i < 30; i++) expect(await store.find(`small${i}`)).toHaveLength(1);
  });

  test("of files: small bodies that serve nobody any more stay as well, for they would not help", async () => {
    const keeper = directory.keep();
    const store = directory.open();
    const spent = policy({ entityTag: null, freshnessLifetime: 0 });
    for (let i = 0; i < 10; i++) await put(store, { primaryKey: `small ${i}`, policy: spent });
    const { response } = await put(store, { primaryKey: "large", policy: spent }, bytesOf(most + 1));
    await put(store, { primaryKey: "fresh" }, bytesOf(most + 1));
    store.flush();
    clock.advance(10_000);
    expect(keeper.evictionCandidates({ bytes: 0, files: 1 })).toEqual([response.id]);
  });

  test("of bytes: small bodies count, and make room for a large one at once", async () => {
    const maxBytes = 4 * 1024 * 1024;
    const store = directory.open({ maxBytes, disposalDelay: 250 });
    await fill(store, "small", 600, bytesOf(8000));
    expect(store.totals().bytes).toBeGreaterThan(maxBytes * 0.9);
    expect(store.totals().bytes).toBeLessThanOrEqual(maxBytes);
    await put(store, {}, inFile);
    store.flush();
    expect(await store.find(primaryKey)).toHaveLength(1);
    expect(store.troubles).toEqual([]);
  });

  test.each([0, 100, 1024, 2000, 4096, 10_000, most])(
    "a body of %d bytes is counted as what it takes, near enough",
    async (length) => {
      const store = directory.open();
      await fill(store, "k", 500, bytesOf(length));
      const { bytes } = store.totals();
      await store.close();
      directory.endKeeper();
      const onDisk = statSync(directory.index).size;
      expect(bytes / onDisk).toBeGreaterThan(0.85);
      expect(bytes / onDisk).toBeLessThan(1.25);
    },
  );
});

describe("the keeper", () => {
  test("gives pages that nothing lies on back to the file system, some at a time", async () => {
    const keeper = directory.keep();
    const store = directory.open();
    expect(keeper.giveBackPages()).toBe(false);
    await fill(store, "k", 2000, bytesOf(16 * 1024));
    await store.remove({ by: "all" });
    keeper.checkpoint();
    const before = statSync(directory.index).size;
    let times = 1;
    while (keeper.giveBackPages()) times++;
    expect(times).toBeGreaterThan(1);
    keeper.checkpoint();
    expect(before).toBeGreaterThan(30 * 1024 * 1024);
    expect(statSync(directory.index).size).toBeLessThan(18 * 1024 * 1024);
  });
});
