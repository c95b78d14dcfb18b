import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatFolder } from "../../src/store/disk/body-files.ts";
import type { DiskFound } from "../../src/store/disk/disk-store.ts";
import { type Index, type IndexOptions, openIndex } from "../../src/keeper/index.ts";
import { spentAt } from "../../src/keeper/eviction.ts";
import { directoryForEachTest } from "../store/directory.ts";
import {
  bytesOf,
  collectTrouble,
  createClock,
  inFile,
  newResponse,
  pathOf,
  policy,
  put,
  readBody,
} from "../store/samples.ts";

const processScript = join(import.meta.dir, "../store/store-process.ts");

const clock = createClock();
const opened: Index[] = [];
afterEach(() => {
  for (const index of opened.splice(0)) index.close();
});
const directory = directoryForEachTest(clock);

function openAs(role: IndexOptions["role"]): Index & { troubles: string[]; messages: string[] } {
  const { codes, messages, onTrouble } = collectTrouble();
  const index = openIndex({ directory: directory.path, role, now: clock.now, onTrouble });
  opened.push(index);
  return { ...index, troubles: codes, messages };
}

function close(index: Index): void {
  const at = opened.findIndex((one) => one.bodies === index.bodies);
  opened.splice(at, 1);
  index.close();
}

function damagedNames(): string[] {
  return readdirSync(dirname(directory.index)).filter((name) => name.includes(".damaged-"));
}

