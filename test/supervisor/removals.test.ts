import { describe, expect, test } from "bun:test";
import type { ToWorker } from "../../src/control/messages.ts";
import type { Listed } from "../../src/control/purge.ts";
import type { PurgeSelector } from "../../src/control/selector.ts";
import { FleetError } from "../../src/supervisor/fleet-error.ts";
import type { RemovedByKind } from "../../src/supervisor/removing.ts";
import { settle, watch } from "./fake-clock.ts";
import { answerRemoval, introduce } from "./fake-keepers.ts";
import { openReadyScene, type Scene } from "./fleet-scene.ts";

const all: PurgeSelector = { by: "all" };
const key = (primaryKey: string): PurgeSelector => ({ by: "key", primaryKey });

function counted(complete: number): RemovedByKind {
  return { complete, partial: 0, inFlight: 0 };
}

/** The worker says that its memory has dropped so many. */
function answerWorker({ workers }: Scene, birth: number, count = 0): void {
  const { request } = workers.worker(birth).heard("remove");
  workers.worker(birth).say({ kind: "removed", request, complete: count, inFlight: 0 });
}

/** Workers that were sent a removal. */
function told({ workers }: Scene): boolean[] {
  return workers.born.map((worker) => worker.timesHeard("remove") > 0);
}

/** A second of life in which every process gives its sign of it. */
async function beat({ clock, workers, keepers }: Scene): Promise<void> {
  await clock.advance(1_000);
  for (const worker of workers.born) {
    worker.say({ kind: "counters", request: worker.heard("reportCounters").request, counters: {} });
  }
  for (const keeper of keepers.born) {
    keeper.say({ kind: "totals", request: keeper.heard("totals").request, objects: 0, bytes: 0 });
  }
}

describe("purging", () => {
  test("the disk goes first, then every memory, with the keeper's number; the largest count is the answer", async () => {
    const scene = await openReadyScene(3);
    const removed = scene.fleet.remove([all]);
    await settle();
    expect(scene.keepers.child(0).heard("remove").selectors).toEqual([all]);
    expect(told(scene)).toEqual([false, false, false]);
    answerRemoval(scene.keepers.child(0), { count: 5, number: 7 });
    await settle();
    expect(scene.workers.worker(2).heard("remove")).toMatchObject({ selectors: [all], number: 7 });
    for (const birth of [0, 1, 2]) answerWorker(scene, birth, birth);
    expect(await removed).toEqual(counted(5));
    expect(scene.notes).toEqual([]);
  });

  test("what lies in memories alone is counted, too", async () => {
    const scene = await openReadyScene(2);
    const removed = scene.fleet.remove([all]);
    answerRemoval(scene.keepers.child(0), { count: 1, number: 7 });
    await settle();
    answerWorker(scene, 0, 4);
    answerWorker(scene, 1, 2);
    expect(await removed).toEqual(counted(4));
  });

  test("a worker that dies before it answers is not waited for: its memory is gone", async () => {
    const scene = await openReadyScene();
    const removed = scene.fleet.remove([all]);
    answerRemoval(scene.keepers.child(0), { count: 1, number: 7 });
    await settle();
    answerWorker(scene, 0);
    scene.workers.worker(1).end();
    expect(await removed).toEqual(counted(1));
  });

  test("a worker that has just started is asked at once: it must not serve before it has heard of it", async () => {
    const scene = await openReadyScene(1);
    scene.workers.worker(0).end();
    await scene.clock.advance(100);
    const removed = scene.fleet.remove([all]);
    answerRemoval(scene.keepers.child(0), { count: 1, number: 7 });
    await settle();
    answerWorker(scene, 1);
    expect(await removed).toEqual(counted(1));
  });

  test("without a worker what is on the disk is removed", async () => {
    const scene = await openReadyScene(1);
    scene.workers.worker(0).end();
    const removed = scene.fleet.remove([all]);
    answerRemoval(scene.keepers.child(0), { count: 3, number: 7 });
    expect(await removed).toEqual(counted(3));
  });

  test("a worker that does not answer within a minute fails the purge", async () => {
    const scene = await openReadyScene(1);
    const removed = scene.fleet.remove([all]);
    answerRemoval(scene.keepers.child(0), { count: 3, number: 7 });
    const state = watch(removed);
    for (let seconds = 0; seconds < 59; seconds += 1) await beat(scene);
    expect(state.settled).toBe(false);
    await beat(scene);
    await expect(removed).rejects.toThrow(new FleetError("worker 1 did not say in time that it removed"));
  });
});

