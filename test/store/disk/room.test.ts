import { Database } from "bun:sqlite";
import { beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DiskStore } from "../../../src/store/disk/disk-store.ts";
import { createRoom, grainFor, type Room } from "../../../src/store/disk/room.ts";
import { StoreError, type Writer } from "../../../src/store/tier.ts";
import { createFakeClock } from "../../supervisor/fake-clock.ts";
import { directoryForEachTest } from "../directory.ts";
import { bytesOf, createClock, inFile, newResponse, pathOf, put, putFew } from "../samples.ts";

const kilobyte = 1024;
const megabyte = kilobyte * kilobyte;

const { primaryKey } = newResponse();
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
    await store.close();
    expect(directory.keep().futureSpace()).toEqual({ bytes: 0, files: 0 });
  });
});

test.each([
  ["in its row", bytesOf(100)],
  ["in a file", inFile],
])("a body %s whose row cannot be entered is dropped, which is told, and takes no room", async (_, body) => {
  const store = directory.open();
  const index = new Database(directory.index);
  index.run("CREATE TRIGGER full BEFORE INSERT ON responses BEGIN SELECT RAISE(ABORT, 'no room'); END");
  // So often that the grain of what is granted hides nothing.
  for (let i = 0; i < 10; i++) {
    await put(store, {}, body);
    await store.published();
    expect(await store.find(primaryKey)).toEqual([]);
    clock.advance(1000);
  }
  expect(store.troubles).toEqual(Array.from({ length: 10 }, () => "SQLITE_CONSTRAINT_TRIGGER"));
  expect(onDisk()).toEqual({ bytes: 0, files: 0 });
  expect(index.query("SELECT bytes, objects, files FROM state").values()).toEqual([[0, 0, 0]]);
  index.close();
  // What is granted and not needed yet.
  expect(directory.keep().futureSpace().bytes).toBeLessThanOrEqual(grainFor(64 * megabyte, Infinity).bytes);
});

test("a body in a file is nobody's when there is no index to enter it in", async () => {
  const store = directory.open();
  await putFew(store);
  directory.endKeeper();
  await put(store, {}, bytesOf(60_000));
  expect(store.troubles).toEqual([]);
  await store.published();
  expect(store.troubles).toEqual(["INDEX_ABSENT"]);
  expect(directory.files()).toEqual([]);
  await expect(put(store, {}, inFile)).rejects.toMatchObject({ name: "StoreError", code: "INDEX_ABSENT" });
  expect(directory.files()).toEqual([]);
});

describe("room", () => {
  const grain = { bytes: 100, files: 10 };
  type Asked = { readonly bytes: number; readonly files: number };
  let asked: Asked[];
  let given: Asked[];
  let answers: ((isGranted: boolean) => void)[];
  let room: Room;
  beforeEach(() => {
    [asked, given, answers] = [[], [], []];
    room = createRoom(
      {
        grant(space) {
          asked.push(space);
          return new Promise((resolve) => answers.push(resolve));
        },
        giveBack: (space) => void given.push(space),
      },
      grain,
    );
  });

  async function granted(bytes: number, files: number): Promise<void> {
    const taking = room.reserve(bytes, files);
    await turn();
    answers.shift()?.(true);
    await taking;
  }

  test("is asked for a grain at a time, and what was granted is there at once", async () => {
    await granted(30, 1);
    expect(room.reserve(70, 9)).toBeUndefined();
    expect(asked).toEqual([{ bytes: 100, files: 10 }]);
    await granted(110, 0);
    expect(asked.at(-1)).toEqual({ bytes: 200, files: 0 });
    expect(room.granted).toEqual({ bytes: 300, files: 10 });
  });

  test("that another asks for is not there before it is granted, and not at all when it is refused", async () => {
    const [one, other] = [room.reserve(30, 1), room.reserve(30, 1)];
    await turn();
    expect(asked).toHaveLength(1);
    answers.shift()?.(false);
    await expect(one).rejects.toMatchObject({ name: "StoreError", code: "NO_ROOM" });
    await turn();
    expect(asked).toHaveLength(2);
    answers.shift()?.(true);
    await other;
    expect(room.granted).toEqual({ bytes: 100, files: 10 });
    expect(room.reserve(70, 9)).toBeUndefined();
  });

  test("that another was granted is enough for those who wait", async () => {
    const takings = [room.reserve(30, 1), room.reserve(30, 1), room.reserve(40, 8)];
    await turn();
    answers.shift()?.(true);
    await Promise.all(takings);
    expect(asked).toHaveLength(1);
  });

  test("is asked for again when the keeper could not be asked", async () => {
    const away = createRoom(
      { grant: () => Promise.reject(new StoreError("KEEPER_AWAY", "")), giveBack: () => undefined },
      grain,
    );
    for (let i = 0; i < 2; i++)
      await expect(away.reserve(1, 1)).rejects.toMatchObject({ code: "KEEPER_AWAY" });
    expect(away.granted).toEqual({ bytes: 0, files: 0 });
  });

  test("is asked for once more when others have taken at once what was left of it", async () => {
    await granted(100, 1);
    room.release(40, 0);
    const large = room.reserve(140, 0);
    await turn();
    expect(room.reserve(40, 0)).toBeUndefined();
    answers.shift()?.(true);
    await turn();
    answers.shift()?.(true);
    await large;
    expect(asked).toEqual([
      { bytes: 100, files: 10 },
      { bytes: 100, files: 0 },
      { bytes: 100, files: 0 },
    ]);
    room.commit(240, 1);
    expect(room.granted).toEqual({ bytes: 60, files: 9 });
  });

  test("is given back when it is not needed any more, by the grain", async () => {
    await granted(250, 1);
    room.release(10, 0);
    expect(given).toEqual([]);
    room.release(200, 0);
    expect(given).toEqual([{ bytes: 200, files: 0 }]);
    room.release(40, 1);
    expect(given.at(-1)).toEqual({ bytes: 100, files: 10 });
    expect(room.granted).toEqual({ bytes: 0, files: 0 });
  });

  test("goes with what is handed over, and comes back with what has not arrived", async () => {
    await granted(100, 1);
    room.commit(60, 1);
    expect(room.granted).toEqual({ bytes: 40, files: 9 });
    room.reclaim(60, 1);
    expect(room.granted).toEqual({ bytes: 100, files: 10 });
    expect(given).toEqual([]);
    room.release(100, 1);
    expect(room.granted).toEqual({ bytes: 0, files: 0 });
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

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
    const ended = Bun.spawnSync(["true"]).pid;
    const index = directory.keep();
    const folder = index.bodies.temporaryFolder;
    const writer = await begin(directory.open(), "k", 200_000);
    const before = index.futureSpace();
    const killed = directory.desks.open();
    expect(await killed.grant({ bytes: 1_000_000, files: 1 })).toBe(true);
    writeFileSync(join(folder, `half.${ended}`), "half");
    killed.close();
    expect(index.futureSpace()).toEqual(before);
    index.discardEnded();
    expect(readdirSync(folder)).toHaveLength(1);
    await finish(writer);
  });

  test("of an earlier run leaves nothing after the first sweep, however young it is", async () => {
    const store = directory.open();
    const orphan = `${pathOf(await put(store, {}, inFile))}x`;
    await store.close();
    writeFileSync(orphan, "no row");
    utimesSync(orphan, new Date(), new Date(clock.now() - 1));
    expect(await directory.keep().sweepOrphans(clock.now())).toBe(1);
    expect(existsSync(orphan)).toBe(false);
  });
});
