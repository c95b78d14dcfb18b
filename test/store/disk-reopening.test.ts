import { afterEach, beforeEach, expect, test } from "bun:test";
import { openReopeningDiskStore } from "../../src/store/disk-reopening.ts";
import { openIndex } from "../../src/store/index.ts";
import { createDirectory, type TestDirectory } from "./directory.ts";
import { collectTrouble, createClock, newId, newResponse, put } from "./samples.ts";

const { primaryKey } = newResponse();
const clock = createClock();
let directory: TestDirectory;
beforeEach(() => {
  directory = createDirectory(clock);
});
afterEach(() => directory.dispose());

test("a store goes over to the index that the keeper has begun instead of a damaged one", async () => {
  const { codes, onTrouble } = collectTrouble();
  const common = { directory: directory.path, now: clock.now, onTrouble };
  const keeper = openIndex({ ...common, role: "keeper" });
  const store = openReopeningDiskStore({ ...common, maxBytes: 1e9, newId, role: "worker" });
  await put(store);
  store.flush();
  const onItsWay = await store.write(newResponse({ primaryKey: "on its way" }));
  keeper.close();
  const anew = openIndex({ ...common, role: "keeper", knownDamage: "quick_check: bad" });
  expect(codes).toEqual(["SQLITE_CORRUPT"]);
  while ((await store.find(primaryKey)).length > 0) await Bun.sleep(20);
  await expect(onItsWay.commit()).rejects.toMatchObject({ code: "CLOSED" });
  await put(store, { primaryKey: "new" });
  store.flush();
  expect(anew.find("new")).toHaveLength(1);
  expect(await store.pieces.find("new")).toEqual([]);
  await store.close();
  anew.close();
  expect(codes).toEqual(["SQLITE_CORRUPT"]);
});
