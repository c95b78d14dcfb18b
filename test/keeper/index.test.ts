import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Index, openIndex } from "../../src/keeper/index.ts";
import { type IndexReader, openIndexReader } from "../../src/store/disk/index-reader.ts";
import { StoreError } from "../../src/store/tier.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { collectTrouble, createClock } from "../store/samples.ts";
import { batchOf, keysIn, newRow } from "./batches.ts";

const clock = createClock();
const opened = new Set<Index>();
afterEach(() => {
  for (const index of opened) index.close();
  opened.clear();
});
const directory = directoryForEachTest(clock);

function open(knownDamage?: string): Index & { troubles: string[]; messages: string[] } {
  const { codes, messages, onTrouble } = collectTrouble();
  const options = { directory: directory.path, now: clock.now, seed: 1, onTrouble, knownDamage };
  const index = { ...openIndex(options), troubles: codes, messages };
  opened.add(index);
  return index;
}

function close(index: Index): void {
  opened.delete(index);
  index.close();
}

/** As a keeper that was killed leaves it: no mark, the log in its place. */
function kill(index: Index): void {
  opened.delete(index);
  index.bodies.close();
}

function damagedNames(): string[] {
  return readdirSync(dirname(directory.index)).filter((name) => name.includes(".damaged-"));
}

test("a body that is being sent while its index is replaced stays until its removal is due", () => {
  const due: (() => void)[] = [];
  const { onTrouble } = collectTrouble();
  const after = (_: number, run: () => void) => {
    due.push(run);
    return () => undefined;
  };
  const index = openIndex({ directory: directory.path, now: clock.now, seed: 1, onTrouble, after });
  const path = index.bodies.path("00000000000000000000000000000001");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "body");
  index.bodies.dispose(["00000000000000000000000000000001"]);
  index.leave();
  expect(existsSync(path)).toBe(true);
  for (const run of due.splice(0)) run();
  for (const run of due.splice(0)) run();
  expect(existsSync(path)).toBe(false);
});

describe("opening the index", () => {
  /** Makes an index with one response in it. */
  function seed(): Index {
    const index = open();
    index.commit(batchOf([newRow()]));
    return index;
  }

  function overwrite(bytes: Uint8Array | string): void {
    mkdirSync(dirname(directory.index), { recursive: true });
    writeFileSync(directory.index, bytes);
  }

  const damages: [string, () => void, string][] = [
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
      () => {
        close(seed());
        const index = new Database(directory.index);
        index.run("PRAGMA user_version = 99");
        index.close();
      },
      "FOREIGN_INDEX",
    ],
    [
      "was cut",
      () => {
        close(seed());
        overwrite(readFileSync(directory.index).subarray(0, 5000));
      },
      "SQLITE_CORRUPT",
    ],
    ...["DROP TABLE state", "DROP TABLE tags", "ALTER TABLE responses DROP COLUMN fields"].map(
      (change): [string, () => void, string] => [
        `has other tables: ${change}`,
        () => {
          close(seed());
          const index = new Database(directory.index);
          index.run(change);
          index.close();
        },
        "FOREIGN_INDEX",
      ],
    ),
  ];

  test.each(damages)("one that %s is set aside, told, and an empty one begun", (_, damage, code) => {
    damage();
    const original = readFileSync(directory.index);
    const index = open();
    expect(index.troubles).toEqual([code]);
    expect(index.messages[0]).toContain(`index.sqlite.damaged-${clock.now()}`);
    expect(index.totals()).toEqual({ bytes: 0, objects: 0 });
    const [aside = ""] = damagedNames();
    expect(aside).toBe(`index.sqlite.damaged-${clock.now()}`);
    expect(Buffer.compare(readFileSync(join(dirname(directory.index), aside)), original)).toBe(0);
    index.commit(batchOf([newRow()]));
    expect(index.totals().objects).toBe(1);
  });

  test("it tells whether the end was orderly, and what is damaged within, and sets that aside when told to", () => {
    const first = open();
    expect([first.wasClosedCleanly, first.damage()]).toEqual([true, undefined]);
    first.commit(batchOf(Array.from({ length: 200 }, (_, i) => newRow({ primaryKey: `k${i}` }))));
    close(first);
    const bytes = readFileSync(directory.index);
    // A page of some table or index, not the first ones that opening reads anyway.
    bytes.fill(0xff, bytes.byteLength - 4096 * 3, bytes.byteLength - 4096 * 2);
    writeFileSync(directory.index, bytes);
    const second = open();
    expect(second.wasClosedCleanly).toBe(true);
    // Killed: no mark. What follows is another process, so the file's lock does not matter here.
    kill(second);
    const third = open();
    expect(third.wasClosedCleanly).toBe(false);
    const damage = third.damage();
    expect(damage).toContain("quick_check");
    close(third);

    const codes: string[] = [];
    for (const knownDamage of [damage, "and again"]) {
      clock.advance(1);
      const anew = open(knownDamage);
      expect(anew.totals()).toEqual({ bytes: 0, objects: 0 });
      codes.push(...anew.troubles);
      close(anew);
    }
    expect(codes).toEqual(["SQLITE_CORRUPT", "SQLITE_CORRUPT"]);
    // Of those set aside the last one is kept.
    expect(damagedNames()).toEqual([`index.sqlite.damaged-${clock.now()}`]);
  });

  test("the log of a damaged index goes with it, and is not replayed into the new one", () => {
    const killed = open();
    killed.commit(batchOf(Array.from({ length: 100 }, (_, i) => newRow({ primaryKey: `k${i}` }))));
    killed.checkpoint();
    killed.commit(batchOf([newRow({ primaryKey: "in the log" })]));
    expect(statSync(`${directory.index}-wal`).size).toBeGreaterThan(0);
    kill(killed);
    overwrite("no database".repeat(1000));

    const index = open();
    expect(index.troubles).toHaveLength(1);
    expect(index.totals()).toEqual({ bytes: 0, objects: 0 });
    expect(keysIn(index)).toEqual([]);
    expect(damagedNames()).toContain(`index.sqlite.damaged-${clock.now()}-wal`);
  });

  test("what was committed before an unclean stop is there after it", () => {
    kill(seed());
    const index = open();
    expect(index.troubles).toEqual([]);
    expect(index.totals().objects).toBe(1);
  });

  test.each(damages)("one that %s is left as it is by a worker that would read it", (_, damage) => {
    damage();
    const original = readFileSync(directory.index);
    const { onTrouble } = collectTrouble();
    const options = { directory: directory.path, now: clock.now, onTrouble, onUnreadable: () => undefined };
    let reader: IndexReader | undefined;
    try {
      reader = openIndexReader(options);
    } catch (error) {
      expect(error).toBeInstanceOf(StoreError);
    }
    reader?.close();
    expect(Buffer.compare(readFileSync(directory.index), original)).toBe(0);
    expect(damagedNames()).toEqual([]);
  });
});
