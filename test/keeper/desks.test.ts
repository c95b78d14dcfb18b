import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import type { Index } from "../../src/keeper/index.ts";
import { createDesks } from "../../src/keeper/desks.ts";
import { StoreError, type Selector } from "../../src/store/tier.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { createFakeClock, settle, watch } from "../supervisor/fake-clock.ts";
import { batchOf, keysIn, newRow, newRowInFile } from "./batches.ts";

const directory = directoryForEachTest();
const block = 4096;

function keyed(primaryKey: string): Selector {
  return { by: "key", primaryKey };
}

/** The desks before the directory's index, with what they call of it; `turn` does what has come. */
function openDesks(changes: Partial<Index> = {}) {
  const clock = createFakeClock();
  const calls: string[] = [];
  const planned: (() => void)[] = [];
  const real = directory.keep();
  const there: Index = {
    ...real,
    ...changes,
    commit(batch) {
      calls.push(`commit ${batch.inserts.map(({ primaryKey }) => primaryKey).join(" ")}`);
      return (changes.commit ?? real.commit)(batch);
    },
    remove(selectors) {
      calls.push(
        `remove ${selectors.map((one) => ("primaryKey" in one ? one.primaryKey : one.by)).join(" ")}`,
      );
      return (changes.remove ?? real.remove)(selectors);
    },
  };
  const world: { index: Index | undefined } = { index: there };
  const desks = createDesks({
    index: () => world.index,
    after: clock.after,
    soon: (run) => planned.push(run),
  });
  const turn = () => {
    for (const run of planned.splice(0)) run();
  };
  return { desks, clock, calls, there, world, turn, planned };
}

/** What SQLite says while somebody else writes. */
function busyError(): Error {
  const [holder, other] = [new Database(directory.index), new Database(directory.index)];
  try {
    holder.run("BEGIN IMMEDIATE");
    other.run("BEGIN IMMEDIATE");
    throw new Error("the index should be locked");
  } catch (error) {
    return error as Error;
  } finally {
    holder.close();
    other.close();
  }
}

describe("what workers ask for is done in the order in which it came", () => {
  test("of one: a response that is handed over before a removal goes with it, one after it stays", async () => {
    const { desks, calls, there, turn } = openDesks();
    const desk = desks.open();
    const commit = desk.commit(batchOf([newRow({ primaryKey: "a" })]));
    const removal = desk.remove([keyed("a")]);
    const again = desk.commit(batchOf([newRow({ primaryKey: "a" })]));
    expect(calls).toEqual([]);
    turn();
    expect((await commit).overtaken).toEqual([]);
    expect((await removal).removed).toBe(1);
    expect((await again).overtaken).toEqual([]);
    expect(calls).toEqual(["commit a", "remove a", "commit a"]);
    expect(keysIn(there)).toEqual(["a"]);
  });

  test("of several: whoever came first", async () => {
    const { desks, calls, turn } = openDesks();
    const [one, other] = [desks.open(), desks.open()];
    const asked = [
      one.commit(batchOf([newRow({ primaryKey: "1" })])),
      other.remove([keyed("1")]),
      other.commit(batchOf([newRow({ primaryKey: "2" })])),
      one.remove([keyed("2")]),
      one.commit(batchOf([newRow({ primaryKey: "3" })])),
    ];
    turn();
    await Promise.all(asked);
    expect(calls).toEqual(["commit 1", "remove 1", "commit 2", "remove 2", "commit 3"]);
  });

  test("a row asked for before another worker's removal, and handed over after it, is refused", async () => {
    const { desks, there, turn } = openDesks();
    const before = there.lastRemoval();
    const removal = desks.open().remove([keyed("a")]);
    const row = newRow({ primaryKey: "a", afterRemoval: before });
    const commit = desks.open().commit(batchOf([row, newRow({ primaryKey: "b", afterRemoval: before })]));
    turn();
    const { number } = await removal;
    expect(await commit).toEqual({ overtaken: [row.id], removal: number });
    expect(keysIn(there)).toEqual(["b"]);
  });
});

