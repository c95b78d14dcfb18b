import { describe, expect, test } from "bun:test";
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { formatFolder } from "../../../src/store/disk/index-format.ts";
import { checksumOf } from "../../../src/store/disk/checksum.ts";
import type { DiskFound } from "../../../src/store/disk/disk-found.ts";
import type { DiskStore } from "../../../src/store/disk/disk-store.ts";
import type { StoredResponse } from "../../../src/store/tier.ts";
import { contractBytes, describeStore } from "../contract.ts";
import { createDirectory, directoryForEachTest, keeperAt } from "../directory.ts";
import {
  order,
  bytesOf,
  createClock,
  inFile,
  newResponse,
  pathOf,
  policy,
  put,
  putFew,
  readBody,
} from "../samples.ts";

for (const [name, settle] of [
  ["disk, rows not committed yet", () => undefined],
  ["disk, rows committed", (store: DiskStore) => store.flush()],
] as const) {
  describeStore(name, async (clock) => {
    const directory = createDirectory(clock);
    const disk = directory.open({ maxBytes: contractBytes });
    const store = {
      ...disk,
      find(primaryKey: string) {
        settle(disk);
        return disk.find(primaryKey);
      },
      remove(selector: Parameters<DiskStore["remove"]>[0]) {
        settle(disk);
        return disk.remove(selector);
      },
      freshen(...parameters: Parameters<DiskStore["freshen"]>) {
        settle(disk);
        return disk.freshen(...parameters);
      },
    };
    return { store, files: directory.files, dispose: directory.dispose };
  });
}

const { primaryKey } = newResponse();

