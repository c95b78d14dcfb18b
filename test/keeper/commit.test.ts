import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import type { Index } from "../../src/keeper/index.ts";
import { noteUnremoved } from "../../src/store/disk/index-format.ts";
import type { Selector } from "../../src/store/tier.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { createClock, policy } from "../store/samples.ts";
import { batchOf, keysIn, newRow, newRowInFile } from "./batches.ts";

const clock = createClock();
const directory = directoryForEachTest(clock);

/** Another life of the keeper. */
function restarted(isOrderly: boolean): Index {
  directory.endKeeper(isOrderly);
  return directory.keep();
}

function keyed(primaryKey: string): Selector {
  return { by: "key", primaryKey };
}

describe("a row that was asked for before a removal that concerns it", () => {
  const primaryKey = "/news/1 a.example";
  const selectors: [string, Selector, boolean][] = [
    ["its key", keyed(primaryKey), true],
    ["another key", keyed("/news/2 a.example"), false],
    ["its variant", { by: "variant", primaryKey, variantKey: "" }, true],
    ["another variant", { by: "variant", primaryKey, variantKey: "else" }, false],
    ["its target", { by: "target", target: "/news/1", host: null, site: null }, true],
    ["another target", { by: "target", target: "/news", host: null, site: null }, false],
    ["a prefix of its target", { by: "prefix", targetPrefix: "/news/", host: "a.example", site: null }, true],
    [
      "a prefix at another host",
      { by: "prefix", targetPrefix: "/news/", host: "b.example", site: null },
      false,
    ],
    ["its group", { by: "group", group: "news", host: null, site: null }, true],
    ["its group at another host", { by: "group", group: "news", host: "b.example", site: null }, false],
    ["another group", { by: "group", group: "sport", host: null, site: null }, false],
    ["all", { by: "all" }, true],
  ];

  test.each(selectors)(
    "of %s, is refused and its file disposed of, or entered",
    async (_, selector, isRefused) => {
      const index = directory.keep();
      const afterRemoval = index.lastRemoval();
      const row = await newRowInFile(index, { primaryKey, tags: ["news"], afterRemoval });
      const { number } = await index.remove([selector]);
      expect(index.commit(batchOf([row]))).toEqual({ overtaken: isRefused ? [row.id] : [], removal: number });
      expect(keysIn(index)).toEqual(isRefused ? [] : [primaryKey]);
      expect(directory.files()).toHaveLength(isRefused ? 0 : 1);
    },
  );

  test("leaves no room behind that it was granted", async () => {
    const index = directory.keep();
    const room = { bytes: 18 * 4096, files: 1 };
    index.grant(room);
    const row = await newRowInFile(index, { afterRemoval: index.lastRemoval() });
    await index.remove([{ by: "all" }]);
    index.commit(batchOf([row]));
    expect(index.futureSpace()).toEqual({ bytes: 0, files: 0 });
  });

  test("does not keep the others of its batch from being entered", async () => {
    const index = directory.keep();
    const afterRemoval = index.lastRemoval();
    await index.remove([keyed("b")]);
    index.commit(batchOf(["a", "b", "c"].map((key) => newRow({ primaryKey: key, afterRemoval }))));
    expect(keysIn(index)).toEqual(["a", "c"]);
  });

  test("is refused as a first piece, too", async () => {
    const index = directory.keep();
    const afterRemoval = index.lastRemoval();
    await index.remove([keyed("/ a.example")]);
    const response = { id: "x", primaryKey: "/ a.example", variantKey: "", status: 200, size: 9, version: 1 };
    const entering = index.changePieces({
      change: "insert",
      response: { ...response, fields: [], policy: policy() },
      piece: { start: 0, end: 5, checksum: "c" },
      ...{ now: 1, afterRemoval, taken: { bytes: 4096, files: 1 } },
    });
    expect(entering).toMatchObject({ outcome: "refused" });
    expect(keysIn(index)).toEqual([]);
  });

  test("stays refused after as many removals of others as there may be", async () => {
    const index = directory.keep();
    const afterRemoval = index.lastRemoval();
    await index.remove([keyed("a")]);
    for (let i = 0; i < 500; i++) await index.remove([keyed(`other ${i}`)]);
    index.commit(batchOf(["a", "b"].map((key) => newRow({ primaryKey: key, afterRemoval }))));
    expect(keysIn(index)).toEqual(["b"]);
  });
});