describe("removals that came together", () => {
  test("are one, of one number; each hears how many rows were its own", async () => {
    const { desks, calls, turn } = openDesks();
    const [one, other] = [desks.open(), desks.open()];
    const seeded = one.commit(batchOf(["a", "b", "/c h"].map((primaryKey) => newRow({ primaryKey }))));
    turn();
    await seeded;
    const removals = [
      one.remove([keyed("a"), keyed("b")]),
      other.remove([keyed("x")]),
      desks.remove([{ by: "target", target: "/c", host: null, site: null }]),
    ] as const;
    turn();
    const removed: unknown[] = await Promise.all(removals);
    const { number } = await removals[0];
    expect(removed).toEqual([
      { removed: 2, number },
      { removed: 0, number },
      { complete: 1, partial: 0, number },
    ]);
    expect(calls).toEqual(["commit a b /c h", "remove a b x target"]);
  });

  test("are not one with what came between them, nor with one that may concern a great many", async () => {
    const { desks, calls, turn } = openDesks();
    const desk = desks.open();
    const asked = [
      desk.remove([keyed("a")]),
      desk.commit(batchOf([newRow({ primaryKey: "a" })])),
      desk.remove([keyed("a")]),
      desk.remove([{ by: "all" }]),
      desk.remove([keyed("b")]),
    ];
    turn();
    await Promise.all(asked);
    expect(calls).toEqual(["remove a", "commit a", "remove a", "remove all", "remove b"]);
  });

  test("which fail when they have begun are refused all, and what comes after is done", async () => {
    const remove = () => Promise.reject(new StoreError("SQLITE_FULL", "no room"));
    const { desks, turn } = openDesks({ remove });
    const desk = desks.open();
    const removals = [desk.remove([keyed("a")]), desk.remove([keyed("b")])];
    const commit = desk.commit(batchOf([newRow()]));
    const refused = Promise.allSettled(removals);
    turn();
    for (const { status } of await refused) expect(status).toBe("rejected");
    expect((await commit).overtaken).toEqual([]);
  });
});

describe("while somebody else holds the index", () => {
  test("what is to be entered waits, what comes meanwhile as well, and then goes on in its order", async () => {
    let busy = 2;
    const real = directory.keep();
    const error = busyError();
    const commit: Index["commit"] = (batch) => {
      if (busy-- > 0) throw error;
      return real.commit(batch);
    };
    const { desks, calls, there, turn, clock, planned } = openDesks({ commit });
    const desk = desks.open();
    const first = desk.commit(batchOf([newRow({ primaryKey: "a" })]));
    turn();
    const waiting = watch(first);
    const later = desk.commit(batchOf([newRow({ primaryKey: "b" })]));
    expect(planned).toEqual([]);
    await clock.advance(100);
    expect([waiting.settled, calls]).toEqual([false, ["commit a", "commit a"]]);
    await clock.advance(100);
    await Promise.all([first, later]);
    expect(calls.slice(2)).toEqual(["commit a", "commit b"]);
    expect(keysIn(there)).toEqual(["a", "b"]);
  });

  test("a removal is refused, be it the first or behind what waits: a client waits for it", async () => {
    directory.keep();
    const error = busyError();
    const throwBusy = () => {
      throw error;
    };
    const { desks, turn, clock } = openDesks({ commit: throwBusy, remove: throwBusy });
    const first = desks.remove([keyed("a")]);
    turn();
    await expect(first).rejects.toMatchObject({ code: "SQLITE_BUSY" });
    const waiting = watch(desks.open().commit(batchOf([newRow({ primaryKey: "a" })])));
    const behind = desks.remove([keyed("a")]).catch((refusal: unknown) => refusal);
    await clock.advance(100);
    expect(await behind).toMatchObject({ code: "SQLITE_BUSY" });
    expect(waiting.settled).toBe(false);
  });
});

describe("refusals", () => {
  test("all is refused while there is no index, and done when there is one again", async () => {
    const { desks, turn, world, there } = openDesks();
    const desk = desks.open();
    world.index = undefined;
    const change = { change: "weigh", id: "x" } as const;
    const refused = [
      desk.commit(batchOf([newRow()])),
      desk.remove([keyed("a")]),
      desk.grant({ bytes: block, files: 1 }),
      desk.changePieces(change),
    ];
    turn();
    for (const one of refused) await expect(one).rejects.toMatchObject({ code: "INDEX_ABSENT" });
    world.index = there;
    const commit = desk.commit(batchOf([newRow()]));
    turn();
    expect((await commit).overtaken).toEqual([]);
  });

  test("what throws is refused with its code, alone", async () => {
    let failures = 1;
    const real = directory.keep();
    const commit: Index["commit"] = (batch) => {
      if (failures-- > 0) throw Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR" });
      return real.commit(batch);
    };
    const { desks, turn } = openDesks({ commit });
    const desk = desks.open();
    const [bad, good] = [desk.commit(batchOf([newRow()])), desk.commit(batchOf([newRow()]))];
    turn();
    await expect(bad).rejects.toMatchObject({ name: "StoreError", code: "SQLITE_IOERR" });
    expect((await good).overtaken).toEqual([]);
  });
});

