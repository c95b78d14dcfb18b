import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { closeSync, openSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { ContentRange } from "../../../src/rules/content-range.ts";
import type { DiskStore } from "../../../src/store/disk/disk-store.ts";
import { createMemoryStore } from "../../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../../src/store/removals.ts";
import { type NewResponse, type PartialFound, storedAs } from "../../../src/store/tier.ts";
import { serveKeeper } from "../../keeper/served.ts";
import { directoryForEachTest } from "../directory.ts";
import { bytesOf, createClock, newId, newResponse, policy, put, readBody, order } from "../samples.ts";

const size = 1_000_000;
const whole = bytesOf(size);
const { primaryKey } = newResponse();

const clock = createClock();
const directory = directoryForEachTest(clock);

interface Given {
  readonly previous?: PartialFound | null;
  readonly entry?: Partial<NewResponse>;
  readonly bytes?: Uint8Array;
}

async function begin(store: DiskStore, start: number, end: number, { previous, entry, bytes }: Given = {}) {
  const range: ContentRange = { start, end, size };
  const writer = await store.pieces.write(newResponse(entry), range, previous ?? null);
  for (let at = start; at < end; at += 70_001) {
    await writer.write((bytes ?? whole).subarray(at, Math.min(at + 70_001, end)));
  }
  return writer;
}

async function putPiece(
  store: DiskStore,
  start: number,
  end: number,
  given: Given = {},
): Promise<PartialFound> {
  const writer = await begin(store, start, end, given);
  const found = await writer.commit();
  writer.release();
  return found;
}

async function only(store: DiskStore): Promise<PartialFound> {
  const [found, ...others] = await store.pieces.find(primaryKey);
  expect(others).toEqual([]);
  if (found === undefined) throw new Error("no pieces are found");
  return found;
}

function parts(found: PartialFound): [number, number][] {
  return found.pieces.map(({ start, end }) => [start, end]);
}

/** Every held byte is the one it should be, and known to be. */
async function expectRight(store: DiskStore, found: PartialFound, right = whole): Promise<void> {
  expect(await store.pieces.confirm(found, [{ start: 0, end: size }])).toBe(true);
  const reader = await store.pieces.open(found);
  for (const { start, end } of found.pieces) {
    for (let at = start; at < end; ) {
      const bytes = await reader.read(at, Math.min(99_991, end - at));
      expect(Buffer.compare(bytes, right.subarray(at, at + bytes.byteLength))).toBe(0);
      at += bytes.byteLength;
    }
  }
  await reader.close();
}

async function untilComplete(store: DiskStore): Promise<void> {
  while ((await store.find(primaryKey)).length === 0) {
    await store.pieces.find(primaryKey);
    await new Promise(setImmediate);
  }
}

/** A file is closed, and its room given back, a moment after it was let go of. */
async function untilGone(): Promise<void> {
  while (directory.keep().futureSpace().files > 0) await new Promise(setImmediate);
}

function overwrite(path: string, position: number, byte: number): void {
  const file = openSync(path, "r+");
  writeSync(file, new Uint8Array([byte]), 0, 1, position);
  closeSync(file);
}

describe("pieces", () => {
  test("memory keeps none", () => {
    expect(
      createMemoryStore({ now: () => 0, removals: createRemovals(1), maxBytes: 1000, order, newId }).pieces,
    ).toBeNull();
  });

  test.each([
    ["one byte", 500, 501],
    ["the first block", 0, 65_536],
    ["a block and a byte", 7, 65_544],
    ["several blocks", 100_000, 900_001],
    ["the end", 999_999, 1_000_000],
  ])("%s is found where it belongs, and nothing else", async (_, start, end) => {
    const store = directory.open();
    const committed = await putPiece(store, start, end);
    const found = await only(store);
    expect(found).toEqual(committed);
    expect(found.response).toEqual(storedAs(newResponse(), found.response.id, size, expect.any(Number)));
    expect(parts(found)).toEqual([[start, end]]);
    await expectRight(store, found);
    expect(await store.find(primaryKey)).toEqual([]);
  });

  test("of one representation lie in one file, whose holes take no room", async () => {
    const store = directory.open();
    const first = await putPiece(store, 10, 20);
    const second = await putPiece(store, 500_000, 500_100, { previous: first });
    expect(second.response.id).toBe(first.response.id);
    expect(parts(await only(store))).toEqual([
      [10, 20],
      [500_000, 500_100],
    ]);
    await expectRight(store, await only(store));
    expect(directory.files()).toHaveLength(1);
    expect(statSync(first.path)).toMatchObject({ size });
    expect(statSync(first.path).blocks * 512).toBeLessThan(100_000);
    expect(store.totals().bytes).toBeLessThan(20_000);
  });

  test("that were begun at the same time, knowing nothing of each other, are joined", async () => {
    const [one, other] = [directory.open(), directory.open()];
    const writers = [
      await begin(one, 0, 300_000),
      await begin(other, 600_000, 900_000),
      await begin(one, 300_000, 400_000),
    ];
    for (const writer of writers) {
      await writer.commit();
      writer.release();
    }
    const found = await only(one);
    expect(parts(found)).toEqual([
      [0, 300_000],
      [300_000, 400_000],
      [600_000, 900_000],
    ]);
    await expectRight(other, found);
    await one.close();
    await other.close();
    expect(directory.files()).toHaveLength(1);
  });

  test("of which one finds that it belongs to the other's file leave no room granted that the worker does not know of", async () => {
    const store = directory.open({ maxFiles: 1024 });
    const writers = [await begin(store, 0, 300_000), await begin(store, 600_000, 900_000)];
    for (const writer of writers) {
      await writer.commit();
      writer.release();
    }
    // What was granted ahead is given back when nothing is taken.
    await (await begin(store, 0, 70_000, { entry: { primaryKey: "other" } })).abort();
    expect(directory.keep().futureSpace()).toEqual({ bytes: store.totals().bytes, files: 1 });
  });

  test("of another representation take the place of the old ones", async () => {
    const store = directory.open();
    const old = await putPiece(store, 0, 10);
    const entry = { policy: policy({ entityTag: '"2"' }) };
    const young = await putPiece(store, 20, 30, { previous: old, entry });
    expect(young.response.id).not.toBe(old.response.id);
    expect(parts(await only(store))).toEqual([[20, 30]]);
    await store.close();
    expect(directory.files()).toHaveLength(1);
  });

  test("without a strong validator are never joined", async () => {
    const store = directory.open();
    const entry = { policy: policy({ entityTag: 'W/"1"' }) };
    const old = await putPiece(store, 0, 10, { entry });
    await putPiece(store, 20, 30, { previous: old, entry });
    expect(parts(await only(store))).toEqual([[20, 30]]);
  });

  test("do not take the place of a complete response, which takes theirs", async () => {
    const store = directory.open();
    await putPiece(store, 0, 10);
    const { response } = await put(store);
    store.flush();
    expect(await store.pieces.find(primaryKey)).toEqual([]);
    const writer = await begin(store, 20, 30);
    await expect(writer.commit()).rejects.toMatchObject({ code: "OVERTAKEN" });
    expect((await store.find(primaryKey))[0]?.response).toEqual(response);
    await writer.abort();
    await store.close();
    expect(directory.files()).toHaveLength(0);
  });

  test("that came after a look-up which found nothing are found by the next one, whoever stored them", async () => {
    const [mine, other] = [directory.open(), directory.open()];
    for (const store of [mine, other]) {
      await mine.remove({ by: "all" });
      other.heed({ by: "all" }, mine.lastRemoval());
      expect(await mine.find(primaryKey)).toEqual([]);
      expect(await mine.pieces.find(primaryKey)).toEqual([]);
      expect(await mine.find(primaryKey)).toEqual([]);
      expect(await store.find(primaryKey)).toEqual([]);
      await putPiece(store, 0, 10);
      expect(await mine.find(primaryKey)).toEqual([]);
      expect(await mine.pieces.find(primaryKey)).toHaveLength(1);
    }
    await mine.remove({ by: "all" });
    await mine.find(primaryKey);
    await putPiece(mine, 0, 10);
    expect(await mine.pieces.find(primaryKey)).toHaveLength(1);
  });

  test("variants lie side by side, and a removal takes what it names", async () => {
    const store = directory.open();
    await putPiece(store, 0, 10, { entry: { variantKey: "a" } });
    clock.advance(1);
    await putPiece(store, 0, 10, { entry: { variantKey: "b" } });
    const found = await store.pieces.find(primaryKey);
    expect(found.map(({ response }) => response.variantKey)).toEqual(["b", "a"]);
    expect(await store.remove({ by: "variant", primaryKey, variantKey: "a" })).toBe(1);
    expect((await only(store)).response.variantKey).toBe("b");
  });

  test("on their way in are reached by a removal", async () => {
    const store = directory.open();
    const first = await putPiece(store, 0, 10);
    const writers = [await begin(store, 20, 30, { previous: first }), await begin(store, 20, 30)];
    await store.remove({ by: "key", primaryKey });
    for (const writer of writers) {
      await expect(writer.commit()).rejects.toMatchObject({ code: "OVERTAKEN" });
      await writer.abort();
    }
    expect(await store.pieces.find(primaryKey)).toEqual([]);
    await store.close();
    expect(directory.files()).toEqual([]);
  });

  test("are gone when their response was removed by another process", async () => {
    const [one, other] = [directory.open(), directory.open()];
    const first = await putPiece(one, 0, 10);
    const writer = await begin(one, 20, 30, { previous: first });
    await other.remove({ by: "all" });
    await expect(writer.commit()).rejects.toMatchObject({ code: "OVERTAKEN" });
    await writer.abort();
    expect(await one.pieces.find(primaryKey)).toEqual([]);
  });

  test("that were not committed leave nothing", async () => {
    const store = directory.open();
    await (await begin(store, 0, 200_000)).abort();
    expect(await store.pieces.find(primaryKey)).toEqual([]);
    expect(directory.files()).toEqual([]);
    const first = await putPiece(store, 0, 10);
    await (await begin(store, 20, 30, { previous: first })).abort();
    expect(parts(await only(store))).toEqual([[0, 10]]);
  });

  test("end where they are committed, but have a byte and no more than announced", async () => {
    const store = directory.open();
    const writer = await store.pieces.write(newResponse(), { start: 100, end: 200, size }, null);
    await writer.write(whole.subarray(100, 150));
    expect(parts(await writer.commit())).toEqual([[100, 150]]);
    writer.release();
    const long = await store.pieces.write(newResponse(), { start: 100, end: 200, size }, null);
    await expect(long.write(bytesOf(101))).rejects.toMatchObject({ code: "WRONG_SIZE" });
    await long.abort();
    const empty = await store.pieces.write(newResponse(), { start: 100, end: 200, size }, null);
    await expect(empty.commit()).rejects.toMatchObject({ code: "WRONG_SIZE" });
    await empty.abort();
  });

  test("are read back while they are written, and after", async () => {
    const store = directory.open();
    const writer = await begin(store, 100_000, 400_000);
    const read = async (offset: number) => Buffer.from(await writer.read(offset, 1000));
    const expected = (offset: number) => Buffer.from(whole.subarray(100_000 + offset, 101_000 + offset));
    expect(await read(0)).toEqual(expected(0));
    await writer.commit();
    await store.remove({ by: "all" });
    expect(await read(0)).toEqual(expected(0));
    expect(await read(299_000)).toEqual(expected(299_000));
    writer.release();
  });

  test("are freshened together", async () => {
    const store = directory.open();
    const { response } = await putPiece(store, 0, 10);
    clock.advance(10);
    const freshened = await store.pieces.freshen(
      response,
      [["a", "b"]],
      policy({ freshnessLifetime: 5 }),
      order.next(),
    );
    expect(freshened?.response).toMatchObject({ fields: [["a", "b"]], version: expect.any(Number) });
    expect(await only(store)).toEqual(freshened as PartialFound);
    await store.remove({ by: "all" });
    expect(await store.pieces.freshen(response, [], policy(), order.next())).toBeUndefined();
  });

  test("are found by another variant key once they were freshened so, and in place of those that had it", async () => {
    const store = directory.open();
    const { response } = await putPiece(store, 0, 10, { entry: { variantKey: "" } });
    await putPiece(store, 20, 30, { entry: { variantKey: "kind:a" } });
    const moved = await store.pieces.freshen(
      response,
      [],
      policy({ vary: ["kind"] }),
      order.next(),
      "kind:a",
    );
    expect(moved?.response).toMatchObject({ id: response.id, variantKey: "kind:a" });
    const found = await only(store);
    expect(found).toEqual(moved as PartialFound);
    expect(parts(found)).toEqual([[0, 10]]);
    await expectRight(store, found);
  });

  test("go when they would be found by the key of a complete response", async () => {
    const store = directory.open();
    const { response } = await putPiece(store, 0, 10, { entry: { variantKey: "" } });
    const complete = await put(store, { variantKey: "kind:a" }, bytesOf(10));
    store.flush();
    expect(await store.pieces.freshen(response, [], policy(), order.next(), "kind:a")).toBeUndefined();
    expect(await store.pieces.find(primaryKey)).toEqual([]);
    expect((await store.find(primaryKey)).map((found) => found.response)).toEqual([complete.response]);
  });

  test("make room when the bound is reached, and count what they hold", async () => {
    const store = directory.open({ maxBytes: 500_000 });
    for (let i = 0; i < 10; i++) {
      await putPiece(store, 0, 100_000, { entry: { primaryKey: `k${i}` } });
      expect(store.totals().bytes).toBeLessThanOrEqual(500_000);
    }
    await expect(
      store.pieces.write(newResponse(), { start: 0, end: 500_001, size }, null),
    ).rejects.toMatchObject({
      code: "TOO_LARGE",
    });
  });

  test("of more than half the bound are kept, and nothing goes for them that need not", async () => {
    const store = directory.open({ maxBytes: 1_000_000 });
    await putPiece(store, 0, 300_000, { entry: { primaryKey: "beside" } });
    await putPiece(store, 0, 600_000);
    expect(parts(await only(store))).toEqual([[0, 600_000]]);
    expect(await store.pieces.find("beside")).toHaveLength(1);
  });

  test("of more variants than are kept of one key: the oldest go, with their files", async () => {
    const store = directory.open({ maxVariantsPerKey: 3 });
    for (let i = 0; i < 5; i++) {
      await putPiece(store, 0, 10, { entry: { variantKey: `v${i}` } });
      clock.advance(1);
    }
    const found = await store.pieces.find(primaryKey);
    expect(found.map(({ response }) => response.variantKey)).toEqual(["v4", "v3", "v2"]);
    expect(directory.files()).toHaveLength(3);
  });

  test("whose row cannot be entered leave no file, and take no room", async () => {
    const store = directory.open();
    const before = directory.keep().futureSpace();
    const other = new Database(directory.index);
    other.run("CREATE TRIGGER full BEFORE INSERT ON responses BEGIN SELECT RAISE(ABORT, 'no room'); END");
    other.close();
    // More than a block: there is a file by then.
    const writer = await begin(store, 0, 100_000);
    await expect(writer.commit()).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT_TRIGGER" });
    writer.release();
    await untilGone();
    expect(directory.files()).toEqual([]);
    expect(directory.keep().futureSpace()).toEqual(before);
  });

  test("that were broken off, or refused, count with what they leave in a file that has others", async () => {
    const store = directory.open();
    const first = await putPiece(store, 0, 10);
    const taken = () => statSync(first.path).blocks * 512;
    await (await begin(store, 100_000, 500_000, { previous: first })).abort();
    expect(taken()).toBeGreaterThan(300_000);
    expect(store.totals().bytes).toBeGreaterThanOrEqual(taken());
    await putPiece(store, 600_000, 600_010, { previous: first });
    expect(store.totals().bytes).toBeGreaterThanOrEqual(taken());
    await store.remove({ by: "all" });
    expect(store.totals()).toEqual({ bytes: 0, objects: 0 });
  });

  test("beyond 256 of one response, that do not touch, are not kept", async () => {
    const store = directory.open();
    let previous = await putPiece(store, 0, 1);
    for (let i = 1; i < 256; i++) previous = await putPiece(store, 10 * i, 10 * i + 1, { previous });
    const writer = await begin(store, 5000, 5001, { previous });
    await expect(writer.commit()).rejects.toMatchObject({ code: "OVERTAKEN" });
    await writer.abort();
    expect((await only(store)).pieces).toHaveLength(256);
  });

  test("that touch become few", async () => {
    const store = directory.open();
    let previous = await putPiece(store, 0, 1000);
    for (let i = 1; i < 200; i++) previous = await putPiece(store, 1000 * i, 1000 * (i + 1), { previous });
    while ((await only(store)).pieces.length >= 64) await new Promise(setImmediate);
    const found = await only(store);
    expect(parts(found)[0]?.[0]).toBe(0);
    expect(found.pieces.at(-1)?.end).toBe(200_000);
    await expectRight(store, found);
    await store.close();
    await expectRight(directory.open(), found);
  });
});

describe("a response becomes complete", () => {
  test("when it came as one piece", async () => {
    const store = directory.open();
    await putPiece(store, 0, size);
    expect(await store.pieces.find(primaryKey)).toEqual([]);
    const [found] = await store.find(primaryKey);
    expect(found?.response).toMatchObject({ size, status: 200 });
    expect(await store.confirm(found as Awaited<ReturnType<DiskStore["find"]>>[number])).toBe(true);
  });

  test("when its pieces are all there, in whatever order they came and however they overlap", async () => {
    const store = directory.open();
    let previous = await putPiece(store, 500_000, 800_000);
    previous = await putPiece(store, 0, 100_000, { previous });
    previous = await putPiece(store, 799_000, size, { previous });
    await putPiece(store, 50_000, 600_000, { previous });
    await untilComplete(store);
    const [found] = await store.find(primaryKey);
    if (found === undefined) throw new Error("not found");
    expect(Buffer.compare(await readBody(found), whole)).toBe(0);
    expect(await store.pieces.find(primaryKey)).toEqual([]);
    expect(store.totals()).toMatchObject({ objects: 1 });
    expect(store.totals().bytes).toBeGreaterThan(size);
    await store.close();
    const reopened = directory.open();
    const [again] = await reopened.find(primaryKey);
    expect(again && (await reopened.read(again))).toEqual(whole);
    expect(reopened.troubles).toEqual([]);
  });

  test("by the pieces of several processes", async () => {
    const [one, other] = [directory.open(), directory.open()];
    const first = await putPiece(one, 0, 400_000);
    const writers = [
      await begin(one, 400_000, 700_000, { previous: first }),
      await begin(other, 700_000, size, { previous: first }),
    ];
    for (const writer of writers) {
      await writer.commit();
      writer.release();
    }
    await untilComplete(one);
    await untilComplete(other);
    const [found] = await other.find(primaryKey);
    expect(found && (await other.read(found))).toEqual(whole);
  });
});

describe("processes killed while they store pieces", () => {
  test("leave only right bytes, and orphans that are swept", async () => {
    const index = directory.keep();
    const served = serveKeeper(directory.path, index);
    const script = join(import.meta.dir, "../piece-process.ts");
    const processes = [0, 1, 2].map((i) =>
      Bun.spawn([process.execPath, script, directory.path, `${i}`], { stdout: "ignore", stderr: "ignore" }),
    );
    while (index.totals().objects < 6) await new Promise(setImmediate);
    for (const one of processes) one.kill("SIGKILL");
    await Promise.all(processes.map((one) => one.exited));
    while (served.visits.filter((visit) => visit === "left").length < 3) await new Promise(setImmediate);
    await served.leave();
    expect(index.futureSpace().bytes).toBe(index.totals().bytes);

    clock.advance(Date.now() - clock.now() + 10_000);
    await index.sweepOrphans(clock.now());
    const { objects } = index.totals();
    expect(directory.files()).toHaveLength(objects);
    const store = directory.open();
    let seen = 0;
    let complete = 0;
    for (let k = 0; seen < objects; k++) {
      const right = bytesOf(size, k);
      for (const found of await store.pieces.find(`k${k}`)) {
        seen++;
        await expectRight(store, found, right);
      }
      for (const found of await store.find(`k${k}`)) {
        seen++;
        complete++;
        expect(Buffer.compare((await store.read(found)) ?? bytesOf(0), right)).toBe(0);
      }
    }
    expect(complete).toBeGreaterThan(0);
    expect([...served.troubles, ...store.troubles]).toEqual([]);
  }, 60_000);
});

test("who looks sees the pieces that are held, and none that are not", async () => {
  const store = directory.open();
  await putPiece(store, 100, 300_000);
  expect(await store.pieces.look(primaryKey)).toEqual([...(await store.pieces.find(primaryKey))]);
  expect(await store.pieces.look("/other a.example")).toEqual([]);
});

describe("a piece is not used when", () => {
  async function stored(): Promise<PartialFound> {
    const store = directory.open();
    const first = await putPiece(store, 100, 300_000);
    const found = await putPiece(store, 500_000, 600_000, { previous: first });
    await store.close();
    return found;
  }

  test("a byte of it was changed; another is, as long as it is not asked for", async () => {
    const { path } = await stored();
    overwrite(path, 200_000, (whole[200_000] ?? 0) ^ 1);
    const store = directory.open();
    const found = await only(store);
    expect(await store.pieces.confirm(found, [{ start: 500_000, end: 500_001 }])).toBe(true);
    expect(await store.pieces.confirm(found, [{ start: 0, end: 1000 }])).toBe(false);
    expect(store.troubles).toEqual(["WRONG_CHECKSUM"]);
    expect(await store.pieces.find(primaryKey)).toEqual([]);
  });

  test("bytes beside it were changed: it is used", async () => {
    const { path } = await stored();
    overwrite(path, 400_000, 7);
    const store = directory.open();
    await expectRight(store, await only(store));
  });

  test.each([
    ["is cut", (path: string) => truncateSync(path, 250_000), "WRONG_SIZE"],
    ["is gone", (path: string) => rmSync(path), "MISSING_BODY"],
  ] as const)("its file %s", async (_, spoil, code) => {
    const { path } = await stored();
    spoil(path);
    const store = directory.open();
    expect(await store.pieces.find(primaryKey)).toEqual([]);
    expect(store.troubles).toEqual([code]);
    store.flush();
    expect(store.totals().objects).toBe(0);
  });

  test("it was damaged before the others were there: no complete response is made of it", async () => {
    const first = await stored();
    overwrite(first.path, 150, (whole[150] ?? 0) ^ 1);
    const store = directory.open();
    let previous = await putPiece(store, 0, 100, { previous: first });
    previous = await putPiece(store, 300_000, 500_000, { previous });
    await putPiece(store, 600_000, size, { previous });
    while (store.troubles.length === 0) await new Promise(setImmediate);
    expect(store.troubles).toEqual(["WRONG_CHECKSUM"]);
    expect(await store.find(primaryKey)).toEqual([]);
    expect(await store.pieces.find(primaryKey)).toEqual([]);
  });
});
