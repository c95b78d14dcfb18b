import { describe, expect, test } from "bun:test";
import { copyFileSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { type Index, openIndex } from "../../../src/keeper/index.ts";
import { directoryForEachTest } from "../directory.ts";
import { collectTrouble, createClock, put } from "../samples.ts";

const clock = createClock();
const directory = directoryForEachTest(clock);

function openKeeper(onTrouble = collectTrouble().onTrouble): Index {
  return openIndex({ directory: directory.path, role: "keeper", now: clock.now, onTrouble });
}

function replace(suffix: string): void {
  const path = directory.index + suffix;
  renameSync(path, `${path}.former`);
  copyFileSync(`${path}.former`, path);
}

describe("files of an open index", () => {
  test.each<[what: string, act: () => void, finding: string | undefined]>([
    ["were left alone", () => undefined, undefined],
    ["of which the database was removed", () => rmSync(directory.index), "it was removed"],
    ["of which the database was replaced", () => replace(""), "it was replaced"],
    ["of which the database was emptied", () => truncateSync(directory.index), "it was emptied"],
    [
      "of which the log was removed",
      () => rmSync(`${directory.index}-wal`),
      "its log was removed or replaced",
    ],
    ["of which the log was replaced", () => replace("-wal"), "its log was removed or replaced"],
    [
      "of which the log was cut short",
      () => truncateSync(`${directory.index}-wal`, 32),
      "its log was cut short",
    ],
    [
      "of which the shared memory was removed",
      () => rmSync(`${directory.index}-shm`),
      "its shared memory was removed or replaced",
    ],
    [
      "that were removed with their folder",
      () => rmSync(directory.path, { recursive: true }),
      "it was removed",
    ],
  ])("%s", async (_, act, finding) => {
    const index = openKeeper();
    await put(directory.open());
    expect(index.whatIsWrong()).toBeUndefined();
    act();
    expect(index.whatIsWrong()).toBe(finding);
    index.close();
  });

  test("what SQLite does to them itself is not wrong", async () => {
    const index = openKeeper();
    const store = directory.open();
    for (let i = 0; i < 200; i++) await put(store, { primaryKey: `/${i} a` });
    store.flush();
    expect(index.whatIsWrong()).toBeUndefined();
    index.checkpoint();
    await store.remove({ by: "all" });
    index.checkpoint();
    expect(index.whatIsWrong()).toBeUndefined();
    index.close();
  });
});

test("shared memory that somebody has cut short is as long again before it is used, and nothing is lost", async () => {
  const { codes, onTrouble } = collectTrouble();
  const index = openKeeper(onTrouble);
  const store = directory.open();
  const { response } = await put(store);
  store.flush();
  const shared = `${directory.index}-shm`;
  const { size } = statSync(shared);
  truncateSync(shared, 0);
  clock.advance(1);
  // Without it this process would end here, by SIGBUS.
  expect(index.find(response.primaryKey)).toHaveLength(1);
  expect(statSync(shared).size).toBe(size);
  expect(codes).toEqual(["SHARED_MEMORY_CUT"]);
  await put(store, { primaryKey: "/after a" });
  store.flush();
  expect(index.find("/after a")).toHaveLength(1);
  expect(index.damage()).toBeUndefined();
  index.close();
});
