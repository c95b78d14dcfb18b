import { beforeEach, describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatFolder } from "../../src/store/disk/index-format.ts";
import type { DiskFound } from "../../src/store/disk/disk-found.ts";
import type { DiskStore } from "../../src/store/disk/disk-store.ts";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { type Found, type Tier, StoreError } from "../../src/store/tier.ts";
import { createTieredStore } from "../../src/store/tiers.ts";
import { contractBytes, describeStore } from "./contract.ts";
import { createDirectory, directoryForEachTest } from "./directory.ts";
import {
  bytesOf,
  collectTrouble,
  createClock,
  inFile,
  newId,
  newResponse,
  pathOf,
  policy,
  put,
  readBody,
  order,
} from "./samples.ts";

function memoryOf(maxBytes: number, { now } = createClock()): MemoryStore<string> {
  return createMemoryStore({ now, removals: createRemovals(1), maxBytes, order, newId });
}

describeStore("tiered", async (clock) => {
  const directory = createDirectory(clock);
  const memory = memoryOf(contractBytes, clock);
  const store = createTieredStore(memory, directory.open({ maxBytes: contractBytes }), () => undefined);
  return { store, files: directory.files, dispose: directory.dispose };
});

describeStore("tiered, memory too small for anything", async (clock) => {
  const directory = createDirectory(clock);
  const memory = memoryOf(10, clock);
  const store = createTieredStore(memory, directory.open({ maxBytes: contractBytes }), () => undefined);
  return { store, files: directory.files, dispose: directory.dispose };
});

describeStore("tiered, a disk that refuses everything", async (clock) => {
  const directory = createDirectory(clock);
  const memory = memoryOf(contractBytes, clock);
  const store = createTieredStore(memory, brokenDisk(directory.open(), "write"), () => undefined);
  return { store, files: directory.files, dispose: directory.dispose };
});

describeStore("tiered, a disk that fails at the commit", async (clock) => {
  const directory = createDirectory(clock);
  const memory = memoryOf(contractBytes, clock);
  const store = createTieredStore(memory, brokenDisk(directory.open(), "commit"), () => undefined);
  return { store, files: directory.files, dispose: directory.dispose };
});

function full(): Promise<never> {
  return Promise.reject(new StoreError("ENOSPC", "no space left on device"));
}

/** A disk that fails with ENOSPC from the step named on. */
function brokenDisk(disk: DiskStore, at: "write" | "chunk" | "commit"): DiskStore {
  return {
    ...disk,
    put() {
      throw new StoreError("ENOSPC", "no space left on device");
    },
    async write(entry, expectedSize) {
      if (at === "write") return await full();
      const writer = await disk.write(entry, expectedSize);
      if (at === "chunk") {
        writer.write = full;
        return writer;
      }
      writer.commit = async () => {
        await writer.abort();
        return await full();
      };
      return writer;
    },
  };
}

const { primaryKey } = newResponse();