describe("purging while the keeper cannot remove", () => {
  const unremoved = (why: string) =>
    new FleetError(
      `what was named is served no more, but is on the disk still (${why}); it is tried each second to remove it`,
    );

  /** What the purge came to when every worker had answered. */
  async function failed(scene: Scene, removed: Promise<RemovedByKind>): Promise<unknown> {
    const caught = removed.catch((error: unknown) => error);
    await settle();
    for (const birth of scene.workers.born.keys()) {
      expect(scene.workers.worker(birth).heard("remove")).toMatchObject({ selectors: [all], number: null });
      answerWorker(scene, birth);
    }
    return await caught;
  }

  test("because it refuses, marks it everywhere and says so", async () => {
    const scene = await openReadyScene();
    const removed = scene.fleet.remove([all]);
    answerRemoval(scene.keepers.child(0), { count: 0, number: 0, error: "database or disk is full" });
    expect(await failed(scene, removed)).toEqual(unremoved("database or disk is full"));
  });

  test("because it is dead, marks it everywhere at once and says so", async () => {
    const scene = await openReadyScene();
    scene.keepers.child(0).end({ signal: "SIGKILL" });
    expect(await failed(scene, scene.fleet.remove([all]))).toEqual(
      unremoved("the keeper of the disk is down"),
    );
  });

  test("because it dies meanwhile, likewise", async () => {
    const scene = await openReadyScene();
    const removed = scene.fleet.remove([all]);
    scene.keepers.child(0).end({ signal: "SIGKILL" });
    expect(await failed(scene, removed)).toEqual(
      unremoved("the keeper of the disk ended before it had removed it"),
    );
  });

  test("because it is known to be silent, likewise", async () => {
    const scene = await openReadyScene();
    await scene.clock.advance(2_000);
    expect(await failed(scene, scene.fleet.remove([all]))).toEqual(
      unremoved("the keeper of the disk does not answer"),
    );
  });

  test("because it is slow, waits for a minute", async () => {
    const scene = await openReadyScene();
    const removed = scene.fleet.remove([all]);
    for (let seconds = 0; seconds < 59; seconds += 1) await beat(scene);
    expect(told(scene)).toEqual([false, false]);
    await beat(scene);
    expect(await failed(scene, removed)).toEqual(
      unremoved("the keeper of the disk did not say in time that it removed it"),
    );
  });

  test("is noted for the next start before anybody is told", async () => {
    const scene = await openReadyScene();
    scene.keepers.child(0).end();
    await failed(scene, scene.fleet.remove([all]));
    expect(scene.notes).toEqual([{ areThere: true, told: 0 }]);
  });

  test("hands the removal to workers that start later, and to the next keeper, which ends that", async () => {
    const scene = await openReadyScene(1);
    scene.keepers.child(0).end();
    await failed(scene, scene.fleet.remove([all]));
    scene.workers.worker(0).end();
    await scene.clock.advance(100);
    scene.workers.worker(1).say({ kind: "hello" });
    expect(scene.workers.worker(1).heard("start").marks).toEqual([all]);
    introduce(scene.keepers.child(1));
    await scene.clock.advance(1_000);
    answerRemoval(scene.keepers.child(1), { count: 4, number: 8 });
    await settle();
    scene.workers.worker(1).end();
    await scene.clock.advance(1_000);
    scene.workers.worker(2).say({ kind: "hello" });
    expect(scene.workers.worker(2).heard("start").marks).toEqual([]);
    expect(scene.notes.map(({ areThere }) => areThere)).toEqual([true, false]);
  });
});

