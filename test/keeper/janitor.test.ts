import { describe, expect, test } from "bun:test";
import { type JanitorIndex, startJanitor } from "../../src/keeper/janitor.ts";
import type { Trouble } from "../../src/store/tier.ts";
import { createFakeClock, settle } from "../supervisor/fake-clock.ts";

/** An index of responses that are 100 bytes each, the oldest the least worth keeping. */
function openHouse(objects: number, broken: Partial<JanitorIndex> = {}) {
  const ids = Array.from({ length: objects }, (_, number) => `id${number}`);
  const deletions: number[] = [];
  const sweeps: number[] = [];
  const info: string[] = [];
  const troubles: Trouble[] = [];
  let checkpoints = 0;
  const clock = createFakeClock();
  const index: JanitorIndex = {
    totals: () => ({ bytes: ids.length * 100, objects: ids.length }),
    futureSpace: () => ({ bytes: ids.length * 100, files: ids.length }),
    discardEnded: () => undefined,
    evictionCandidates: ({ bytes, files }) => ids.slice(0, Math.max(Math.ceil(bytes / 100), files)),
    deleteRows(victims) {
      deletions.push(victims.length);
      ids.splice(0, ids.length, ...ids.filter((id) => !victims.includes(id)));
      return victims.length;
    },
    checkpoint() {
      checkpoints += 1;
    },
    checkpointIfGrown: () => undefined,
    disposeOfTags: () => false,
    giveBackPages: () => false,
    async sweepOrphans(modifiedBefore) {
      sweeps.push(clock.now() - modifiedBefore);
      return sweeps.length === 1 ? 3 : 0;
    },
    ...broken,
  };
  const open = (maxBytes: number, maxFiles = 1_000_000, followsLost = false) =>
    startJanitor({
      index,
      maxBytes,
      maxFiles,
      startedAt: clock.steady() - 5,
      followsLost,
      clock,
      onInfo: (message) => info.push(message),
      onTrouble: (trouble) => troubles.push(trouble),
    });
  return { open, clock, ids, deletions, sweeps, info, troubles, checkpoints: () => checkpoints };
}

