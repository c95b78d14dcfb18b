import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import type { Keeper } from "../../src/store/disk/keeper.ts";
import { openReopeningDiskStore } from "../../src/store/disk/reopening.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { directoryForEachTest, keeperAt } from "../store/directory.ts";
import {
  collectTrouble,
  createClock,
  inFile,
  newId,
  newResponse,
  order,
  put,
  putFew,
} from "../store/samples.ts";

const clock = createClock();
const directory = directoryForEachTest(clock);

/** A worker's store, which hears when the test says that another index is there. */
function openStore() {
  const reactions = new Set<() => void>();
  const keeper: Keeper = {
    ...keeperAt(directory.desks),
    isThere: true,
    onThere(react) {
      reactions.add(react);
      return () => void reactions.delete(react);
    },
  };
  const { codes, onTrouble } = collectTrouble();
  const store = openReopeningDiskStore({
    ...{ directory: directory.path, keeper, order, newId, onTrouble, removals: createRemovals(1) },
    ...{ maxBytes: 64 * 1024 * 1024, now: clock.now, disposalDelay: 0, after: () => () => undefined },
  });
  const hear = () => {
    for (const react of [...reactions]) react();
  };
  return { store, hear, troubles: codes };
}

function replaceIndex() {
  directory.endKeeper();
  rmSync(directory.index);
  clock.advance(1_000);
  return directory.keep();
}

test("what waits when the index is replaced is not stored in the next, and what is asked for then is", async () => {
  directory.keep();
  const { store, hear, troubles } = openStore();
  await putFew(store);
  await put(store, { primaryKey: "waits" }, inFile);
  const index = replaceIndex();
  hear();
  await store.published();
  expect(index.totals().objects).toBe(0);
  await put(store, { primaryKey: "later" }, inFile);
  await store.published();
  expect((await store.find("later")).length).toBe(1);
  expect([index.totals().objects, directory.files().length, troubles]).toEqual([1, 1, []]);
  await store.close();
});

test("of what was granted ahead nothing is held in the next index", async () => {
  directory.keep();
  const { store, hear } = openStore();
  await put(store, { primaryKey: "stored" }, inFile);
  await store.published();
  const index = replaceIndex();
  hear();
  // The former store closes meanwhile.
  await new Promise(setImmediate);
  expect(index.futureSpace()).toEqual({ bytes: 0, files: 0 });
  await store.close();
});

test("of what the former index had granted nothing is held in the next when nobody writes any more", async () => {
  directory.keep();
  const { store, hear } = openStore();
  await put(store, { primaryKey: "stored" }, inFile);
  const writer = await store.write(newResponse({ primaryKey: "on its way" }), 200_000);
  await writer.write(inFile);
  const index = replaceIndex();
  hear();
  await Promise.resolve(writer.write(inFile)).catch(() => undefined);
  await writer.abort();
  await store.published();
  expect(index.futureSpace()).toEqual({ bytes: 0, files: 0 });
  await store.close();
});