describe("numbers of removals", () => {
  test("grow with each, and those that came together have one", async () => {
    const index = directory.keep();
    const before = index.lastRemoval();
    const { number, counts } = await index.remove([keyed("a"), keyed("b")]);
    expect([number, counts]).toEqual([before + 1, [whole(0), whole(0)]]);
    expect((await index.remove([keyed("a")])).number).toBe(before + 2);
    expect(index.lastRemoval()).toBe(before + 2);
  });

  test.each([
    ["an orderly end", true],
    ["a kill", false],
  ])("go on after %s of the keeper", async (_, isOrderly) => {
    const { number } = await directory.keep().remove([keyed("a")]);
    const index = restarted(isOrderly);
    expect(index.lastRemoval()).toBe(number);
    expect((await index.remove([keyed("a")])).number).toBe(number + 1);
  });

  test("go on in an index that takes the place of another", async () => {
    const { number } = await directory.keep().remove([keyed("a")]);
    clock.advance(60_000);
    directory.endKeeper();
    rmSync(directory.index);
    expect(directory.keep().lastRemoval()).toBeGreaterThan(number);
    directory.endKeeper();
    noteUnremoved(directory.index, true);
    clock.advance(60_000);
    const index = directory.keep();
    expect(index.lastRemoval()).toBeGreaterThan(number + 60_000);
    expect(existsSync(`${directory.index}.unremoved`)).toBe(false);
  });

  test("are told to nobody of a removal that could not be carried out, for the next life would give them again", async () => {
    const index = directory.keep();
    const before = index.lastRemoval();
    index.commit(batchOf([newRow({ primaryKey: "a" })]));
    const other = new Database(directory.index);
    other.run("BEGIN IMMEDIATE");
    expect(() => index.remove([keyed("a")])).toThrow("locked");
    other.run("COMMIT");
    other.close();
    expect(index.lastRemoval()).toBe(before);
    // What it concerns is refused all the same until it is.
    const late = newRow({ primaryKey: "a", afterRemoval: before });
    expect(index.commit(batchOf([late]))).toEqual({ overtaken: [late.id], removal: before });
  });
});

describe("after a start of the keeper", () => {
  test("a row is refused that was asked for before the last removal it knows of, whatever that was; another is not", async () => {
    const first = directory.keep();
    const before = first.lastRemoval();
    const { number } = await first.remove([keyed("other")]);
    const index = restarted(false);
    const [early, late] = [
      newRow({ primaryKey: "early", afterRemoval: before }),
      newRow({ primaryKey: "late", afterRemoval: number }),
    ];
    expect(index.commit(batchOf([early, late])).overtaken).toEqual([early.id]);
    expect(keysIn(index)).toEqual(["late"]);
  });

  test("a row is refused that was asked for before an index took the place of another", () => {
    const before = directory.keep().lastRemoval();
    directory.endKeeper();
    rmSync(directory.index);
    clock.advance(1);
    const index = directory.keep();
    expect(index.commit(batchOf([newRow({ afterRemoval: before })])).overtaken).toHaveLength(1);
  });
});

describe("a batch that is handed over twice", () => {
  test("is stored once, with its files", async () => {
    const index = directory.keep();
    const batch = batchOf([await newRowInFile(index, { primaryKey: "a" }), newRow({ primaryKey: "b" })]);
    index.commit(batch);
    const totals = index.totals();
    expect(index.commit(batch).overtaken).toEqual([]);
    expect([keysIn(index), index.totals()]).toEqual([["a", "b"], totals]);
    expect(directory.files()).toHaveLength(1);
  });

  test("also in another life of the keeper", async () => {
    const before = directory.keep();
    const batch = batchOf([await newRowInFile(before, { primaryKey: "a" })]);
    before.commit(batch);
    const index = restarted(false);
    index.commit(batch);
    expect(keysIn(index)).toEqual(["a"]);
    expect(index.totals().objects).toBe(1);
    expect(directory.files()).toHaveLength(1);
  });

  test("does not take the place of what is newer, which another worker has handed over in between", async () => {
    const index = directory.keep();
    const lost = batchOf([await newRowInFile(index, { version: 1 })]);
    index.commit(lost);
    const newer = await newRowInFile(index, { version: 2 });
    index.commit(batchOf([newer]));
    const totals = index.totals();
    expect(index.commit(lost).overtaken).toEqual([]);
    expect(index.rowsAfter(0, 9).map(({ id }) => id)).toEqual([newer.id]);
    expect([index.totals(), directory.files().length]).toEqual([totals, 1]);
  });

  test("leaves no file when what is newer was there first", async () => {
    const index = directory.keep();
    index.commit(batchOf([newRow({ version: 2 })]));
    index.commit(batchOf([await newRowInFile(index, { version: 1 })]));
    expect([index.totals().objects, directory.files()]).toEqual([1, []]);
  });

  test("does not bring back what was removed in between", async () => {
    const index = directory.keep();
    const afterRemoval = index.lastRemoval();
    const removed = batchOf([newRow({ primaryKey: "a", afterRemoval })]);
    index.commit(removed);
    await index.remove([keyed("a")]);
    expect(index.commit(removed).overtaken).toHaveLength(1);
    expect(keysIn(index)).toEqual([]);
  });
});

