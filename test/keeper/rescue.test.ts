import { expect, test } from "bun:test";
import { createRelief } from "../../src/keeper/full-disk.ts";
import { StoreError } from "../../src/store/tier.ts";
import { createDirectory } from "../store/directory.ts";
import { collectTrouble, inFile, put } from "../store/samples.ts";

test("rows whose bodies were sacrificed are removed the next time, if they cannot be at once", async () => {
  const directory = createDirectory();
  const { response } = await put(directory.open(), {}, inFile);
  const { codes, onTrouble } = collectTrouble();
  const { bodies } = directory.keep();
  const relief = createRelief({ bodies, path: directory.index, onTrouble });
  let calls = 0;
  const full = (): void => {
    calls++;
    if (calls === 1) throw new StoreError("SQLITE_FULL", "database or disk is full");
  };
  relief.withRoom(full);
  const failing = () => {
    throw new StoreError("SQLITE_BUSY", "database is locked");
  };
  expect(() => relief.settle(failing)).toThrow("locked");
  const removed: string[][] = [];
  relief.settle((ids) => removed.push([...ids]));
  relief.settle((ids) => removed.push([...ids]));
  expect(removed).toEqual([[response.id], []]);
  expect(codes).toEqual(["DISK_FULL"]);
  await directory.dispose();
});