describe("invalidating", () => {
  function invalidate(
    { workers }: Scene,
    from: number,
    selector: PurgeSelector,
    number: number | null = 7,
    request = 9,
  ): void {
    workers.worker(from).say({ kind: "invalidateElsewhere", request, selectors: [selector], number });
  }

  const done = (request = 9): ToWorker => ({ kind: "invalidatedElsewhere", request });

  test("what one worker has invalidated every other removes, and only then is it told so", async () => {
    const scene = await openReadyScene(3);
    invalidate(scene, 1, key("k"));
    await settle();
    answerWorker(scene, 0);
    await settle();
    expect(scene.workers.worker(1).sent).not.toContainEqual(done());
    answerWorker(scene, 2);
    await settle();
    expect(scene.workers.worker(1).sent).toContainEqual(done());
    expect(scene.workers.worker(2).heard("remove")).toMatchObject({ selectors: [key("k")], number: 7 });
    expect(scene.workers.worker(1).timesHeard("remove")).toBe(0);
    expect(scene.keepers.child(0).timesHeard("remove")).toBe(0);
  });

  test("of 64 invalidations of 16 workers in one turn each worker gets one message, without its own", async () => {
    const scene = await openReadyScene(16);
    for (let request = 1; request <= 64; request += 1) {
      const from = request % 16;
      invalidate(scene, from, key(`${from}`), request, request);
    }
    await settle();
    for (const [birth, worker] of scene.workers.born.entries()) {
      expect(worker.timesHeard("remove")).toBe(1);
      const { selectors, number } = worker.heard("remove");
      expect(selectors).toHaveLength(60);
      expect(selectors).not.toContainEqual(key(`${birth}`));
      expect(number).toBe(birth === 0 ? 63 : 64);
      answerWorker(scene, birth);
    }
    await settle();
    for (const worker of scene.workers.born) expect(worker.timesHeard("invalidatedElsewhere")).toBe(4);
  });

  test("each of those in one turn is answered when the others have done its own", async () => {
    const scene = await openReadyScene(3);
    invalidate(scene, 0, key("a"));
    invalidate(scene, 1, key("b"));
    await settle();
    answerWorker(scene, 1);
    answerWorker(scene, 2);
    await settle();
    expect(scene.workers.worker(0).sent).toContainEqual(done());
    expect(scene.workers.worker(1).sent).not.toContainEqual(done());
    answerWorker(scene, 0);
    await settle();
    expect(scene.workers.worker(1).sent).toContainEqual(done());
  });

  test("a worker that starts is asked at once, and waited for: it may be answering clients by then", async () => {
    const scene = await openReadyScene();
    scene.workers.worker(1).end();
    await scene.clock.advance(100);
    invalidate(scene, 0, key("k"));
    await settle();
    expect(scene.workers.worker(0).sent).not.toContainEqual(done());
    expect(scene.workers.worker(2).heard("remove").selectors).toEqual([key("k")]);
    answerWorker(scene, 2);
    await settle();
    expect(scene.workers.worker(0).sent).toContainEqual(done());
  });

  test("nobody waits for a worker that waits for its start", async () => {
    const scene = await openReadyScene();
    scene.workers.worker(1).end();
    invalidate(scene, 0, key("k"));
    await settle();
    expect(scene.workers.worker(0).sent).toContainEqual(done());
  });

  test("a worker that does not answer is waited for a second", async () => {
    const scene = await openReadyScene();
    invalidate(scene, 0, key("k"));
    await scene.clock.advance(999);
    expect(scene.workers.worker(0).sent).not.toContainEqual(done());
    await scene.clock.advance(1);
    expect(scene.workers.worker(0).sent).toContainEqual(done());
  });

  test("a worker that has ended meanwhile is not answered in the name of the one before it", async () => {
    const scene = await openReadyScene();
    invalidate(scene, 0, key("k"));
    await settle();
    scene.workers.worker(0).end();
    await scene.clock.advance(100);
    answerWorker(scene, 1);
    await settle();
    expect(scene.workers.worker(2).sent).toEqual([]);
  });

  test("what the keeper could not remove is marked by all, apart from what it could, and noted before", async () => {
    const scene = await openReadyScene();
    invalidate(scene, 0, key("marked"), null);
    invalidate(scene, 0, key("removed"), 7);
    await settle();
    const removals = scene.workers.worker(1).sent.filter(({ kind }) => kind === "remove");
    expect(removals).toMatchObject([
      { selectors: [key("removed")], number: 7 },
      { selectors: [key("marked")], number: null },
    ]);
    expect(scene.notes).toEqual([{ areThere: true, told: 0 }]);
    scene.workers.worker(1).end();
    await scene.clock.advance(100);
    scene.workers.worker(2).say({ kind: "hello" });
    expect(scene.workers.worker(2).heard("start").marks).toEqual([key("marked")]);
  });

  test("the keeper is given what was marked as soon as it can, each second", async () => {
    const scene = await openReadyScene();
    invalidate(scene, 0, key("marked"), null);
    await scene.clock.advance(1_000);
    expect(scene.keepers.child(0).heard("remove").selectors).toEqual([key("marked")]);
    answerRemoval(scene.keepers.child(0), { count: 0, number: 0, error: "database is locked" });
    await scene.clock.advance(1_000);
    expect(scene.keepers.child(0).timesHeard("remove")).toBe(2);
  });
});