describe("opening the index", () => {
  /** Makes an index with one response in it, then closes everything. */
  async function seed(closeCleanly: boolean): Promise<void> {
    const keeper = openAs("keeper");
    const store = directory.open();
    await put(store);
    await store.close();
    if (closeCleanly) close(keeper);
    else {
      // As a process that was killed leaves it: no mark, the log in its place.
      keeper.bodies.close();
    }
  }

  function overwrite(bytes: Uint8Array | string): void {
    mkdirSync(dirname(directory.index), { recursive: true });
    writeFileSync(directory.index, bytes);
  }

  const damages: [string, () => Promise<void> | void, string][] = [
    [
      "is not SQLite",
      () => overwrite("this is no database, and it is long enough to be read as one".repeat(20)),
      "SQLITE_NOTADB",
    ],
    [
      "is another program's database",
      () => {
        mkdirSync(dirname(directory.index), { recursive: true });
        const other = new Database(directory.index);
        other.run("CREATE TABLE theirs (x)");
        other.close();
      },
      "FOREIGN_INDEX",
    ],
    [
      "has another version",
      async () => {
        await seed(true);
        const index = new Database(directory.index);
        index.run("PRAGMA user_version = 99");
        index.close();
      },
      "FOREIGN_INDEX",
    ],
    [
      "was cut",
      async () => {
        await seed(true);
        overwrite(readFileSync(directory.index).subarray(0, 5000));
      },
      "SQLITE_CORRUPT",
    ],
    ...["DROP TABLE state", "DROP TABLE removals", "ALTER TABLE responses DROP COLUMN fields"].map(
      (change): [string, () => Promise<void>, string] => [
        `has other tables: ${change}`,
        async () => {
          await seed(true);
          const index = new Database(directory.index);
          index.run(change);
          index.close();
        },
        "FOREIGN_INDEX",
      ],
    ),
  ];

  test.each(damages)(
    "one that %s is set aside by the keeper, told, and an empty one begun",
    async (_, damage, code) => {
      await damage();
      const original = readFileSync(directory.index);
      const keeper = openAs("keeper");
      expect(keeper.troubles).toEqual([code]);
      expect(keeper.messages[0]).toContain(`index.sqlite.damaged-${clock.now()}`);
      expect(keeper.totals()).toEqual({ bytes: 0, objects: 0 });
      expect(damagedNames()).toContain(`index.sqlite.damaged-${clock.now()}`);
      expect(
        Buffer.compare(readFileSync(join(dirname(directory.index), damagedNames()[0] as string)), original),
      ).toBe(0);
      const store = directory.open();
      await put(store);
      store.flush();
      expect(keeper.totals().objects).toBe(1);
    },
  );

  test.each(damages)(
    "one that %s is an error to a worker, which leaves it alone",
    async (_, damage, code) => {
      await damage();
      expect(() => openAs("worker")).toThrow(expect.objectContaining({ name: "StoreError", code }));
      expect(damagedNames()).toEqual([]);
    },
  );

  test("it tells whether the end was orderly, and what is damaged within, and sets that aside when told to", async () => {
    const keeper = openAs("keeper");
    expect([keeper.wasClosedCleanly, keeper.damage()]).toEqual([true, undefined]);
    const store = directory.open();
    for (let i = 0; i < 200; i++) await put(store, { primaryKey: `k${i}` });
    await store.close();
    close(keeper);
    const bytes = readFileSync(directory.index);
    // A page of some table or index, not the first ones that opening reads anyway.
    bytes.fill(0xff, bytes.byteLength - 4096 * 3, bytes.byteLength - 4096 * 2);
    writeFileSync(directory.index, bytes);
    expect(openAs("keeper").wasClosedCleanly).toBe(true);
    // Killed: no mark. What follows is another process, so the file's lock does not matter here.
    const second = openAs("keeper");
    expect(second.wasClosedCleanly).toBe(false);
    const damage = second.damage();
    expect(damage).toContain("quick_check");
    close(second);

    const { codes, onTrouble } = collectTrouble();
    for (const knownDamage of [damage, "and again"]) {
      clock.advance(1);
      const anew = openIndex({
        directory: directory.path,
        role: "keeper",
        now: clock.now,
        onTrouble,
        knownDamage,
      });
      expect(anew.totals()).toEqual({ bytes: 0, objects: 0 });
      anew.close();
    }
    expect(codes).toEqual(["SQLITE_CORRUPT", "SQLITE_CORRUPT"]);
    // Of those set aside the last one is kept.
    expect(damagedNames()).toEqual([`index.sqlite.damaged-${clock.now()}`]);
  });

  test("the log of a damaged index goes with it, and is not replayed into the new one", async () => {
    const killed = openAs("keeper");
    const store = directory.open();
    for (let i = 0; i < 100; i++) await put(store, { primaryKey: `k${i}` });
    store.flush();
    killed.checkpoint();
    await put(store, { primaryKey: "in the log" });
    store.flush();
    expect(statSync(`${directory.index}-wal`).size).toBeGreaterThan(0);
    overwrite("no database".repeat(1000));

    const keeper = openAs("keeper");
    expect(keeper.troubles).toHaveLength(1);
    expect(keeper.totals()).toEqual({ bytes: 0, objects: 0 });
    expect(keeper.find("in the log")).toEqual([]);
    expect(damagedNames()).toContain(`index.sqlite.damaged-${clock.now()}-wal`);
  });

  test("what was committed before an unclean stop is there after it", async () => {
    await seed(false);
    const keeper = openAs("keeper");
    expect(keeper.troubles).toEqual([]);
    expect(keeper.find(newResponse().primaryKey)).toHaveLength(1);
  });

  test("processes that race to open a new directory all succeed, and all that they store is there", async () => {
    const processes = Array.from({ length: 6 }, (_, i) =>
      Bun.spawn([process.execPath, processScript, directory.path, `p${i}`, "20"], { stderr: "inherit" }),
    );
    for (const one of processes) {
      expect(await new Response(one.stdout).text()).toBe("open\nstored\n");
      expect(await one.exited).toBe(0);
    }
    const keeper = openAs("keeper");
    expect(keeper.troubles).toEqual([]);
    expect(keeper.totals().objects).toBe(120);
  }, 30_000);

  test("processes killed while they store leave only whole responses, and orphans that are swept", async () => {
    const processes = Array.from({ length: 3 }, (_, i) =>
      Bun.spawn([process.execPath, processScript, directory.path, `p${i}`, "100000"], { stdout: "ignore" }),
    );
    const lengthOf = (i: number) => 100 + (i % 7) * 30_000;
    const keeper = openAs("keeper");
    // Other processes, which are to be killed in the middle of whatever they do: only the index tells how far they are.
    while (keeper.totals().objects < 150) await Bun.sleep(1);
    for (const one of processes) one.kill("SIGKILL");
    await Promise.all(processes.map((one) => one.exited));

    clock.advance(Date.now() - clock.now() + 10_000);
    await keeper.sweepOrphans(clock.now());
    const { objects } = keeper.totals();
    const files = directory.files().length;
    const store = directory.open();
    let whole = 0;
    let wholeInFiles = 0;
    for (let p = 0; p < 3; p++) {
      for (let i = 0; ; i++) {
        const [found] = (await store.find(`p${p}/${i}`)) as DiskFound[];
        if (found === undefined) break;
        expect(Buffer.compare(await readBody(found), bytesOf(lengthOf(i), i))).toBe(0);
        whole++;
        if (found.body.kind === "file") wholeInFiles++;
      }
    }
    expect([whole, wholeInFiles]).toEqual([objects, files]);
    expect([...keeper.troubles, ...store.troubles]).toEqual([]);
  }, 30_000);
});

