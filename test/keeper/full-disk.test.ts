import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFolder } from "../../src/store/disk/body-files.ts";
import { type DiskStore, openDiskStore } from "../../src/store/disk/disk-store.ts";
import { type Index, openIndex } from "../../src/keeper/index.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createTieredStore } from "../../src/store/tiers.ts";
import {
  bytesOf,
  collectTrouble,
  createClock,
  newId,
  newResponse,
  put,
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

/** Whichever comes first: the body needs room, and so does the index, to say that it takes some. */
const noRoom = /^(ENOSPC|SQLITE_FULL)$/;

describe.skipIf(!mounted.success)("a disk of 2 MB that is full", () => {
  const clock = createClock();
  const ballast = join(mountPoint, "ballast");
  let store: DiskStore;
  let trouble: ReturnType<typeof collectTrouble>;

  function openStore(): DiskStore {
    const options = { directory: join(mountPoint, "cache"), maxBytes: 1e9, disposalDelay: 0 };
    const { onTrouble } = trouble;
    return openDiskStore({ ...options, now: clock.now, order, newId, onTrouble, role: "worker" });
  }

  beforeAll(() => {
    trouble = collectTrouble();
    store = openStore();
  });
  afterEach(() => {
    rmSync(ballast, { force: true });
  });
  afterAll(async () => {
    await store.close();
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

  test("a small body is refused at its commit and leaves nothing; with room again it is stored", async () => {
    fillUp();
    await expect(put(store, { primaryKey: "small" }, bytesOf(10_000))).rejects.toMatchObject({
      code: expect.stringMatching(noRoom),
    });
    expect(temporaryFiles()).toEqual([]);
    expect(await store.find("small")).toEqual([]);
    rmSync(ballast);
    await put(store, { primaryKey: "small" }, bytesOf(10_000));
    expect(await store.find("small")).toHaveLength(1);
  });

  test("when the index cannot grow, what waited is dropped, told, and its bodies removed; then it goes on", async () => {
    const waiting: string[] = [];
    for (let i = 0; i < 60; i++) {
      // Their rows need more room than the index may have left over in its files.
      const fields: [string, string][] = [["x-long", "x".repeat(4_000)]];
      const { body } = await put(store, { primaryKey: `waits ${i}`, fields }, bytesOf(17_000));
      if (body.kind === "file") waiting.push(body.path);
    }
    expect(waiting).toHaveLength(60);
    fillUp();
    trouble.codes.length = 0;
    store.flush();
    expect(waiting.filter((path) => existsSync(path))).toEqual([]);
    expect(trouble.codes).toHaveLength(1);
    expect(trouble.codes[0]).toMatch(/^SQLITE_(FULL|IOERR)/);
    expect(await store.find("waits 0")).toEqual([]);
    rmSync(ballast);
    await put(store, { primaryKey: "after" });
    store.flush();
    expect(await store.find("after")).toHaveLength(1);
  });

  function openKeeper(): Index {
    const options = { directory: join(mountPoint, "cache"), now: clock.now, onTrouble: trouble.onTrouble };
    return openIndex({ ...options, role: "keeper", disposalDelay: 0 });
  }

  /** Nothing fits any more, not even into what room the log has left. */
  async function fillUpWithRows(): Promise<void> {
    for (let i = 0; i < 30; i++) await put(store, { primaryKey: `file ${i}` }, bytesOf(20_000));
    store.flush();
    fillUp();
    for (let i = 0; ; i++) {
      await put(store, { primaryKey: `row ${i}` }, bytesOf(16_000)).catch(() => undefined);
      store.flush();
      if ((await store.find(`row ${i}`)).length === 0) break;
    }
    await expect(store.remove({ by: "all" })).rejects.toMatchObject({ code: "SQLITE_FULL" });
    trouble.codes.length = 0;
  }

  test("bodies are sacrificed at the checkpoint, with their rows, so that what is stored can be removed again", async () => {
    const keeper = openKeeper();
    await fillUpWithRows();
    const { objects } = keeper.totals();
    keeper.checkpoint();
    expect(trouble.codes).toEqual(["DISK_FULL"]);
    expect(keeper.totals().objects).toBeLessThan(objects);
    expect(await store.remove({ by: "all" })).toBeGreaterThan(0);
    expect(keeper.totals()).toEqual({ bytes: 0, objects: 0 });
    keeper.close();
  });

  test("what workers cannot remove the keeper can, for which it makes room", async () => {
    const keeper = openKeeper();
    await fillUpWithRows();
    expect(await keeper.removeEarlier({ by: "all" }, Number.MAX_SAFE_INTEGER)).toBeGreaterThan(0);
    expect(keeper.totals()).toEqual({ bytes: 0, objects: 0 });
    keeper.close();
  });

  test("a note that something is there which should be gone fits as well, and the next keeper begins anew", async () => {
    await put(store, { primaryKey: "noted" });
    store.flush();
    const keeper = openKeeper();
    fillUp();
    keeper.noteUnremoved(true);
    keeper.close();
    rmSync(ballast);
    trouble.codes.length = 0;
    const next = openKeeper();
    expect(next.totals().objects).toBe(0);
    expect(trouble.messages.at(-1)).toContain("removals had not reached it");
    next.close();
    const last = openKeeper();
    expect(trouble.codes).toEqual(["SQLITE_CORRUPT"]);
    last.close();
    await store.close();
    store = openStore();
  });

  test("bodies are sacrificed at the start, or there would be none", async () => {
    await fillUpWithRows();
    openKeeper().close();
    expect(trouble.codes).toEqual(["DISK_FULL"]);
    expect(await store.remove({ by: "all" })).toBeGreaterThan(0);
  });

  test("beneath memory it costs nothing but the trouble told", async () => {
    fillUp();
    trouble.codes.length = 0;
    const memory = createMemoryStore({ maxBytes: 1e7, order, newId });
    const tiered = createTieredStore(memory, store, trouble.onTrouble);
    const found = await put(tiered, { primaryKey: "kept in memory" }, bytesOf(300_000));
    expect(trouble.codes).toHaveLength(1);
    expect(trouble.codes[0]).toMatch(noRoom);
    expect(await readBody(found)).toEqual(bytesOf(300_000));
    expect(await tiered.find("kept in memory")).toHaveLength(1);
    expect(temporaryFiles()).toEqual([]);
  });
});