describe("room that was granted to a worker", () => {
  const room = { bytes: 10 * block, files: 2 };

  test("is given back when it leaves, and what the others have is theirs", async () => {
    const { desks, turn, there } = openDesks();
    const [one, other] = [desks.open(), desks.open()];
    const grants = [one.grant(room), other.grant(room)];
    turn();
    expect(await Promise.all(grants)).toEqual([true, true]);
    one.giveBack({ bytes: block, files: 0 });
    expect(there.futureSpace()).toEqual({ bytes: 19 * block, files: 4 });
    one.close();
    expect(there.futureSpace()).toEqual(room);
    one.close();
    expect(there.futureSpace()).toEqual(room);
  });

  test("is a row's when the body has one, and not given back a second time when the worker leaves", async () => {
    const { desks, turn, there } = openDesks();
    const [one, other] = [desks.open(), desks.open()];
    const row = await newRowInFile(there);
    const grants = [one.grant({ bytes: 18 * block, files: 1 }), other.grant(room)];
    const commit = one.commit(batchOf([row]));
    turn();
    await Promise.all([...grants, commit]);
    one.close();
    expect(there.futureSpace()).toEqual({ bytes: room.bytes + there.totals().bytes, files: room.files + 1 });
  });

  test("is a row's also when the worker has ended before its batch came to its turn", async () => {
    const { desks, turn, there } = openDesks();
    const [one, other] = [desks.open(), desks.open()];
    const row = await newRowInFile(there);
    const grants = [one.grant({ bytes: 18 * block, files: 1 }), other.grant(room)];
    turn();
    await Promise.all(grants);
    const commit = one.commit(batchOf([row]));
    one.close();
    turn();
    await commit;
    expect(there.futureSpace()).toEqual({ bytes: room.bytes + there.totals().bytes, files: room.files + 1 });
  });

  test("is granted at once, whatever waits, and not to a worker that has ended", async () => {
    const { desks, there } = openDesks();
    const desk = desks.open();
    expect(await desk.grant(room)).toBe(true);
    desk.close();
    await expect(desk.grant(room)).rejects.toMatchObject({ code: "CLOSED" });
    expect(there.futureSpace()).toEqual({ bytes: 0, files: 0 });
  });

  test("by a keeper before this one is held from the worker's word on, and given back when it leaves", () => {
    const { desks, there } = openDesks();
    const desk = desks.open();
    desk.hold(room);
    expect(there.futureSpace()).toEqual(room);
    desk.close();
    expect(there.futureSpace()).toEqual({ bytes: 0, files: 0 });
  });

  test("by an index that was replaced is held once in the next", async () => {
    const { desks, turn, world, there } = openDesks();
    const [one, other] = [desks.open(), desks.open()];
    const grant = one.grant(room);
    turn();
    await grant;
    // Nothing is granted in the next one yet.
    there.giveBack(room);
    world.index = { ...there };
    one.hold(room);
    other.hold(room);
    one.close();
    expect(there.futureSpace()).toEqual(room);
  });
});

test("done resolves when all that has come until then is done, removals of many as well", async () => {
  const rest = Promise.withResolvers<void>();
  const real = directory.keep();
  const { desks, turn, calls } = openDesks({
    async remove(selectors) {
      const removed = await real.remove(selectors);
      await rest.promise;
      return removed;
    },
  });
  const desk = desks.open();
  const asked = [desk.commit(batchOf([newRow({ primaryKey: "a" })])), desks.remove([{ by: "all" }])];
  const done = watch(desks.done());
  turn();
  await settle();
  expect([calls, done.settled]).toEqual([["commit a", "remove all"], false]);
  rest.resolve();
  await Promise.all(asked);
  await settle();
  expect(done.settled).toBe(true);
});