describe("disk", () => {
  const clock = createClock();
  const directory = directoryForEachTest(clock);

  async function only(store: DiskStore): Promise<DiskFound> {
    const [found, ...others] = await store.find(primaryKey);
    expect(others).toEqual([]);
    expect(found).toBeDefined();
    return found as DiskFound;
  }

  test("what was stored, freshened and removed is so after close and reopening", async () => {
    const first = directory.open();
    const { response } = await put(first, {}, bytesOf(300_000));
    await put(first, { primaryKey: "removed" });
    clock.advance(10);
    const freshened = await first.freshen(
      response,
      [["a", "b"]],
      policy({ freshnessLifetime: 1 }),
      order.next(),
    );
    await first.remove({ by: "key", primaryKey: "removed" });
    await first.close();

    const second = directory.open();
    const found = await only(second);
    expect(found.response).toEqual((freshened as DiskFound).response);
    expect(await readBody(found)).toEqual(bytesOf(300_000));
    expect(await second.find("removed")).toEqual([]);
    expect(directory.files()).toHaveLength(1);
    expect([...first.troubles, ...second.troubles]).toEqual([]);
  });

  test("another store on the directory finds each response at once where few are stored", async () => {
    const [one, other] = [directory.open(), directory.open()];
    await put(one);
    expect(await other.find(primaryKey)).toHaveLength(1);
    await put(one, { primaryKey: "soon after" });
    expect(await other.find("soon after")).toHaveLength(1);
  });

  test("another store on the directory finds one of many after the grouped commit, and not before", async () => {
    const [one, other] = [directory.open(), directory.open()];
    await putFew(one);
    await put(one);
    expect(await one.find(primaryKey)).toHaveLength(1);
    expect(await other.find(primaryKey)).toEqual([]);
    one.flush();
    expect((await only(other)).response).toEqual((await only(one)).response);
  });

  test("rows are committed by themselves; published resolves then, at once when nothing waits", async () => {
    const [one, other] = [directory.open(), directory.open()];
    await one.published();
    await putFew(one);
    await put(one);
    expect(await other.find(primaryKey)).toEqual([]);
    await one.published();
    expect(await other.find(primaryKey)).toHaveLength(1);
  });

  test("64 rows are committed at once, without a wait", async () => {
    const [one, other] = [directory.open(), directory.open()];
    await putFew(one);
    for (let i = 0; i < 64; i++) await put(one, { primaryKey: `k${i}` });
    expect(await other.find("k63")).toHaveLength(1);
  });

  test("of two stores that store one key the last to commit is found by both, and one body is left", async () => {
    const [one, other] = [directory.open(), directory.open()];
    await put(one, {}, bytesOf(70_010));
    await put(other, {}, bytesOf(70_020));
    one.flush();
    other.flush();
    expect((await only(one)).response.size).toBe(70_020);
    expect((await only(other)).response.size).toBe(70_020);
    await one.close();
    await other.close();
    expect(directory.files()).toHaveLength(1);
  });

  test("what one store removes or freshens is so for the other", async () => {
    const [one, other] = [directory.open(), directory.open()];
    const { response } = await put(one);
    one.flush();
    await other.freshen(response, [["by", "other"]], policy(), order.next());
    other.flush();
    expect((await only(one)).response.fields).toEqual([["by", "other"]]);
    expect(await one.remove({ by: "all" })).toBe(1);
    expect(await other.find(primaryKey)).toEqual([]);
    expect(await other.freshen(response, [], policy(), order.next())).toBeUndefined();
  });

  test("a freshened response that another store removed before the commit does not come back", async () => {
    const [one, other] = [directory.open(), directory.open()];
    const { response } = await put(one);
    one.flush();
    await one.freshen(response, [["n", "1"]], policy(), order.next());
    await one.freshen(response, [["n", "2"]], policy(), order.next());
    await other.remove({ by: "all" });
    await one.published();
    expect(await one.find(primaryKey)).toEqual([]);
  });

  test("a slow page is stored though 5,000 other pages were removed while it was on its way", async () => {
    const [mine, other] = [directory.open(), directory.open()];
    await other.remove({ by: "all" });
    mine.heed({ by: "all" }, other.lastRemoval());
    const slow = await mine.write(newResponse());
    for (let i = 0; i < 5000; i++) {
      const selector = { by: "target", target: `/other/${i}`, host: null, site: null } as const;
      await other.remove(selector);
      mine.heed(selector, other.lastRemoval());
    }
    await slow.write(bytesOf(10));
    await slow.commit();
    slow.release();
    await mine.published();
    expect(await other.find(primaryKey)).toHaveLength(1);
  }, 30_000);

  test("what another store had removed while it was on its way is refused by the keeper, and told", async () => {
    const overtaken: string[] = [];
    const onOvertaken = (responses: readonly StoredResponse[]) =>
      overtaken.push(...responses.map(({ id }) => id));
    const [mine, other] = [directory.open({ onOvertaken }), directory.open()];
    const writer = await mine.write(newResponse());
    await writer.write(inFile);
    // It has not reached this process yet.
    await other.remove({ by: "target", target: "/", host: null, site: null });
    const { response } = await writer.commit();
    writer.release();
    await mine.published();
    expect(overtaken).toEqual([response.id]);
    expect(await mine.find(primaryKey)).toEqual([]);
    expect(directory.files()).toEqual([]);
    await put(mine);
    expect(await mine.find(primaryKey)).toHaveLength(1);
    expect(overtaken).toHaveLength(1);
  });

  test("what waits is not handed over when another store has had it removed", async () => {
    const [mine, other] = [directory.open(), directory.open()];
    await put(mine, { primaryKey: "before" });
    await put(mine, {}, inFile);
    await other.remove({ by: "key", primaryKey });
    mine.heed({ by: "key", primaryKey }, other.lastRemoval());
    expect(await mine.find(primaryKey)).toEqual([]);
    expect(directory.files()).toEqual([]);
    expect(await mine.find("before")).toHaveLength(1);
  });

  test("the oldest variants beyond the bound are gone from the index with their bodies", async () => {
    const store = directory.open({ maxVariantsPerKey: 3 });
    for (let i = 0; i < 5; i++) {
      await put(store, { variantKey: `v${i}` }, inFile);
      clock.advance(1);
      if (i === 2) store.flush();
    }
    store.flush();
    expect(store.totals().objects).toBe(3);
    expect((await store.find(primaryKey)).map(({ response }) => response.variantKey)).toEqual([
      "v4",
      "v3",
      "v2",
    ]);
    await store.close();
    expect(directory.files()).toHaveLength(3);
  });

  test("of responses replaced before the commit no body is left", async () => {
    const store = directory.open();
    for (let i = 0; i < 3; i++) await put(store, {}, inFile);
    await store.close();
    expect(directory.files()).toHaveLength(1);
  });

  test("a response that waits to replace another is removed as one", async () => {
    const store = directory.open();
    await put(store);
    store.flush();
    await put(store);
    expect(await store.remove({ by: "all" })).toBe(1);
  });

  test.skipIf(process.platform !== "linux")("a closed store has no file open", async () => {
    const store = directory.open();
    await put(store, {}, bytesOf(100_000));
    await store.find(primaryKey);
    const openFiles = () =>
      readdirSync("/proc/self/fd")
        .map((name) => {
          try {
            return readlinkSync(`/proc/self/fd/${name}`);
          } catch {
            // The descriptor that listed the folder is closed by now.
            return "";
          }
        })
        .filter((target) => target.startsWith(directory.path));
    expect(openFiles()).toContain(directory.index);
    await store.close();
    directory.endKeeper();
    expect(openFiles().filter((target) => target.includes("index.sqlite"))).toEqual([]);
  });

  test("a file found a moment ago can still be opened after its response was replaced", async () => {
    const store = directory.open({ disposalDelay: 250 });
    await put(store, {}, inFile);
    store.flush();
    const before = await only(store);
    await put(store, {}, bytesOf(70_010));
    store.flush();
    expect(await readBody(before)).toEqual(inFile);
    await store.close();
    directory.endKeeper();
    expect(existsSync(pathOf(before))).toBe(false);
  });

  const damages: [string, (path: string) => void, string][] = [
    ["missing", (path) => rmSync(path), "MISSING_BODY"],
    ["cut", (path) => truncateSync(path, 50), "WRONG_SIZE"],
    ["lengthened", (path) => writeFileSync(path, "x", { flag: "a" }), "WRONG_SIZE"],
  ];
  for (const committed of [true, false]) {
    test.each(damages)(
      `a body that is %s is a miss, told and removed (committed: ${committed})`,
      async (_, damage, code) => {
        const store = directory.open();
        const { body } = await put(store, {}, inFile);
        if (committed) store.flush();
        if (body.kind === "file") damage(body.path);
        expect(await store.find(primaryKey)).toEqual([]);
        expect(store.troubles).toEqual([code]);
        expect(await store.find(primaryKey)).toEqual([]);
        expect(store.troubles).toEqual([code]);
        await store.close();
        expect(store.totals).toThrow();
        expect(directory.files()).toEqual([]);
        const reopened = directory.open();
        expect(reopened.totals()).toEqual({ bytes: 0, objects: 0 });
      },
    );
  }

  test.each([
    ["small", 70_000],
    ["large", 200_000],
  ])("read never gives a %s body with a flipped bit", async (_, length) => {
    const store = directory.open();
    await put(store, {}, bytesOf(length));
    const found = await only(store);
    expect(await store.read(found)).toEqual(bytesOf(length));
    const bytes = readFileSync(pathOf(found));
    bytes[length - 1] = (bytes[length - 1] ?? 0) ^ 1;
    writeFileSync(pathOf(found), bytes);
    expect(await store.read(found)).toBeUndefined();
    expect(store.troubles).toEqual(["WRONG_CHECKSUM"]);
    expect(await store.find(primaryKey)).toEqual([]);
  });

  test("read gives a buffer that holds nothing else", async () => {
    const store = directory.open();
    for (const length of [0, 1, 3000, 65_536, 200_000]) {
      await put(store, {}, bytesOf(length));
      const bytes = await store.read(await only(store));
      expect([bytes?.byteLength, bytes?.buffer.byteLength]).toEqual([length, length]);
    }
  });

  test("the checksum is that of the whole body, however it came in", async () => {
    const store = directory.open();
    const body = bytesOf(200_000);
    for (const chunkBytes of [1009, 65_536, 200_000]) {
      await put(store, {}, body, chunkBytes);
      expect((await only(store)).checksum).toBe(checksumOf(body));
    }
    const swapped = Buffer.concat([
      body.subarray(65_536, 131_072),
      body.subarray(0, 65_536),
      body.subarray(131_072),
    ]);
    expect(checksumOf(swapped)).not.toBe(checksumOf(body));
  });

  test("files and folders are for their owner only", async () => {
    const store = directory.open();
    await put(store, {}, inFile);
    await put(store, { variantKey: "large" }, bytesOf(100_000));
    store.flush();
    const mode = (name: string) =>
      (statSync(join(directory.path, formatFolder, name)).mode & 0o777).toString(8);
    const files = directory.files();
    expect(files).toHaveLength(2);
    for (const name of [...files, "index.sqlite", "index.sqlite-wal", "index.sqlite-shm"]) {
      expect([name, mode(name)]).toEqual([name, "600"]);
    }
    for (const name of ["", "bodies", "tmp", join(files[0] as string, "..")]) {
      expect([name, mode(name)]).toEqual([name, "700"]);
    }
  });

  test("the bound holds after every commit, and what is used survives a scan", async () => {
    const maxBytes = 200_000;
    const store = directory.open({ maxBytes });
    await put(store, { primaryKey: "popular" }, bytesOf(1000));
    store.flush();
    for (let i = 0; i < 400; i++) {
      await put(store, { primaryKey: `once ${i}` }, bytesOf(1000));
      if (i % 10 === 0) await store.find("popular");
      if (i % 7 === 0) store.flush();
      expect(store.totals().bytes).toBeLessThanOrEqual(maxBytes);
    }
    expect(store.totals().objects).toBeGreaterThan(20);
    expect(await store.find("popular")).toHaveLength(1);
    expect(await store.find("once 0")).toEqual([]);
    await store.close();
    expect(directory.files().length).toBeLessThan(200_000 / 4096 + 1);
    expect(store.troubles).toEqual([]);
  });

  test("what is only looked at does not survive a scan", async () => {
    const store = directory.open({ maxBytes: 200_000 });
    await put(store, { primaryKey: "seen" }, bytesOf(1000));
    store.flush();
    for (let i = 0; i < 400; i++) {
      await put(store, { primaryKey: `once ${i}` }, bytesOf(1000));
      if (i % 10 === 0) await store.look("seen");
      if (i % 7 === 0) store.flush();
    }
    expect(await store.look("seen")).toEqual([]);
    await store.close();
  });

  test("a body larger than the whole cache is refused, announced or not, and leaves nothing", async () => {
    const store = directory.open({ maxBytes: 100_000 });
    await expect(store.write(newResponse(), 100_001)).rejects.toMatchObject({ code: "TOO_LARGE" });
    const put = () => store.put(newResponse(), bytesOf(100_001));
    expect(put).toThrow(expect.objectContaining({ name: "StoreError", code: "TOO_LARGE" }));
    const writer = await store.write(newResponse());
    await writer.write(bytesOf(90_000));
    await expect(writer.write(bytesOf(20_000))).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(writer.commit()).rejects.toMatchObject({ code: "MISUSE" });
    expect(await writer.read(89_990, 100)).toEqual(bytesOf(90_000).slice(89_990));
    await writer.abort();
    expect(directory.files()).toEqual([]);
  });

  test("a key that UTF-8 cannot carry is refused and never found as another", async () => {
    const store = directory.open();
    store.put(newResponse({ primaryKey: "a\u{FFFD}" }), bytesOf(100));
    store.flush();
    await expect(store.write(newResponse({ primaryKey: "a\u{D800}" }))).rejects.toMatchObject({
      code: "BAD_KEY",
    });
    const put = () => store.put(newResponse({ primaryKey: "a\u{D800}" }), bytesOf(1));
    expect(put).toThrow(expect.objectContaining({ name: "StoreError", code: "BAD_KEY" }));
    expect(await store.find("a\u{D800}")).toEqual([]);
  });

  test("folders removed while the store is open come back", async () => {
    const store = directory.open();
    rmSync(join(directory.path, formatFolder, "bodies"), { recursive: true });
    rmSync(join(directory.path, formatFolder, "tmp"), { recursive: true });
    await put(store, {}, inFile);
    rmSync(join(directory.path, formatFolder, "tmp"), { recursive: true });
    await put(store, { variantKey: "large" }, bytesOf(100_000));
    expect(await store.find(primaryKey)).toHaveLength(2);
  });

  test("a closed store finds nothing, refuses to write and to commit", async () => {
    const store = directory.open();
    const writer = await store.write(newResponse());
    await store.close();
    await expect(writer.commit()).rejects.toMatchObject({ code: "CLOSED" });
    await expect(store.write(newResponse())).rejects.toMatchObject({ code: "CLOSED" });
    expect(() => store.put(newResponse(), bytesOf(1))).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect(await store.find(primaryKey)).toEqual([]);
  });

  test("what waits is handed over before pieces that are under way are waited for", async () => {
    const compared = Promise.withResolvers<undefined>();
    directory.keep();
    const keeper = keeperAt(directory.desks);
    const store = directory.open({
      keeper: {
        ...keeper,
        changePieces: (change) =>
          change.change === "complete" ? compared.promise : keeper.changePieces(change),
      },
    });
    await putFew(store);
    const writer = await store.pieces.write(newResponse(), { start: 0, end: 10, size: 10 }, null);
    await writer.write(bytesOf(10));
    await writer.commit();
    writer.release();
    const { response } = store.put(newResponse({ primaryKey: "waits" }), bytesOf(10));
    expect(directory.keep().has(response.id)).toBe(false);
    const closing = store.close();
    expect(directory.keep().has(response.id)).toBe(true);
    compared.resolve(undefined);
    await closing;
  });

  test("a directory that cannot be made is one clear StoreError", () => {
    writeFileSync(join(directory.path, "file"), "");
    expect(() => directory.open({ directory: join(directory.path, "file", "cache") })).toThrow(
      expect.objectContaining({ name: "StoreError", code: "ENOTDIR" }),
    );
  });
});
