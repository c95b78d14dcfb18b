import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DiskFound } from "../../src/store/disk/disk-found.ts";
import { formatFolder } from "../../src/store/disk/index-format.ts";
import { directoryForEachTest } from "../store/directory.ts";
import {
  order,
  bytesOf,
  createClock,
  inFile,
  newResponse,
  pathOf,
  policy,
  put,
  readBody,
} from "../store/samples.ts";
import { keysIn } from "./batches.ts";

const clock = createClock();
const directory = directoryForEachTest(clock);

describe("what the keeper does", () => {
  test("totals follow what is stored, replaced, freshened and removed", async () => {
    const keeper = directory.keep();
    const store = directory.open();
    const stored = async (changes: Parameters<typeof put>[1], length: number) => {
      const found = await put(store, changes, bytesOf(length));
      store.flush();
      return found;
    };
    const { response } = await stored({}, 70_000);
    const first = keeper.totals();
    expect(first.objects).toBe(1);
    expect(first.bytes).toBeGreaterThan(73_728);
    await stored({ variantKey: "other" }, 70_000);
    expect(keeper.totals().objects).toBe(2);
    await store.freshen(response, [["x", "y".repeat(1000)]], policy(), order.next());
    store.flush();
    const freshened = keeper.totals();
    expect(freshened.bytes).toBeGreaterThan(2 * first.bytes + 900);
    await stored({ variantKey: "other" }, 100_000);
    expect(keeper.totals().objects).toBe(2);
    expect(keeper.totals().bytes - freshened.bytes).toBe(102_400 - 73_728);
    await store.remove({ by: "all" });
    expect(keeper.totals()).toEqual({ bytes: 0, objects: 0 });
  });

  test("candidates: first what is stale without a validator, then what is oldest and unused; the used last", async () => {
    const keeper = directory.keep();
    const store = directory.open();
    const noValidator = (freshnessLifetime: number) => policy({ entityTag: null, freshnessLifetime });
    const names = new Map<string, string>();
    const add = async (name: string, entryPolicy = policy()) => {
      const { response } = await put(store, { primaryKey: name, policy: entryPolicy });
      names.set(response.id, name);
    };
    await add("used");
    await add("old");
    await add("fresh without validator", noValidator(3600));
    await add("spent later", noValidator(50));
    await add("spent first", noValidator(10));
    await add("stale with validator", policy({ freshnessLifetime: 1 }));
    await store.find("used");
    store.flush();
    clock.advance(60_000);
    const candidates = (bytes: number) =>
      keeper.evictionCandidates({ bytes, files: 0 }).map((id) => names.get(id));
    expect(candidates(1)).toEqual(["spent first"]);
    expect(candidates(Infinity)).toEqual([
      "spent first",
      "spent later",
      "old",
      "fresh without validator",
      "stale with validator",
      "used",
    ]);
  });

  test("asked again, the hand goes on where it was, and spares what was used since", async () => {
    const keeper = directory.keep();
    const store = directory.open();
    const names = new Map<string, string>();
    for (const name of "abcdef") {
      const { response } = await put(store, { primaryKey: name });
      names.set(response.id, name);
    }
    await store.find("a");
    store.flush();
    const next = () => {
      const ids = keeper.evictionCandidates({ bytes: 1, files: 0 });
      keeper.deleteRows(ids);
      return ids.map((id) => names.get(id)).join("");
    };
    expect([next(), next()]).toEqual(["b", "c"]);
    await store.find("d");
    store.flush();
    expect([next(), next(), next(), next(), next()]).toEqual(["e", "f", "a", "d", ""]);
    expect(keeper.totals()).toEqual({ bytes: 0, objects: 0 });
  });

  test("deleted rows are gone with their bodies; those unknown are not counted", async () => {
    const keeper = directory.keep();
    const store = directory.open();
    const { response } = await put(store);
    store.flush();
    expect(keeper.deleteRows([response.id, "unknown", response.id])).toBe(1);
    expect(await store.find(response.primaryKey)).toEqual([]);
    directory.endKeeper();
    expect(directory.files()).toEqual([]);
  });

  test("folders of older formats are removed, those of newer ones and other things are not", async () => {
    const { troubles } = directory.open();
    const keeper = directory.keep();
    for (const name of ["v1/bodies", "v4", "v9", "vault"])
      mkdirSync(join(directory.path, name), { recursive: true });
    expect(await keeper.sweepOrphans(clock.now() - 60_000)).toBe(2);
    expect(readdirSync(directory.path).sort()).toEqual([formatFolder, "v9", "vault"].sort());
    expect(troubles).toEqual([]);
  });

  test("a checkpoint moves the log into the database while others read and write", async () => {
    const keeper = directory.keep();
    const store = directory.open();
    for (let i = 0; i < 100; i++) await put(store, { primaryKey: `k${i}` });
    store.flush();
    const before = statSync(directory.index).size;
    keeper.checkpoint();
    expect(statSync(directory.index).size).toBeGreaterThan(before);
    expect(await store.find("k99")).toHaveLength(1);
  });

  test("the sweep removes old files without a row and rows without a file, and nothing else", async () => {
    const keeper = directory.keep();
    const store = directory.open();
    const kept = (await put(store, { primaryKey: "kept" }, inFile)) as DiskFound;
    const lost = (await put(store, { primaryKey: "lost" }, inFile)) as DiskFound;
    store.flush();
    const writer = await store.write(newResponse({ primaryKey: "under way" }));
    await writer.write(bytesOf(100_000));
    const root = dirname(directory.index);
    const age = (path: string, seconds: number) => {
      const at = clock.now() / 1000 - seconds;
      utimesSync(path, at, at);
    };
    for (const [name, seconds] of [
      ["old", 100],
      ["young", 5],
    ] as const) {
      for (const folder of ["tmp", dirname(pathOf(kept)).slice(root.length + 1)]) {
        writeFileSync(join(root, folder, name), "orphan");
        age(join(root, folder, name), seconds);
      }
    }
    age(pathOf(kept), 1000);
    rmSync(pathOf(lost));
    const before = new Set(directory.files());
    expect(await keeper.sweepOrphans(clock.now() - 60_000)).toBe(3);
    const removed = [...before].filter((name) => !directory.files().includes(name));
    expect(removed.map((name) => name.split("/").at(-1))).toEqual(["old", "old"]);
    expect((await readBody(kept)).byteLength).toBe(inFile.byteLength);
    expect(keysIn(keeper)).toEqual(["kept"]);
    await writer.commit();
    writer.release();
    expect(store.troubles).toEqual([]);
  });
});
