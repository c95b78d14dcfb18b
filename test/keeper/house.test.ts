import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FromKeeper } from "../../src/control/keeper-messages.ts";
import { keeperSocketPath } from "../../src/control/keeper-socket.ts";
import { type House, openHouse } from "../../src/keeper/house.ts";
import { systemAfter } from "../../src/store/after.ts";
import { formatFolder, indexPath } from "../../src/store/disk/index-format.ts";
import { type KeeperLink, openKeeperLink } from "../../src/worker/keeper-link.ts";
import { createFakeClock, watch } from "../supervisor/fake-clock.ts";
import { someSettings } from "../supervisor/fake-workers.ts";
import { batchOf, newRow } from "./batches.ts";

const opened: { house: House; links: KeeperLink[]; folder: string }[] = [];
afterEach(async () => {
  for (const { house, links, folder } of opened.splice(0)) {
    for (const link of links) link.close();
    await house.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A keeper's house in a directory that `prepare` has seen before. */
function open(prepare: (cacheDir: string) => void = () => undefined) {
  const folder = mkdtempSync(join(tmpdir(), "cacheproxy-house-"));
  const cacheDir = join(folder, "cache");
  prepare(cacheDir);
  const clock = createFakeClock();
  const said: FromKeeper[] = [];
  const settings = { ...someSettings, cacheDir };
  const house = openHouse(
    { kind: "start", now: clock.steady(), startedAt: clock.steady(), deaths: 0, settings },
    {},
    clock,
    (message) => said.push(message),
  );
  const links: KeeperLink[] = [];
  const connect = () => {
    const link = openKeeperLink({
      path: keeperSocketPath(cacheDir),
      after: systemAfter,
      onTrouble: () => undefined,
    });
    links.push(link);
    return link;
  };
  const troubles = () => said.flatMap((message) => (message.kind === "trouble" ? message.code : []));
  opened.push({ house, links, folder });
  return { house, clock, cacheDir, connect, troubles, said };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

describe("a house whose index cannot be opened", () => {
  const blockFormat = (cacheDir: string) => {
    mkdirSync(cacheDir);
    writeFileSync(join(cacheDir, formatFolder), "in the way");
  };

  test("tells of it, refuses what it is asked, and holds nothing", async () => {
    const { house, troubles } = open(blockFormat);
    expect(troubles()).toHaveLength(1);
    expect(house.totals()).toEqual({ bytes: 0, objects: 0 });
    const removal = house.remove([{ by: "all" }]);
    await expect(removal).rejects.toMatchObject({ code: "INDEX_ABSENT" });
  });

  test("opens it within a second after it was mended, and the workers that are connected hear of it", async () => {
    const { house, clock, cacheDir, connect } = open(blockFormat);
    const link = connect();
    const reached = watch(link.reached(60_000));
    await until(house.isVisited);
    await expect(link.commit(batchOf([newRow()]))).rejects.toMatchObject({ code: "INDEX_ABSENT" });
    expect(reached.settled).toBe(false);
    rmSync(join(cacheDir, formatFolder));
    await clock.advance(1_000);
    await until(() => reached.settled);
    await link.commit(batchOf([newRow()]));
    expect(house.totals().objects).toBe(1);
  });

  test("likewise when there is no place for the socket either", async () => {
    const { house, clock, cacheDir, connect, troubles } = open((path) => writeFileSync(path, "in the way"));
    expect(troubles().length).toBeGreaterThan(0);
    rmSync(cacheDir);
    await clock.advance(1_000);
    const link = connect();
    await link.reached(60_000);
    await link.commit(batchOf([newRow()]));
    expect(house.totals().objects).toBe(1);
  });
});

describe("a house whose files somebody removes while it is in use", () => {
  test("begins anew within a second, and the workers hear of it", async () => {
    const { house, clock, cacheDir, connect } = open();
    const link = connect();
    await link.reached(60_000);
    await link.commit(batchOf([newRow()]));
    let calls = 0;
    link.onThere(() => calls++);
    rmSync(indexPath(cacheDir));
    await clock.advance(1_000);
    await until(() => calls === 1);
    expect(house.totals().objects).toBe(0);
    await link.commit(batchOf([newRow()]));
    expect(house.totals().objects).toBe(1);
  });

  test("listens again within a second when its socket was removed; who comes anew is served", async () => {
    const { house, clock, cacheDir, connect } = open();
    const link = connect();
    await link.reached(60_000);
    rmSync(keeperSocketPath(cacheDir));
    await clock.advance(1_000);
    const other = connect();
    await other.reached(60_000);
    await other.commit(batchOf([newRow()]));
    expect(house.totals().objects).toBe(1);
  });
});

test("the operator's removals take their turn with what workers hand over", async () => {
  const { house, connect } = open();
  const link = connect();
  await link.reached(60_000);
  await link.commit(batchOf(["a", "b"].map((primaryKey) => newRow({ primaryKey }))));
  const { complete, partial, number } = await house.remove([{ by: "key", primaryKey: "a" }]);
  expect([complete, partial]).toEqual([1, 0]);
  const late = newRow({ primaryKey: "a", afterRemoval: number - 1 });
  expect((await link.commit(batchOf([late]))).overtaken).toEqual([late.id]);
  expect(house.totals().objects).toBe(1);
});

test("it is visited as long as a worker is connected", async () => {
  const { house, connect } = open();
  expect(house.isVisited()).toBe(false);
  const link = connect();
  await link.reached(60_000);
  expect(house.isVisited()).toBe(true);
  link.close();
  await until(() => !house.isVisited());
});

test("at its end what a worker is about to bring is left alone, if it is there still", async () => {
  const { house, cacheDir, connect } = open();
  const link = connect();
  await link.reached(60_000);
  const file = join(cacheDir, formatFolder, "tmp", `half.${process.pid}`);
  writeFileSync(file, "written to");
  house.giveWay();
  await house.stop();
  expect(existsSync(file)).toBe(true);
});
