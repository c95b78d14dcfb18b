import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFolder } from "../../../src/store/disk/index-format.ts";
import { openIndex } from "../../../src/keeper/index.ts";
import { directoryForEachTest } from "../directory.ts";
import { collectTrouble, createClock, put } from "../samples.ts";

const clock = createClock();
const directory = directoryForEachTest(clock);

function openKeeper() {
  return openIndex({
    directory: directory.path,
    seed: 1,
    now: clock.now,
    onTrouble: collectTrouble().onTrouble,
  });
}

function elsewhere(): string {
  const folder = mkdtempSync(join(tmpdir(), "cacheproxy-elsewhere-"));
  writeFileSync(join(folder, "precious"), "x");
  utimesSync(join(folder, "precious"), 1, 1);
  return folder;
}

describe("a symbolic link within the cache directory is not followed", () => {
  test.each(["", "bodies", "tmp", "bodies/zz", "index.sqlite", "index.sqlite-wal", "index.sqlite-shm"])(
    "in the place of %j: it is refused, and what lies at its other end stays as it is",
    (name) => {
      const target = elsewhere();
      const link = join(directory.path, formatFolder, name);
      mkdirSync(join(link, ".."), { recursive: true });
      symlinkSync(name.startsWith("index") ? join(target, "precious") : target, link);
      expect(openKeeper).toThrow("is a symbolic link, which is not followed; remove it");
      expect(readdirSync(target)).toEqual(["precious"]);
      rmSync(target, { recursive: true });
    },
  );

  test("put there while it runs: the sweep passes it", async () => {
    const target = elsewhere();
    const keeper = openKeeper();
    symlinkSync(target, join(directory.path, formatFolder, "bodies", "zz"));
    await keeper.sweepOrphans(Date.now());
    expect(existsSync(join(target, "precious"))).toBe(true);
    keeper.close();
    rmSync(target, { recursive: true });
  });

  test("but the cache directory itself may be one", async () => {
    const link = `${directory.path}-link`;
    symlinkSync(directory.path, link);
    const store = directory.open({ directory: link });
    const { response } = await put(store);
    expect(await store.find(response.primaryKey)).toHaveLength(1);
    rmSync(link);
  });
});
