import { describe, expect, test } from "bun:test";
import { copyFileSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { directoryForEachTest } from "../directory.ts";
import { createClock, put } from "../samples.ts";

const clock = createClock();
const directory = directoryForEachTest(clock);

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
    const index = directory.keep();
    await put(directory.open());
    expect(index.whatIsWrong()).toBeUndefined();
    act();
    expect(index.whatIsWrong()).toBe(finding);
  });

  test("what SQLite does to them itself is not wrong", async () => {
    const index = directory.keep();
    const store = directory.open();
    for (let i = 0; i < 200; i++) await put(store, { primaryKey: `/${i} a` });
    store.flush();
    expect(index.whatIsWrong()).toBeUndefined();
    index.checkpoint();
    await store.remove({ by: "all" });
    index.checkpoint();
    expect(index.whatIsWrong()).toBeUndefined();
  });
});

test("shared memory that somebody has cut short is as long again before it is used, and nothing is lost", async () => {
  const store = directory.open();
  const index = directory.keep();
  const { response } = await put(store);
  store.flush();
  const shared = `${directory.index}-shm`;
  const { size } = statSync(shared);
  truncateSync(shared, 0);
  clock.advance(1);
  // Without it this process would end here, by SIGBUS.
  expect(index.has(response.id)).toBe(true);
  expect(statSync(shared).size).toBe(size);
  expect(store.troubles).toEqual(["SHARED_MEMORY_CUT"]);
  expect(await store.find(response.primaryKey)).toHaveLength(1);
  const after = await put(store, { primaryKey: "/after a" });
  store.flush();
  expect(index.has(after.response.id)).toBe(true);
  expect(index.damage()).toBeUndefined();
});
