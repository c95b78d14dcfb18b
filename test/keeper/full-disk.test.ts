import { Database } from "bun:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFolder, indexPath, noteUnremoved } from "../../src/store/disk/index-format.ts";
import { type DiskStore, openDiskStore } from "../../src/store/disk/disk-store.ts";
import { type Index, openIndex } from "../../src/keeper/index.ts";
import { createDesks, type Desks } from "../../src/keeper/desks.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { createTieredStore } from "../../src/store/tiers.ts";
import { keeperAt } from "../store/directory.ts";
import {
  bytesOf,
  collectTrouble,
  createClock,
  inFile,
  newId,
  newResponse,
  put,
  putFew,
  readBody,
  order,
} from "../store/samples.ts";

const mountPoint = mkdtempSync(join(tmpdir(), "cacheproxy-full-"));
const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=2m", "cacheproxy-test", mountPoint]);
if (!mounted.success) {
  console.warn(
    `skipped: tests of a full disk need a tmpfs, and mount said: ${mounted.stderr.toString().trim()}`,
  );
}

/** What waits goes to the keeper when the test says so. */
const never = () => () => undefined;

describe.skipIf(!mounted.success)("a disk of 2 MB that is full", () => {
  const clock = createClock();
  const ballast = join(mountPoint, "ballast");
  const directory = join(mountPoint, "cache");
  let store: DiskStore;
  let keeper: Index;
  let trouble: ReturnType<typeof collectTrouble>;
  const desks: Desks = createDesks({
    index: () => keeper,
    after: never,
    soon: (run) => run(),
  });

  function openKeeper(): Index {
    const { onTrouble } = trouble;
    return openIndex({ directory, now: clock.now, seed: 1, onTrouble, disposalDelay: 0 });
  }

  function openStore(): DiskStore {
    const options = { directory, maxBytes: 1e9, disposalDelay: 0, keeper: keeperAt(desks), after: never };
    const { onTrouble } = trouble;
    return openDiskStore({
      ...options,
      now: clock.now,
      order,
      newId,
      onTrouble,
      removals: createRemovals(1),
    });
  }

  beforeAll(() => {
    trouble = collectTrouble();
    keeper = openKeeper();
    store = openStore();
  });
  afterEach(() => {
    rmSync(ballast, { force: true });
  });
  afterAll(async () => {
    await store.close();
    keeper.close();
    Bun.spawnSync(["umount", mountPoint]);
    rmSync(mountPoint, { recursive: true, force: true });
  });

  function temporaryFiles(): string[] {
    return readdirSync(join(mountPoint, "cache", formatFolder, "tmp"));
  }

  function fillUp(): void {
    for (const bytes of [1 << 20, 1 << 16, 1 << 12]) {
      try {
        for (;;) writeFileSync(ballast, new Uint8Array(bytes), { flag: "a" });
      } catch (error) {
        expect(error).toMatchObject({ code: "ENOSPC" });
      }
    }
  }

  test("a large body is refused with ENOSPC while it comes, can be read back so far, and leaves nothing", async () => {
    const body = bytesOf(3 * 1024 * 1024);
    const writer = await store.write(newResponse());
    let taken = 0;
    let refusal: unknown;
    while (refusal === undefined) {
      try {
        await writer.write(body.subarray(taken, taken + 50_000));
        taken += 50_000;
      } catch (error) {
        refusal = error;
      }
    }
    expect(refusal).toMatchObject({ name: "StoreError", code: "ENOSPC" });
    expect(taken).toBeGreaterThan(500_000);
    for (let offset = 0; offset < taken; ) {
      const part = await writer.read(offset, 64_000);
      expect(Buffer.compare(part, body.subarray(offset, offset + part.byteLength))).toBe(0);
      offset += part.byteLength;
    }
    await writer.abort();
    expect(temporaryFiles()).toEqual([]);
    expect(await store.find(newResponse().primaryKey)).toEqual([]);
  });

  test("a body in a file is refused and leaves nothing; with room again it is stored", async () => {
    fillUp();
    const writer = await store.write(newResponse({ primaryKey: "late" }), inFile.byteLength);
    await expect(Promise.resolve(writer.write(inFile))).rejects.toMatchObject({ code: "ENOSPC" });
    await writer.abort();
    expect(temporaryFiles()).toEqual([]);
    expect(await store.find("late")).toEqual([]);
    rmSync(ballast);
    await put(store, { primaryKey: "late" }, inFile);
    store.flush();
    await store.published();
    expect(await store.find("late")).toHaveLength(1);
  });

  test("when the index cannot grow, what waited is dropped, told, and its bodies removed; then it goes on", async () => {
    const waiting: string[] = [];
    await putFew(store);
    for (let i = 0; i < 8; i++) {
      // Their rows need more room than the index may have left over in its files.
      const fields: [string, string][] = [["x-long", "x".repeat(40_000)]];
      const { body } = await put(store, { primaryKey: `waits ${i}`, fields }, inFile);
      if (body.kind === "file") waiting.push(body.path);
    }
    expect(waiting).toHaveLength(8);
    fillUp();
    trouble.codes.length = 0;
    store.flush();
    await store.published();
    expect(waiting.filter((path) => existsSync(path))).toEqual([]);
    expect(trouble.codes).toHaveLength(1);
    expect(trouble.codes[0]).toMatch(/^SQLITE_(FULL|IOERR)/);
    expect(await store.find("waits 0")).toEqual([]);
    rmSync(ballast);
    await put(store, { primaryKey: "after" });
    store.flush();
    await store.published();
    expect(await store.find("after")).toHaveLength(1);
  });

  async function storeUntilFull(bytes: number): Promise<void> {
    for (let i = 0; i < 1000; i++) {
      const primaryKey = `${bytes} bytes ${i}`;
      await put(store, { primaryKey }, bytesOf(bytes));
      store.flush();
      await store.published();
      if ((await store.find(primaryKey)).length === 0) return;
    }
    throw new Error("the disk should be full");
  }

  /** Nothing fits any more, not even into what room the log has left. */
  async function fillUpWithRows(): Promise<void> {
    for (let i = 0; i < 8; i++) {
      await put(store, { primaryKey: `file ${i}` }, inFile);
      await put(store, { primaryKey: `before ${i}` }, bytesOf(2_000));
    }
    store.flush();
    await store.published();
    fillUp();
    for (const bytes of [16_000, 10]) await storeUntilFull(bytes);
    trouble.codes.length = 0;
  }

  test("bodies are sacrificed at the checkpoint, with their rows", async () => {
    await fillUpWithRows();
    const { objects } = keeper.totals();
    keeper.checkpoint();
    expect(trouble.codes).toEqual(["DISK_FULL"]);
    expect(keeper.totals().objects).toBeLessThan(objects);
    expect(await store.remove({ by: "all" })).toBeGreaterThan(0);
    expect(keeper.totals()).toEqual({ bytes: 0, objects: 0 });
  });

  test("what is stored can be removed nevertheless: where that needs room, it is made", async () => {
    await fillUpWithRows();
    expect(await store.remove({ by: "all" })).toBeGreaterThan(0);
    expect(keeper.totals()).toEqual({ bytes: 0, objects: 0 });
  });

  test("also while somebody reads what was there before, so that the log cannot begin anew: bodies are sacrificed", async () => {
    await fillUpWithRows();
    const reader = new Database(indexPath(directory));
    reader.run("BEGIN");
    reader.query("SELECT count(*) FROM responses").get();
    try {
      expect(await store.remove({ by: "all" })).toBeGreaterThan(0);
    } finally {
      reader.close(true);
    }
    expect(trouble.codes).toEqual(["DISK_FULL"]);
    expect(keeper.totals()).toEqual({ bytes: 0, objects: 0 });
  });

  test("a note that something is there which should be gone fits as well, and the next keeper begins anew", async () => {
    await put(store, { primaryKey: "noted" });
    store.flush();
    await store.published();
    fillUp();
    noteUnremoved(indexPath(directory), true);
    keeper.close();
    rmSync(ballast);
    trouble.codes.length = 0;
    keeper = openKeeper();
    expect(keeper.totals().objects).toBe(0);
    expect(trouble.messages.at(-1)).toContain("removals had not reached it");
    keeper.close();
    keeper = openKeeper();
    expect(trouble.codes).toEqual(["SQLITE_CORRUPT"]);
    await store.close();
    store = openStore();
  });

  test("bodies are sacrificed at the start, or there would be none", async () => {
    await fillUpWithRows();
    // As if it had been killed: an orderly end needs room as well.
    const killed = keeper;
    keeper = openKeeper();
    expect(trouble.codes).toEqual(["DISK_FULL"]);
    expect(await store.remove({ by: "all" })).toBeGreaterThan(0);
    killed.close();
  });

  test("beneath memory it costs nothing but the trouble told", async () => {
    fillUp();
    trouble.codes.length = 0;
    const memory = createMemoryStore({
      now: () => 0,
      removals: createRemovals(1),
      maxBytes: 1e7,
      order,
      newId,
    });
    const tiered = createTieredStore(memory, store, trouble.onTrouble);
    const found = await put(tiered, { primaryKey: "kept in memory" }, bytesOf(300_000));
    expect(trouble.codes).toEqual(["ENOSPC"]);
    expect(await readBody(found)).toEqual(bytesOf(300_000));
    expect(await tiered.find("kept in memory")).toHaveLength(1);
    expect(temporaryFiles()).toEqual([]);
  });
});