describe("a dry run", () => {
  const one = { key: "/a a.example", variant: "", status: 200, size: 3, isPartial: false };
  const two = { ...one, variant: "gzip" };
  const part = { ...one, key: "/b a.example", isPartial: true };

  function tellKeeper({ keepers }: Scene, listed: Listed[], error?: string): void {
    const keeper = keepers.child(0);
    const { request } = keeper.heard("list");
    const refusal = error === undefined ? {} : { error };
    keeper.say({ kind: "listed", request, complete: 1, partial: 1, listed, ...refusal });
  }

  function tellWorker({ workers }: Scene, birth: number, listed: Listed[]): void {
    const { request } = workers.worker(birth).heard("list");
    workers.worker(birth).say({ kind: "listed", request, complete: listed.length, inFlight: 1, listed });
  }

  test.each([
    [10, [one, part, two]],
    [1, [one]],
  ])("tells what the disk and the memories have, each response once, at most %d", async (limit, listed) => {
    const scene = await openReadyScene(2);
    const answer = scene.fleet.list([all], limit);
    expect(scene.keepers.child(0).heard("list")).toMatchObject({ selectors: [all], limit });
    tellKeeper(scene, [one, part]);
    tellWorker(scene, 0, [one]);
    tellWorker(scene, 1, [one, two]);
    expect(await answer).toEqual({ complete: 2, partial: 1, inFlight: 2, listed });
    expect(scene.workers.worker(0).timesHeard("remove")).toBe(0);
  });

  test("says so where it cannot be told what is on the disk", async () => {
    const scene = await openReadyScene(1);
    const listed = scene.fleet.list([all], 10);
    tellKeeper(scene, [], "database is locked");
    tellWorker(scene, 0, []);
    await expect(listed).rejects.toThrow(
      new FleetError("it cannot be told what is on the disk (database is locked)"),
    );
  });

  test("does not wait for a worker that has ended", async () => {
    const scene = await openReadyScene(2);
    const listed = scene.fleet.list([all], 10);
    tellKeeper(scene, [one]);
    tellWorker(scene, 0, [one]);
    scene.workers.worker(1).end();
    expect(await listed).toEqual({ complete: 1, partial: 1, inFlight: 1, listed: [one] });
  });
});
