import { expect, test } from "bun:test";
import { createRescue } from "../../src/keeper/full-disk.ts";
import { StoreError } from "../../src/store/tier.ts";
import { createDirectory } from "../store/directory.ts";
import { collectTrouble, inFile, put } from "../store/samples.ts";

test("rows whose bodies were sacrificed are removed the next time, if they cannot be at once", async () => {
  const directory = createDirectory();
  const { response } = await put(directory.open(), {}, inFile);
  const { codes, onTrouble } = collectTrouble();
  const { bodies } = directory.keep();
  const rescue = createRescue({ bodies, path: directory.index, onTrouble });
  let calls = 0;
  const full = (): void => {
    calls++;
    if (calls === 1) throw new StoreError("SQLITE_FULL", "database or disk is full");
  };
  rescue.withRoom(full);
  const failing = () => {
    throw new StoreError("SQLITE_BUSY", "database is locked");
  };
  expect(() => rescue.removeBereft(failing)).toThrow("locked");
  const removed: string[][] = [];
  rescue.removeBereft((ids) => removed.push([...ids]));
  rescue.removeBereft((ids) => removed.push([...ids]));
  expect(removed).toEqual([[response.id], []]);
  expect(codes).toEqual(["DISK_FULL"]);
  await directory.dispose();
});