describe("the janitor", () => {
  test("leaves alone what is within the bound", async () => {
    const house = openHouse(97);
    house.open(10_000);
    await house.clock.advance(5_000);
    expect(house.ids.length).toBe(97);
  });

  test("evicts at the start down to 95 % of the bound, the least worth keeping first", async () => {
    const house = openHouse(201);
    house.open(20_000);
    await house.clock.advance(0);
    expect(house.ids.length).toBe(190);
    expect(house.ids[0]).toBe("id11");
  });

  test("keeps the number of files within its bound as well", async () => {
    const house = openHouse(201);
    house.open(1_000_000, 200);
    await house.clock.advance(0);
    expect(house.ids.length).toBe(190);
  });

  test("looks again each second", async () => {
    const house = openHouse(97);
    house.open(10_000);
    await house.clock.advance(999);
    house.ids.push("new");
    await house.clock.advance(0);
    expect(house.ids.length).toBe(98);
    await house.clock.advance(1);
    expect(house.ids.length).toBe(95);
  });

  test("deletes some hundred rows at a time", async () => {
    const house = openHouse(1_000);
    house.open(40_000);
    await house.clock.advance(0);
    expect(house.deletions).toEqual([256, 256, 108]);
  });

  test("ends when the index names nothing more, whatever the totals say", async () => {
    const house = openHouse(10, { evictionCandidates: () => [] });
    const janitor = house.open(100);
    await house.clock.advance(1_000);
    await janitor.stop();
    expect(house.deletions).toEqual([]);
  });

  test("stops between two deletions", async () => {
    const house = openHouse(1_000);
    const janitor = house.open(100);
    await settle();
    const stopped = janitor.stop();
    await house.clock.advance(0);
    await stopped;
    expect(house.deletions).toEqual([256]);
    await house.clock.advance(10_000_000);
    expect(house.deletions).toEqual([256]);
  });

  test("removes each second what processes were writing that have ended", async () => {
    let looks = 0;
    const house = openHouse(0, { discardEnded: () => void looks++ });
    house.open(100);
    await house.clock.advance(3_000);
    expect(looks).toBe(4);
  });

  test("sweeps what was there at the start, and each hour what is older than an hour, and tells what it found", async () => {
    const house = openHouse(0);
    house.open(100);
    await house.clock.advance(3_599_999);
    expect(house.sweeps).toEqual([5]);
    await house.clock.advance(1);
    expect(house.sweeps).toEqual([5, 3_600_000]);
    expect(house.info).toEqual(["swept 3 rows without a file and files without a row out of the cache"]);
  });

  describe("at its end, when nobody writes any more, sweeps", () => {
    test("nothing that was swept", async () => {
      const house = openHouse(0);
      const janitor = house.open(100);
      await house.clock.advance(0);
      await janitor.stop();
      expect(house.sweeps).toEqual([5]);
    });

    test("all that the first sweep would have found, had there been time for it", async () => {
      const house = openHouse(0);
      await house.open(100).stop();
      expect(house.sweeps).toEqual([Number.NEGATIVE_INFINITY]);
    });

    test("what a worker has left that was lost", async () => {
      const house = openHouse(0);
      const janitor = house.open(100);
      await house.clock.advance(0);
      janitor.workerLost();
      await janitor.stop();
      expect(house.sweeps).toEqual([5, Number.NEGATIVE_INFINITY]);
    });

    test("what a keeper before it has left that died", async () => {
      const house = openHouse(0);
      const janitor = house.open(100, 100, true);
      await house.clock.advance(0);
      await janitor.stop();
      expect(house.sweeps).toEqual([5, Number.NEGATIVE_INFINITY]);
    });

    test("also when it was lost before the first sweep began", async () => {
      const house = openHouse(0);
      const janitor = house.open(100);
      janitor.workerLost();
      await house.clock.advance(0);
      await janitor.stop();
      expect(house.sweeps).toEqual([5, Number.NEGATIVE_INFINITY]);
    });

    test("as far as there is time: what the end cuts short is no trouble", async () => {
      const sweepOrphans = () => Promise.reject(new Error("the database is closed"));
      const house = openHouse(0, { sweepOrphans });
      await house.open(100).stop();
      expect(house.troubles).toEqual([]);
    });
  });

  test("checkpoints the index every ten seconds", async () => {
    const house = openHouse(0);
    house.open(100);
    await house.clock.advance(30_000);
    expect(house.checkpoints()).toBe(3);
  });

  test("each second: a checkpoint if there is much, what rows have left removed, and free pages given back until there are few", async () => {
    const calls: string[] = [];
    const house = openHouse(0, {
      checkpointIfGrown: () => void calls.push("checkpoint"),
      disposeOfTags: () => calls.push("tags") % 3 !== 0,
      giveBackPages: () => calls.push("pages") % 5 !== 0,
    });
    house.open(100);
    await house.clock.advance(1_000);
    expect(calls).toEqual(["checkpoint", "tags", "tags", "pages", "pages"]);
  });

  test("goes on after an error, and tells it with its code", async () => {
    let attempts = 0;
    const house = openHouse(10, {
      deleteRows() {
        attempts += 1;
        throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
      },
    });
    house.open(100);
    await house.clock.advance(2_000);
    expect(attempts).toBe(3);
    expect(house.troubles[0]).toEqual({
      code: "SQLITE_FULL",
      message: "store: evict: database or disk is full",
    });
  });

  test("chores that fall due while another takes long are done once afterwards", async () => {
    const sweep = Promise.withResolvers<number>();
    const house = openHouse(0, { sweepOrphans: () => sweep.promise });
    house.open(100);
    await house.clock.advance(60_000);
    expect(house.checkpoints()).toBe(0);
    sweep.resolve(0);
    await house.clock.advance(0);
    expect(house.checkpoints()).toBe(1);
  });
});
