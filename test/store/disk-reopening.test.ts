import { expect, test } from "bun:test";
import { openReopeningDiskStore } from "../../src/store/disk-reopening.ts";
import { openIndex } from "../../src/store/index.ts";
import { createFakeClock } from "../supervisor/fake-clock.ts";
import { directoryForEachTest } from "./directory.ts";
import { collectTrouble, createClock, newId, newResponse, put, order } from "./samples.ts";

const { primaryKey } = newResponse();
const clock = createClock();
const directory = directoryForEachTest(clock);

test("within a second a store goes over to the index that the keeper has begun instead of a damaged one", async () => {
  const { codes, onTrouble } = collectTrouble();
  const timers = createFakeClock();
  const common = { directory: directory.path, now: clock.now, order, onTrouble };
  const keeper = openIndex({ ...common, role: "keeper" });
  const options = { ...common, maxBytes: 1e9, newId, role: "worker", after: timers.after } as const;
  const store = openReopeningDiskStore(options);
  await put(store);
  store.flush();
  const onItsWay = await store.write(newResponse({ primaryKey: "on its way" }));
  await timers.advance(1000);
  keeper.close();
  const anew = openIndex({ ...common, role: "keeper", knownDamage: "quick_check: bad" });
  expect(codes).toEqual(["SQLITE_CORRUPT"]);
  expect(await store.find(primaryKey)).toHaveLength(1);
  await timers.advance(1000);
  expect(await store.find(primaryKey)).toEqual([]);
  await expect(onItsWay.commit()).rejects.toMatchObject({ code: "CLOSED" });
  await put(store, { primaryKey: "new" });
  store.flush();
  expect(anew.find("new")).toHaveLength(1);
  expect(await store.pieces.find("new")).toEqual([]);
  await store.close();
  anew.close();
  expect(codes).toEqual(["SQLITE_CORRUPT"]);
});
