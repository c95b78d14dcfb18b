import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { systemAfter } from "../../../src/store/after.ts";
import type { DiskStore } from "../../../src/store/disk/disk-store.ts";
import type { Index } from "../../../src/keeper/index.ts";
import { StoreError } from "../../../src/store/tier.ts";
import { type KeeperLink, openKeeperLink } from "../../../src/worker/keeper-link.ts";
import { type ServedKeeper, serveKeeper } from "../../keeper/served.ts";
import { directoryForEachTest } from "../directory.ts";
import { order, bytesOf, createClock, inFile, newResponse, policy, put, readBody } from "../samples.ts";

/** A worker's store whose way to the keeper is a socket that gets lost. */
const { primaryKey } = newResponse();
const clock = createClock();
let served: ServedKeeper;
let link: KeeperLink;
let store: DiskStore & { readonly troubles: string[] };
let somebody: Database | undefined;
let attempts: number;
afterEach(async () => {
  letGo();
  await store.close();
  link.close();
  await served.leave();
});
const directory = directoryForEachTest(clock);
beforeEach(async () => {
  attempts = 0;
  served = serveKeeper(directory.path, watchedIndex());
  const onTrouble = ({ message }: { readonly message: string }) => {
    throw new Error(message);
  };
  link = openKeeperLink({ path: served.path, after: systemAfter, onTrouble });
  await link.reached(10_000);
  store = directory.open({ keeper: link });
});

/** The keeper's index, which counts how often a batch was to be entered. */
function watchedIndex(): Index {
  const index = directory.keep();
  return {
    ...index,
    commit(batch) {
      attempts++;
      return index.commit(batch);
    },
  };
}

/** The keeper has what was handed over, and cannot enter it. */
async function handedOver(): Promise<void> {
  await until(() => attempts > 0);
}

/** Somebody else has the index: what is handed over waits with the keeper. */
function hold(): void {
  somebody = new Database(directory.index);
  somebody.run("BEGIN IMMEDIATE");
}

function letGo(): void {
  somebody?.close(true);
  somebody = undefined;
}

/** The keeper that had the batch is killed: it has not entered it, and another takes its place. */
async function killKeeper(): Promise<void> {
  await served.leave();
  served.index = undefined;
  directory.endKeeper(false);
  await until(() => !link.isThere);
  letGo();
  served = serveKeeper(directory.path, watchedIndex());
  await reached();
}

/** The connection alone is lost: the keeper has the batch still, and enters it. */
async function loseConnection(): Promise<void> {
  await served.leave();
  await until(() => !link.isThere);
  letGo();
  served.comeBack();
  await reached();
}

async function reached(): Promise<void> {
  await until(() => link.isThere);
  await store.published();
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** Other workers find it, once, and all that counts is what lies there, when this worker has left. */
async function expectStored(body: Uint8Array, files: number): Promise<void> {
  const found = await directory.open().find(primaryKey);
  expect(await Promise.all(found.map(readBody))).toEqual([body]);
  expect(directory.files()).toHaveLength(files);
  await store.close();
  link.close();
  const index = directory.keep();
  await until(() => served.visits.at(-1)?.startsWith("left") === true);
  expect(index.futureSpace().bytes).toBe(index.totals().bytes);
  expect(index.futureSpace().files).toBe(files);
  expect([...store.troubles, ...served.troubles]).toEqual([]);
}

const ways: [how: string, lose: () => Promise<void>][] = [
  ["the keeper was killed", killKeeper],
  ["the connection was lost", loseConnection],
];
for (const [how, lose] of ways) {
  test.each([
    ["in its row", bytesOf(100), 0],
    ["in a file", inFile, 1],
  ])(
    `a response with its body %s that was handed over when ${how} is stored once`,
    async (_, body, files) => {
      hold();
      await put(store, {}, body);
      await handedOver();
      await lose();
      expect(await store.find(primaryKey)).toHaveLength(1);
      await expectStored(body, files);
    },
  );

  test(`one that was freshened after it was handed over, when ${how}, is stored as it is now`, async () => {
    hold();
    const { response } = await put(store, {}, inFile);
    await handedOver();
    await store.freshen(response, [["n", "1"]], policy(), order.next());
    await lose();
    const [found] = await directory.open().find(primaryKey);
    expect(found?.response.fields).toEqual([["n", "1"]]);
    await expectStored(inFile, 1);
  });

  test(`one that replaces another which was handed over when ${how} is stored in its place`, async () => {
    hold();
    await put(store, {}, bytesOf(100, 1));
    await handedOver();
    await put(store, {}, bytesOf(100, 2));
    await lose();
    await expectStored(bytesOf(100, 2), 0);
  });

  test(`one that was removed after it was handed over, when ${how}, does not come back`, async () => {
    hold();
    await put(store);
    await handedOver();
    const removing = store.remove({ by: "key", primaryKey }).catch((error: unknown) => error);
    await lose();
    // Refused because the index is held, or because nobody is there: a worker tries again.
    expect(await removing).toBeInstanceOf(StoreError);
    await store.removeRows({ by: "key", primaryKey });
    expect(await directory.open().find(primaryKey)).toEqual([]);
    expect(await store.find(primaryKey)).toEqual([]);
  });
}

test("room that was granted by a keeper that was killed is held by the next", async () => {
  const writer = await store.write(newResponse());
  await writer.write(bytesOf(200_000));
  await killKeeper();
  await until(() => directory.keep().futureSpace().bytes >= 200_000 - 65_536);
  await writer.write(bytesOf(200_000));
  await writer.commit();
  writer.release();
  await store.published();
  await expectStored(Buffer.concat([bytesOf(200_000), bytesOf(200_000)]), 1);
});