describe("what the keeper does", () => {
  test("totals follow what is stored, replaced, freshened and removed", async () => {
    const keeper = openAs("keeper");
    const store = directory.open();
    const stored = async (changes: Parameters<typeof put>[1], length: number) => {
      const found = await put(store, changes, bytesOf(length));
      store.flush();
      return found;
    };
    const { response } = await stored({}, 20_000);
    const first = keeper.totals();
    expect(first.objects).toBe(1);
    expect(first.bytes).toBeGreaterThan(20_480);
    await stored({ variantKey: "other" }, 20_000);
    expect(keeper.totals().objects).toBe(2);
    await store.freshen(response, [["x", "y".repeat(1000)]], policy());
    store.flush();
    const freshened = keeper.totals();
    expect(freshened.bytes).toBeGreaterThan(2 * first.bytes + 900);
    await stored({ variantKey: "other" }, 50_000);
    expect(keeper.totals().objects).toBe(2);
    expect(keeper.totals().bytes - freshened.bytes).toBe(53_248 - 20_480);
    await store.remove({ by: "all" });
    expect(keeper.totals()).toEqual({ bytes: 0, objects: 0 });
  });

  test("candidates: first what is stale without a validator, then what is oldest and unused; the used last", async () => {
    const keeper = openAs("keeper");
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
    const keeper = openAs("keeper");
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
    const keeper = openAs("keeper");
    const store = directory.open();
    const { response } = await put(store);
    store.flush();
    expect(keeper.deleteRows([response.id, "unknown", response.id])).toBe(1);
    expect(await store.find(response.primaryKey)).toEqual([]);
    close(keeper);
    expect(directory.files()).toEqual([]);
  });

  test("folders of older formats are removed, those of newer ones and other things are not", async () => {
    const keeper = openAs("keeper");
    for (const name of ["v1/bodies", "v9", "vault"])
      mkdirSync(join(directory.path, name), { recursive: true });
    expect(await keeper.sweepOrphans(clock.now() - 60_000)).toBe(1);
    expect(readdirSync(directory.path).sort()).toEqual([formatFolder, "v9", "vault"].sort());
    expect(keeper.troubles).toEqual([]);
  });

  test("a checkpoint moves the log into the database while others read and write", async () => {
    const keeper = openAs("keeper");
    const store = directory.open();
    for (let i = 0; i < 100; i++) await put(store, { primaryKey: `k${i}` });
    store.flush();
    const before = statSync(directory.index).size;
    keeper.checkpoint();
    expect(statSync(directory.index).size).toBeGreaterThan(before);
    expect(await store.find("k99")).toHaveLength(1);
  });

  test("the sweep removes old files without a row and rows without a file, and nothing else", async () => {
    const keeper = openAs("keeper");
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
    expect(keeper.find("lost")).toEqual([]);
    await writer.commit();
    writer.release();
    expect(keeper.troubles).toEqual([]);
  });
});

describe("spentAt: from when on a response can serve nobody", () => {
  const at = policy().responseAt;
  test.each([
    ["with an entity tag: never", {}, null],
    ["with Last-Modified: never", { entityTag: null, lastModifiedAt: at }, null],
    ["its lifetime less its age when it came", { entityTag: null, correctedInitialAge: 20 }, at + 40_000],
    [
      "and the longer window of RFC 5861",
      { entityTag: null, staleWhileRevalidateWindow: 5, staleIfErrorWindow: 9 },
      at + 69_000,
    ],
  ])("%s", (_, changes, expected) => {
    expect(spentAt(policy(changes))).toBe(expected as number | null);
  });
});