describe("a commit", () => {
  test("is entered whole or not at all, and the files of one that is not are gone", async () => {
    const index = directory.keep();
    index.commit(batchOf([newRow({ primaryKey: "before" })]));
    const row = await newRowInFile(index, { primaryKey: "a" });
    // No column takes this: as a batch that nobody of ours would hand over.
    const impossible = newRow({ primaryKey: "b", status: undefined as unknown as number });
    expect(() => index.commit(batchOf([row, impossible]))).toThrow();
    expect([keysIn(index), directory.files()]).toEqual([["before"], []]);
  });

  test("while somebody else holds the index changes nothing, keeps the files, and can be done later", async () => {
    const index = directory.keep();
    const room = { bytes: 18 * 4096, files: 1 };
    index.grant(room);
    const batch = batchOf([await newRowInFile(index, { primaryKey: "a" })]);
    const other = new Database(directory.index);
    other.run("BEGIN IMMEDIATE");
    expect(() => index.commit(batch)).toThrow("locked");
    expect([index.futureSpace(), directory.files().length]).toEqual([room, 1]);
    other.run("COMMIT");
    other.close();
    index.commit(batch);
    expect(keysIn(index)).toEqual(["a"]);
    expect(index.futureSpace()).toEqual({ bytes: index.totals().bytes, files: 1 });
  });

  test("adds the hits of each batch to those that came with the row, and begins anew with another response", () => {
    const index = directory.keep();
    const row = newRow({ hits: 2 });
    const hits = () => {
      const database = new Database(directory.index, { readonly: true });
      const found = database.query<{ hits: number }, []>("SELECT hits FROM responses").all();
      database.close();
      return found.map((each) => each.hits);
    };
    index.commit(batchOf([row]));
    for (const hits of [3, 4]) index.commit(batchOf([], { uses: new Map([[row.id, { at: 5, hits }]]) }));
    expect(hits()).toEqual([9]);
    index.commit(batchOf([], { updates: [{ ...row, version: 2, body: null }] }));
    expect(hits()).toEqual([9]);
    index.commit(batchOf([newRow({ version: 3 })]));
    expect(hits()).toEqual([0]);
  });

  test("takes away rows that were found damaged, and of what is gone updates and uses change nothing", () => {
    const index = directory.keep();
    const [damaged, sound] = [newRow({ primaryKey: "damaged" }), newRow({ primaryKey: "sound" })];
    index.commit(batchOf([damaged, sound]));
    const gone = newRow({ primaryKey: "gone" });
    const changes = {
      updates: [gone],
      uses: new Map([[gone.id, { at: 5, hits: 1 }]]),
      verified: new Map([[gone.id, 5]]),
    };
    index.commit(batchOf([], { ...changes, damaged: [damaged.id, gone.id] }));
    expect(keysIn(index)).toEqual(["sound"]);
  });
});

describe("a removal of many", () => {
  const prefix: Selector = { by: "prefix", targetPrefix: "/p/", host: null, site: null };

  function seed(index: Index): void {
    // The removal meets the youngest first.
    const keys = Array.from({ length: 600 }, (_, i) => `/p/${String(600 - i).padStart(3, "0")} h`);
    index.commit(batchOf(keys.map((primaryKey) => newRow({ primaryKey }))));
  }

  test("takes all that were there, and what is stored meanwhile stays", async () => {
    const index = directory.keep();
    seed(index);
    const removal = index.remove([prefix]);
    expect(index.totals().objects).toBeGreaterThan(0);
    index.commit(batchOf([newRow({ primaryKey: "/p/x h", afterRemoval: index.lastRemoval() })]));
    expect((await removal).counts).toEqual([whole(600)]);
    expect(keysIn(index)).toEqual(["/p/x h"]);
  });

  test("takes fewer at a time where each has many names", async () => {
    const index = directory.keep();
    const tags = Array.from({ length: 1_000 }, (_, place) => `a name of some length ${place}`);
    const rows = Array.from({ length: 20 }, (_, i) => newRow({ primaryKey: `/p/${i} h`, tags }));
    index.commit(batchOf(rows));
    const removal = index.remove([{ by: "tag", tag: tags[0] ?? "", host: null, site: null }]);
    expect(index.totals().objects).toBeGreaterThan(0);
    expect((await removal).counts).toEqual([whole(20)]);
    expect(index.totals().objects).toBe(0);
  });

  test("refuses from its beginning on what was asked for before it", async () => {
    const index = directory.keep();
    seed(index);
    const afterRemoval = index.lastRemoval();
    const removal = index.remove([prefix]);
    expect(index.commit(batchOf([newRow({ primaryKey: "/p/x h", afterRemoval })])).overtaken).toHaveLength(1);
    await removal;
    expect(keysIn(index)).toEqual([]);
  });

  test("tells of each selector how many rows were its own", async () => {
    const index = directory.keep();
    seed(index);
    index.commit(batchOf([newRow({ primaryKey: "b" })]));
    expect((await index.remove([keyed("b"), prefix, keyed("b")])).counts).toEqual([
      whole(1),
      whole(600),
      whole(0),
    ]);
  });
});

/** Of whole responses. */
function whole(complete: number) {
  return { complete, partial: 0 };
}
