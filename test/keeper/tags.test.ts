import { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import type { Index } from "../../src/keeper/index.ts";
import type { Selector } from "../../src/store/tier.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { policy } from "../store/samples.ts";
import { batchOf, keysIn, newRow } from "./batches.ts";

const directory = directoryForEachTest();
let database: Database | undefined;
afterEach(() => {
  database?.close();
  database = undefined;
});

function ask(sql: string): unknown[][] {
  database ??= new Database(directory.index);
  return database.query(sql).values();
}

function enter(index: Index, keys: readonly string[], tagsOf: (place: number) => string[]): void {
  const rows = keys.map((primaryKey, place) =>
    newRow({ primaryKey, tags: tagsOf(place), body: new Uint8Array(1) }),
  );
  index.commit(batchOf(rows));
}

const tagged = (tag: string): Selector => ({ by: "tag", tag, host: null, site: null });
const numbered = (count: number) => Array.from({ length: count }, (_, place) => `/${place} h`);

test("a name of a row costs at most sixty bytes of the index, however long it is", () => {
  const index = directory.keep();
  const long = "product".repeat(30);
  for (let i = 0; i < 20; i++) {
    enter(
      index,
      numbered(100).map((key) => `/${i}${key}`),
      (place) => Array.from({ length: 10 }, (_, tag) => `${long}${(i * 100 + place) * 10 + tag}`),
    );
  }
  const [[names, bytes] = []] = ask(
    `SELECT (SELECT count(*) FROM tags), sum(pgsize) FROM dbstat WHERE name IN ('tags', 'tagsOfRows')`,
  );
  expect(names).toBe(20_000);
  expect(Number(bytes) / Number(names)).toBeLessThan(60);
});

test("what names were left by rows that have gone is deleted, and nothing of those that are there", async () => {
  const index = directory.keep();
  enter(index, numbered(1500), (place) => ["all", `own ${place}`, place < 1400 ? "most" : "few"]);
  await index.remove([tagged("most")]);
  for (let turns = 0; index.disposeOfTags(); turns++) expect(turns).toBeLessThan(20);
  const counts = ["tags", "tagsOfRows", "goneRows"].map(
    (table) => ask(`SELECT count(*) FROM ${table}`)[0]?.[0],
  );
  expect(counts).toEqual([300, 300, 0]);
  expect((await index.remove([tagged("all")])).counts).toEqual([{ complete: 100, partial: 0 }]);
});

test("names that a row has left are not those of the next, be it in another life of the keeper", async () => {
  enter(directory.keep(), ["/a h"], () => ["a"]);
  await directory.keep().remove([tagged("a")]);
  directory.endKeeper();
  const index = directory.keep();
  enter(index, ["/b h"], () => ["b"]);
  while (index.disposeOfTags());
  await index.remove([tagged("a")]);
  expect(keysIn(index)).toEqual(["/b h"]);
  await index.remove([tagged("b")]);
  expect(keysIn(index)).toEqual([]);
});

test("a row that is freshened goes by the names that it has now", async () => {
  const index = directory.keep();
  const row = newRow({ primaryKey: "/a h", tags: ["before", "always"] });
  index.commit(batchOf([row]));
  const tags = ["always", "now"];
  index.commit(
    batchOf([], { updates: [{ ...row, tags, policy: JSON.stringify(policy({ tags })), version: 2 }] }),
  );
  const count = async (tag: string) => (await index.list([tagged(tag)], 0)).complete;
  expect(await Promise.all(["before", "always", "now"].map(count))).toEqual([0, 1, 1]);
});
