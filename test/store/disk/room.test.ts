import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DiskStore } from "../../../src/store/disk/disk-store.ts";
import { openIndex } from "../../../src/keeper/index.ts";
import { createRoom } from "../../../src/store/disk/room.ts";
import { StoreError, type Writer } from "../../../src/store/tier.ts";
import { createFakeClock } from "../../supervisor/fake-clock.ts";
import { directoryForEachTest } from "../directory.ts";
import { bytesOf, collectTrouble, createClock, inFile, newResponse, pathOf, put } from "../samples.ts";

const kilobyte = 1024;
const megabyte = kilobyte * kilobyte;

const clock = createClock();
const directory = directoryForEachTest(clock);

/** What the bodies take on the disk, those on their way in and out included, and how many they are. */
function onDisk(): { bytes: number; files: number } {
  const root = dirname(directory.index);
  const sizes = directory.files().map((name) => statSync(join(root, name)).blocks * 512);
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), files: sizes.length };
}

/** Rejects when there is no room, and leaves nothing. */
async function begin(
  store: DiskStore,
  key: string,
  bytes: number,
  { isAnnounced = false, onWritten }: { isAnnounced?: boolean; onWritten?: () => void } = {},
): Promise<Writer> {
  const writer = await store.write(newResponse({ primaryKey: key }), isAnnounced ? bytes : undefined);
  try {
    for (let offset = 0; offset < bytes; offset += 100_000) {
      await writer.write(bytesOf(Math.min(100_000, bytes - offset)));
      onWritten?.();
    }
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return writer;
}

async function finish(writer: Writer): Promise<void> {
  await writer.commit();
  writer.release();
}

describe("the bound of bytes", () => {
  test("holds for bodies on their way in: what would go beyond it is refused, the others go on", async () => {
    const store = directory.open({ maxBytes: 4 * megabyte });
    const writers = await Promise.allSettled(
      Array.from({ length: 10 }, (_, number) =>
        begin(store, `k${number}`, 700 * kilobyte, { isAnnounced: true }),
      ),
    );
    expect(onDisk().bytes).toBeLessThanOrEqual(4 * megabyte);
    const begun = writers.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const refused = writers.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(begun).toHaveLength(5);
    expect(new Set(refused.map((reason) => reason.code))).toEqual(new Set(["NO_ROOM"]));
    for (const writer of begun) await finish(writer);
    store.flush();
    expect(store.totals().objects).toBe(5);
  });

  test("holds for those whose size nobody knows", async () => {
    const store = directory.open({ maxBytes: 4 * megabyte });
    const seen: number[] = [];
    const look = () => void seen.push(onDisk().bytes);
    const writers = Array.from({ length: 10 }, async (_, number) =>
      finish(await begin(store, `k${number}`, 700 * kilobyte, { onWritten: look })),
    );
    await Promise.allSettled(writers);
    look();
    expect(Math.max(...seen)).toBeLessThanOrEqual(4 * megabyte);
    expect(Math.max(...seen)).toBeGreaterThan(2 * megabyte);
  });

  test("holds for all processes together", async () => {
    const [one, other] = [
      directory.open({ maxBytes: 4 * megabyte }),
      directory.open({ maxBytes: 4 * megabyte }),
    ];
    const first = await begin(one, "one", 3 * megabyte);
    await expect(begin(other, "other", 3 * megabyte)).rejects.toMatchObject({ code: "NO_ROOM" });
    await first.abort();
    const second = await begin(other, "again", 3 * megabyte);
    await second.abort();
  });

  test("stored responses make room for one on its way in, and it counts until they are removed", async () => {
    const timers = createFakeClock();
    const store = directory.open({ maxBytes: 4 * megabyte, disposalDelay: 250, after: timers.after });
    for (let i = 0; i < 7; i++) await put(store, { primaryKey: `k${i}` }, bytesOf(500 * kilobyte));
    store.flush();
    const before = onDisk().bytes;
    await expect(begin(store, "new", 900 * kilobyte)).rejects.toMatchObject({ code: "NO_ROOM" });
    expect(onDisk().bytes).toBe(before);
    await timers.advance(500);
    expect(onDisk().bytes).toBeLessThan(before);
    await finish(await begin(store, "new", 900 * kilobyte));
    expect(onDisk().bytes).toBeLessThanOrEqual(4 * megabyte);
    store.flush();
    expect(await store.find("new")).toHaveLength(1);
  });

  test.each([
    ["aborted", (writer: Writer) => writer.abort()],
    [
      "committed and removed",
      async (writer: Writer, store: DiskStore) => {
        await writer.commit();
        writer.release();
        await store.remove({ by: "all" });
      },
    ],
    [
      "removed on its way",
      async (writer: Writer, store: DiskStore) => {
        await store.remove({ by: "all" });
        await expect(writer.commit()).rejects.toMatchObject({ code: "OVERTAKEN" });
        writer.release();
      },
    ],
  ] as const)("a body that was %s takes no room", async (_, end) => {
    const store = directory.open({ maxBytes: 4 * megabyte });
    for (let round = 0; round < 5; round++) await end(await begin(store, "k", 3 * megabyte), store);
    expect(onDisk()).toEqual({ bytes: 0, files: 0 });
    store.flush();
    const keeper = openIndex({
      directory: directory.path,
      role: "worker",
      now: clock.now,
      onTrouble: () => undefined,
    });
    expect(keeper.extent()).toEqual({ bytes: 0, files: 0 });
    keeper.close();
  });
});

test.each([
  ["in its row", bytesOf(100)],
  ["in a file", inFile],
])("a body %s whose row cannot be entered is refused, and takes no room", async (_, body) => {
  const store = directory.open();
  const index = new Database(directory.index);
  index.run("DROP TABLE removals");
  // So often that the grain of what is reserved hides nothing.
  for (let i = 0; i < 10; i++) {
    await expect(put(store, {}, body)).rejects.toMatchObject({ name: "StoreError", code: "SQLITE_ERROR" });
    clock.advance(1000);
  }
  expect(onDisk()).toEqual({ bytes: 0, files: 0 });
  expect(index.query("SELECT total(bytes), total(files) FROM beside").values()).toEqual([[0, 0]]);
  expect(index.query("SELECT bytes, objects, files FROM state").values()).toEqual([[0, 0, 0]]);
  index.close();
});

test("room that could not be entered for the others to see is not there to be taken", () => {
  let isBusy = true;
  let asked = 0;
  const room = createRoom({
    grain: { bytes: 4096, files: 1 },
    enter: () => void room.beside,
    ask() {
      asked++;
      void room.beside;
      if (isBusy) throw new StoreError("SQLITE_BUSY", "database is locked");
      return true;
    },
  });
  expect(() => room.take(1_000_000, 1)).toThrow(expect.objectContaining({ code: "SQLITE_BUSY" }));
  isBusy = false;
  room.take(500_000, 1);
  expect(asked).toBe(2);
});

describe("the bound of files", () => {
  test("holds after every commit, what is used stays", async () => {
    const store = directory.open({ maxFiles: 100 });
    await put(store, { primaryKey: "used" }, inFile);
    for (let i = 0; i < 300; i++) {
      await put(store, { primaryKey: `k${i}` }, inFile);
      if (i % 10 === 0) {
        await store.find("used");
        clock.advance(60_001);
      }
      expect(onDisk().files).toBeLessThanOrEqual(100);
    }
    expect(await store.find("used")).toHaveLength(1);
  });
});

describe("a process that was killed", () => {
  test("leaves nothing that counts: its half-written files go, those of others stay", async () => {
    const { onTrouble } = collectTrouble();
    const ended = Bun.spawnSync(["true"]).pid;
    const keeper = openIndex({ directory: directory.path, role: "keeper", now: clock.now, onTrouble });
    const folder = keeper.bodies.temporaryFolder;
    mkdirSync(folder, { recursive: true });
    const store = directory.open();
    const writer = await begin(store, "k", 200_000);
    const database = new Database(directory.index);
    database.run("INSERT INTO beside VALUES (?, 1000000, 1, 0, 0)", [`${ended}.1`]);
    database.close();
    writeFileSync(join(folder, `half.${ended}`), "half");
    const before = keeper.extent().bytes;
    keeper.forgetEnded();
    expect(before - keeper.extent().bytes).toBe(1_000_000);
    expect(readdirSync(folder)).toHaveLength(1);
    await writer.commit();
    writer.release();
    keeper.close();
  });

  test("of an earlier run leaves nothing after the first sweep, however young it is", async () => {
    const { onTrouble } = collectTrouble();
    const store = directory.open();
    const orphan = `${pathOf(await put(store, {}, inFile))}x`;
    await store.close();
    writeFileSync(orphan, "no row");
    utimesSync(orphan, new Date(), new Date(clock.now() - 1));
    const keeper = openIndex({ directory: directory.path, role: "keeper", now: clock.now, onTrouble });
    expect(await keeper.sweepOrphans(clock.now())).toBe(1);
    expect(existsSync(orphan)).toBe(false);
    keeper.close();
  });
});