describe("tiered", () => {
  const clock = createClock();
  const directory = directoryForEachTest(clock);
  let disk: DiskStore;
  let memory: MemoryStore<string>;
  let trouble: ReturnType<typeof collectTrouble>;
  let store: Tier;

  beforeEach(() => {
    disk = directory.open();
    memory = memoryOf(16 * 1024 * 1024);
    trouble = collectTrouble();
    store = createTieredStore(memory, disk, trouble.onTrouble);
  });

  /** Another worker: its own memory over the same directory. */
  function another(): Tier {
    return createTieredStore(memoryOf(16 * 1024 * 1024), directory.open(), trouble.onTrouble);
  }

  async function ids(from: { find: Tier["find"] }): Promise<string[]> {
    return (await from.find(primaryKey)).map(({ response }) => response.id);
  }

  test("a small response is in both tiers under one id", async () => {
    const { response } = await put(store);
    expect(memory.peek(primaryKey)?.map((entry) => entry.response.id)).toEqual([response.id]);
    expect(await ids(disk)).toEqual([response.id]);
  });

  test.each([
    ["announced", true],
    ["not announced", false],
  ])("a body beyond 1 MB is on the disk alone, %s", async (_, announced) => {
    const body = bytesOf(1024 * 1024 + 1);
    const writer = await store.write(newResponse(), announced ? body.byteLength : undefined);
    await writer.write(body.subarray(0, 1_000_000));
    await writer.write(body.subarray(1_000_000));
    const found = await writer.commit();
    expect(Buffer.compare(await writer.read(0, 100), body.subarray(0, 100))).toBe(0);
    writer.release();
    expect(found.body.kind).toBe("file");
    expect([memory.objects, memory.bytes]).toEqual([0, 0]);
    expect((await store.find(primaryKey))[0]?.body.kind).toBe("file");
  });

  test.each([
    ["at once", 1000],
    ["after an asynchronous read", 500_000],
  ])("what only the disk has is promoted %s", async (_, length) => {
    const { response } = await put(disk, {}, bytesOf(length));
    const [found] = await store.find(primaryKey);
    expect(found?.response).toEqual(response);
    expect(found?.body.kind).toBe("memory");
    expect(await readBody(found as Found)).toEqual(bytesOf(length));
    expect(memory.peek(primaryKey)?.[0]?.response).toEqual(response);
  });

  test("of many variants no more than 1 MB is read for one look-up, the newest first", async () => {
    for (let i = 0; i < 4; i++) {
      await put(disk, { variantKey: `v${i}` }, bytesOf(400_000));
      clock.advance(1);
    }
    const kinds = (await store.find(primaryKey)).map(({ response, body }) => [
      response.variantKey,
      body.kind,
    ]);
    expect(kinds).toEqual([
      ["v3", "memory"],
      ["v2", "memory"],
      ["v1", "file"],
      ["v0", "file"],
    ]);
  });

  test("variants of memory and of the disk are found together", async () => {
    await put(disk, { variantKey: "on disk" });
    await put(memory, { variantKey: "in memory" });
    expect((await store.find(primaryKey)).map(({ response }) => response.variantKey).sort()).toEqual([
      "in memory",
      "on disk",
    ]);
  });

  test("who looks sees where it is, and brings nothing into memory", async () => {
    await put(disk, { variantKey: "on disk" });
    await put(memory, { variantKey: "in memory" });
    const places = async () =>
      Object.fromEntries(
        (await store.look(primaryKey)).map((each) => [each.response.variantKey, each.where]),
      );
    expect(await places()).toEqual({ "on disk": "disk", "in memory": "memory" });
    expect(await places()).toEqual({ "on disk": "disk", "in memory": "memory" });
    await store.find(primaryKey);
    expect(await places()).toEqual({ "on disk": "memory", "in memory": "memory" });
  });

  test("who looks sees what another worker has stored since instead of memory's copy", async () => {
    await put(store);
    clock.advance(1000);
    const worker = another();
    const { response } = await put(worker, {}, bytesOf(7));
    await worker.close();
    expect(await store.look(primaryKey)).toMatchObject([{ where: "disk", response: { id: response.id } }]);
  });

  test("what another worker stored or freshened since is found instead of memory's copy", async () => {
    const worker = another();
    const { response } = await put(store);
    disk.flush();
    clock.advance(1000);
    const freshened = await worker.freshen(response, [["fresh", "1"]], policy(), order.next());
    await worker.close();
    expect((await store.find(primaryKey)).map((found) => found.response)).toEqual([
      (freshened as Found).response,
    ]);

    const third = another();
    clock.advance(1000);
    const replaced = await put(third, {}, bytesOf(7));
    await third.close();
    expect(await ids(store)).toEqual([replaced.response.id]);
    expect(memory.peek(primaryKey)?.[0]?.response.id).toBe(replaced.response.id);
  });

  test("memory's entry, with what was prepared for it, is kept while the disk has nothing newer", async () => {
    await put(store);
    const [entry] = memory.peek(primaryKey) ?? [];
    clock.advance(1000);
    expect((await store.find(primaryKey))[0]).toBe(entry as Found);
  });

  test("a larger response, which only the disk takes, leaves no older one of its keys in memory", async () => {
    await put(store);
    const larger = await put(store, {}, bytesOf(1024 * 1024 + 1), 100_000);
    expect(memory.peek(primaryKey)).toBeUndefined();
    expect(await ids(store)).toEqual([larger.response.id]);
  });

  test("a small response that memory cannot take leaves no older one of its keys there", async () => {
    const tiny = memoryOf(64_000);
    const narrow = createTieredStore(tiny, disk, trouble.onTrouble);
    await put(narrow);
    expect(tiny.peek(primaryKey)).toHaveLength(1);
    clock.advance(1000);
    // In its row on disk, and larger than memory takes of one.
    const larger = await put(narrow, {}, bytesOf(12_000));
    expect(tiny.peek(primaryKey)).toBeUndefined();
    expect(await ids(narrow)).toEqual([larger.response.id]);
  });

  test("freshen reaches both tiers", async () => {
    const { response } = await put(store);
    clock.advance(1000);
    await store.freshen(response, [["fresh", "1"]], policy(), order.next());
    expect(memory.peek(primaryKey)?.[0]?.response.fields).toEqual([["fresh", "1"]]);
    expect((await disk.find(primaryKey))[0]?.response.fields).toEqual([["fresh", "1"]]);
  });

  test("freshen works when one tier has lost the response, whichever", async () => {
    const { response } = await put(store);
    await memory.remove({ by: "all" });
    expect((await store.freshen(response, [["n", "1"]], policy(), order.next()))?.response.fields).toEqual([
      ["n", "1"],
    ]);
    await store.find(primaryKey);
    await disk.remove({ by: "all" });
    expect((await store.freshen(response, [["n", "2"]], policy(), order.next()))?.response.fields).toEqual([
      ["n", "2"],
    ]);
  });

  test("what memory knows by its file alone cannot be freshened when the disk has lost it", async () => {
    const { response } = await put(store, {}, bytesOf(1_500_000));
    await store.find(primaryKey);
    expect(memory.peek(primaryKey)?.[0]?.body.kind).toBe("file");
    expect(await store.freshen(response, [["n", "1"]], policy(), order.next())).toMatchObject({
      body: { kind: "file" },
    });
    await disk.remove({ by: "all" });
    expect(await store.freshen(response, [["n", "2"]], policy(), order.next())).toBeUndefined();
  });

  test("what was removed while its body was read for promotion is not in memory afterwards", async () => {
    await put(disk, {}, bytesOf(500_000));
    disk.flush();
    const reading = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const slowDisk: DiskStore = {
      ...disk,
      async read(found: DiskFound) {
        const bytes = await disk.read(found);
        reading.resolve();
        await released.promise;
        return bytes;
      },
    };
    const slow = createTieredStore(memory, slowDisk, trouble.onTrouble);
    const finding = slow.find(primaryKey);
    await reading.promise;
    await slow.remove({ by: "key", primaryKey });
    released.resolve();
    await finding;
    expect(memory.peek(primaryKey)).toBeUndefined();
    expect(await slow.find(primaryKey)).toEqual([]);
  });

  test("what a look-up promotes while a removal is under way is gone when it is done", async () => {
    await put(disk);
    disk.flush();
    const removing = Promise.withResolvers<void>();
    const mayRemove = Promise.withResolvers<void>();
    const slowDisk: DiskStore = {
      ...disk,
      async remove(selector) {
        removing.resolve();
        await mayRemove.promise;
        return await disk.remove(selector);
      },
    };
    const slow = createTieredStore(memory, slowDisk, trouble.onTrouble);
    const removal = slow.remove({ by: "all" });
    await removing.promise;
    await slow.find(primaryKey);
    expect(memory.peek(primaryKey)).toHaveLength(1);
    mayRemove.resolve();
    expect(await removal).toBe(1);
    expect(memory.peek(primaryKey)).toBeUndefined();
  });

  test("what was freshened while its old state was read for promotion keeps its new state", async () => {
    const { response } = await put(store, {}, bytesOf(500_000));
    await memory.remove({ by: "all" });
    const slowDisk: DiskStore = {
      ...disk,
      async read(found: DiskFound) {
        await store.freshen(response, [["fresh", "1"]], policy(), order.next());
        return await disk.read(found);
      },
    };
    await createTieredStore(memory, slowDisk, trouble.onTrouble).find(primaryKey);
    expect((await store.find(primaryKey))[0]?.response.fields).toEqual([["fresh", "1"]]);
  });

  test.each(["write", "chunk", "commit"] as const)(
    "when the disk fails at the %s, memory keeps the response and the trouble is told",
    async (at) => {
      const broken = createTieredStore(memory, brokenDisk(disk, at), trouble.onTrouble);
      const found = await put(broken, {}, bytesOf(3000), 1000);
      expect(await readBody(found)).toEqual(bytesOf(3000));
      expect(await ids(broken)).toEqual([found.response.id]);
      expect(await ids(disk)).toEqual([]);
      expect(trouble.codes).toEqual(["ENOSPC"]);
      expect(directory.files()).toEqual([]);
    },
  );

  test("when the disk fails and memory has no room for the body, the error travels up", async () => {
    const large = bytesOf(3 * 1024 * 1024);
    const atOnce = createTieredStore(memory, brokenDisk(disk, "write"), trouble.onTrouble);
    await expect(atOnce.write(newResponse(), large.byteLength)).rejects.toMatchObject({ name: "StoreError" });
    const later = createTieredStore(memory, brokenDisk(disk, "commit"), trouble.onTrouble);
    await expect(put(later, {}, large)).rejects.toMatchObject({ name: "StoreError", code: "ENOSPC" });
    expect([memory.bytes, memory.objects]).toEqual([0, 0]);
  });

  test("a disk that cannot be read is a miss beneath memory, not an error", async () => {
    const { response } = await put(store);
    await disk.close();
    expect(await ids(store)).toEqual([response.id]);
    expect(await store.find("another")).toEqual([]);
  });

  test("a body damaged on disk is a miss and is not promoted", async () => {
    const found = await put(disk, {}, inFile);
    writeFileSync(pathOf(found), bytesOf(inFile.byteLength, 2));
    expect(await store.find(primaryKey)).toEqual([]);
    expect(memory.objects).toBe(0);
  });

  test("the cache directory vanishing beneath it costs stored responses, never an exception", async () => {
    await put(store);
    disk.flush();
    rmSync(join(directory.path, formatFolder, "bodies"), { recursive: true });
    expect(await ids(store)).toHaveLength(1);
    await put(store, { primaryKey: "later" });
    expect(await store.find("later")).toHaveLength(1);
  });
});
