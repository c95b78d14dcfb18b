import { describe, expect, test } from "bun:test";
import type { ToWorker } from "../../src/control/messages.ts";
import type { PurgeSelector } from "../../src/control/selector.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { createFleet, type Fleet, FleetError } from "../../src/supervisor/fleet.ts";
import { createUnremoved } from "../../src/supervisor/unremoved.ts";
import { createFakeClock, type FakeClock, settle, watch } from "./fake-clock.ts";
import { createFakeWorkers, type FakeWorkers, startOrder } from "./fake-workers.ts";

interface Scene {
  readonly clock: FakeClock;
  readonly workers: FakeWorkers;
  readonly fleet: Fleet;
  readonly journal: string[];
  readonly log: string[];
  readonly troubles: string[];
  /** Names of workers that have ended. */
  readonly gone: (readonly [name: string, wasOrderly: boolean])[];
  /** Why the supervisor cannot remove from the disk, if it cannot; how many it removes. */
  readonly disk: { refusal: string | undefined; removes: number };
}

function openScene(count = 2): Scene {
  const clock = createFakeClock();
  const workers = createFakeWorkers();
  const journal: string[] = [];
  const log: string[] = [];
  const troubles: string[] = [];
  const gone: (readonly [string, boolean])[] = [];
  const disk: Scene["disk"] = { refusal: undefined, removes: 0 };
  const unremoved = createUnremoved({
    index: {
      async removeEarlier() {
        if (disk.refusal !== undefined) throw new Error(disk.refusal);
        return disk.removes;
      },
      noteUnremoved: () => undefined,
    },
    clock,
    troubles: { note: () => undefined },
  });
  const fleet = createFleet({
    unremoved,
    starts: Array.from({ length: count }, (_, place) => startOrder(place + 1)),
    spawn: workers.spawn,
    clock,
    journal: {
      info: (message) => journal.push(`info ${message}`),
      warn: (message) => journal.push(`warn ${message}`),
      error: (message) => journal.push(`error ${message}`),
    },
    troubles: { note: ({ code, message }) => troubles.push(`${code} ${message}`) },
    requestLog: { write: (lines, dropped) => log.push(`${dropped}:${lines}`) },
    onGone: (workerName, wasOrderly) => gone.push([workerName, wasOrderly]),
  });
  return { clock, workers, fleet, journal, log, troubles, gone, disk };
}

async function openReadyScene(count = 2): Promise<Scene> {
  const scene = openScene(count);
  const started = scene.fleet.start();
  for (const worker of scene.workers.born) {
    worker.say({ kind: "hello" });
    worker.say({ kind: "ready", port: 8888, name: "worker" });
  }
  await started;
  return scene;
}

describe("starting", () => {
  test("a worker is told its settings when it says hello, not before", async () => {
    const { clock, fleet, workers } = openScene();
    watch(fleet.start());
    expect(workers.worker(1).sent).toEqual([]);
    workers.worker(1).say({ kind: "hello" });
    expect(workers.worker(1).sent).toEqual([{ ...startOrder(2), now: clock.steady(), marks: [] }]);
  });

  test("the fleet has started when the last worker is ready", async () => {
    const { fleet, workers } = openScene();
    const started = fleet.start();
    const state = watch(started);
    workers.worker(0).say({ kind: "ready", port: 1, name: "worker" });
    await settle();
    expect(state.settled).toBe(false);
    workers.worker(1).say({ kind: "ready", port: 1, name: "worker" });
    await started;
  });

  test.each([
    [false, new FleetError("port 8888 is taken")],
    [true, new UsageError("port 8888 is taken")],
  ])(
    "a worker that says why it cannot serve ends the start with its words (usage: %p)",
    async (isUsage, error) => {
      const { fleet, workers } = openScene();
      const started = fleet.start();
      const caught = started.catch((caught: unknown) => caught);
      workers.worker(1).say({ kind: "failed", message: "port 8888 is taken", isUsage });
      expect(await caught).toEqual(error);
      expect(await caught).toBeInstanceOf(error.constructor);
    },
  );

  test("a worker that dies three times before all are ready ends the start", async () => {
    const { fleet, workers, clock } = openScene(1);
    const started = fleet.start();
    const state = watch(started);
    workers.worker(0).end({ exitCode: 7 });
    await clock.advance(100);
    workers.worker(1).end({ exitCode: 7 });
    await clock.advance(200);
    expect(state.settled).toBe(false);
    workers.worker(2).end({ exitCode: 7 });
    await expect(started).rejects.toThrow("worker 1 ended with code 7 before it was ready");
  });

  test("a worker that is not ready within 30 s is killed", async () => {
    const { fleet, workers, clock } = openScene(1);
    watch(fleet.start());
    await clock.advance(29_999);
    expect(workers.worker(0).killed).toBe(false);
    await clock.advance(1);
    expect(workers.worker(0).killed).toBe(true);
  });
});

describe("a worker that dies", () => {
  test("is told of by its name, for its socket to go", async () => {
    const { workers, gone } = await openReadyScene(1);
    workers.worker(0).end();
    expect(gone).toEqual([["worker", false]]);
  });

  test("is told from one that ends with nothing left to do, also while all are to end", async () => {
    const { workers, gone, fleet } = await openReadyScene(2);
    watch(fleet.drain(1000));
    workers.worker(0).end({ signal: "SIGKILL" });
    workers.worker(1).end({ exitCode: 0 });
    expect(gone.map(([, wasOrderly]) => wasOrderly)).toEqual([false, true]);
  });

  test("is replaced after the back-off, which doubles", async () => {
    const { workers, clock } = await openReadyScene(1);
    workers.worker(0).end({ signal: "SIGKILL" });
    await clock.advance(99);
    expect(workers.born.length).toBe(1);
    await clock.advance(1);
    expect(workers.born.length).toBe(2);
    workers.worker(1).end({ signal: "SIGKILL" });
    await clock.advance(199);
    expect(workers.born.length).toBe(2);
    await clock.advance(1);
    expect(workers.born.length).toBe(3);
  });

  test("is replaced after 100 ms again when it had been ready for 10 s", async () => {
    const { workers, clock } = await openReadyScene(1);
    workers.worker(0).end();
    await clock.advance(100);
    workers.worker(1).say({ kind: "ready", port: 1, name: "worker" });
    await clock.advance(10_000);
    workers.worker(1).end();
    await clock.advance(100);
    expect(workers.born.length).toBe(3);
  });

  test("keeps its back-off when it had been ready for less", async () => {
    const { workers, clock } = await openReadyScene(1);
    workers.worker(0).end();
    await clock.advance(100);
    workers.worker(1).say({ kind: "ready", port: 1, name: "worker" });
    await clock.advance(9_999);
    workers.worker(1).end();
    await clock.advance(199);
    expect(workers.born.length).toBe(2);
  });

  test("is told of in the journal, and so is its return", async () => {
    const { workers, clock, journal, fleet } = await openReadyScene();
    workers.worker(1).end({ signal: "SIGKILL" });
    expect(fleet.status()[1]).toMatchObject({ number: 2, state: "waiting", deaths: 1 });
    await clock.advance(100);
    workers.worker(2).say({ kind: "ready", port: 1, name: "worker" });
    expect(journal).toEqual([
      "error worker 2 was ended by SIGKILL; it is started again in 100 ms",
      "info worker 2 is back",
    ]);
  });

  test("one that is silent is ended, and told of with what it was", async () => {
    const { workers, clock, troubles } = await openReadyScene(1);
    workers.worker(0).look = { state: "T", processorSeconds: 1 };
    await clock.advance(3_999);
    expect(workers.worker(0).killed).toBe(false);
    await clock.advance(1);
    expect(workers.worker(0).killed).toBe(true);
    expect(troubles).toEqual([
      "UNRESPONSIVE worker 1: no answer for 3 s: it is stopped, by SIGSTOP or the like; it is ended",
    ]);
  });

  test("one that answers, however late, is not", async () => {
    const { workers, clock } = await openReadyScene(1);
    workers.worker(0).look = { state: "T", processorSeconds: 1 };
    for (let times = 0; times < 20; times += 1) {
      await clock.advance(3_000);
      const { request } = workers.worker(0).heard("reportCounters");
      workers.worker(0).say({ kind: "counters", request, counters: {} });
    }
    expect(workers.worker(0).killed).toBe(false);
  });
});

describe("draining", () => {
  test("ready workers are told to drain, and it ends when the last of them has ended", async () => {
    const { workers, fleet } = await openReadyScene();
    const drained = fleet.drain(3_000);
    const state = watch(drained);
    expect(workers.worker(0).heard("drain").graceMilliseconds).toBe(3_000);
    expect(workers.worker(1).heard("drain").graceMilliseconds).toBe(3_000);
    workers.worker(0).say({ kind: "drained" });
    workers.worker(0).end({ exitCode: 0 });
    workers.worker(1).say({ kind: "drained" });
    await settle();
    expect(state.settled).toBe(false);
    workers.worker(1).end({ exitCode: 0 });
    await drained;
    expect(workers.born.map((worker) => worker.killed)).toEqual([false, false]);
  });

  test("a worker that ended in the drain is not replaced and not complained of", async () => {
    const { workers, fleet, clock, journal } = await openReadyScene(1);
    const drained = fleet.drain(1_000);
    workers.worker(0).end({ exitCode: 0 });
    await drained;
    await clock.advance(60_000);
    expect(workers.born.length).toBe(1);
    expect(journal).toEqual([]);
  });

  test("a worker that waits for its restart is not started, one that starts is killed", async () => {
    const { workers, fleet, clock } = await openReadyScene();
    workers.worker(0).end();
    await clock.advance(100);
    workers.worker(1).end();
    const drained = fleet.drain(1_000);
    expect(workers.worker(2).killed).toBe(true);
    await drained;
    await clock.advance(60_000);
    expect(workers.born.length).toBe(3);
  });

  test("a worker that is still there 5 s after the grace is killed", async () => {
    const { workers, fleet, clock } = await openReadyScene(1);
    const drained = fleet.drain(1_000);
    await clock.advance(5_999);
    expect(workers.worker(0).killed).toBe(false);
    await clock.advance(1);
    expect(workers.worker(0).killed).toBe(true);
    await drained;
  });

  test("kill ends a drain at once", async () => {
    const { workers, fleet } = await openReadyScene(1);
    const drained = fleet.drain(30_000);
    const killed = fleet.kill();
    expect(workers.worker(0).killed).toBe(true);
    await Promise.all([drained, killed]);
  });
});

describe("purging", () => {
  const selector = { by: "all" } as const;

  function answerRemoval({ workers }: Scene, birth: number, count: number): void {
    const { request } = workers.worker(birth).heard("remove");
    workers.worker(birth).say({ kind: "removed", request, count });
  }

  test("the disk goes first: other workers are asked when the first has answered", async () => {
    const scene = await openReadyScene(3);
    const removed = scene.fleet.remove(selector);
    await settle();
    expect(scene.workers.born.map((worker) => worker.sent.some(({ kind }) => kind === "remove"))).toEqual([
      true,
      false,
      false,
    ]);
    answerRemoval(scene, 0, 5);
    await settle();
    answerRemoval(scene, 1, 2);
    answerRemoval(scene, 2, 1);
    expect(await removed).toBe(5);
  });

  test("a worker that dies before it answers hands the disk to the next", async () => {
    const scene = await openReadyScene();
    const removed = scene.fleet.remove(selector);
    await settle();
    scene.workers.worker(0).end();
    await settle();
    answerRemoval(scene, 1, 4);
    expect(await removed).toBe(4);
  });

  test("a worker that has just started is asked when it is ready", async () => {
    const scene = await openReadyScene(1);
    scene.workers.worker(0).end();
    await scene.clock.advance(100);
    const removed = scene.fleet.remove(selector);
    await settle();
    expect(scene.workers.worker(1).sent).toEqual([]);
    scene.workers.worker(1).say({ kind: "ready", port: 1, name: "worker" });
    await settle();
    answerRemoval(scene, 1, 0);
    expect(await removed).toBe(0);
  });

  test("no worker, no purge", async () => {
    const { fleet, workers } = await openReadyScene(1);
    workers.worker(0).end();
    await expect(fleet.remove(selector)).rejects.toThrow(new FleetError("no worker is ready"));
  });

  test("a worker that could not remove fails the purge with its words, when the others have removed", async () => {
    const scene = await openReadyScene(2);
    const { fleet, workers } = scene;
    const removed = fleet.remove(selector);
    await settle();
    const { request } = workers.worker(0).heard("remove");
    workers.worker(0).say({ kind: "removed", request, count: 0, error: "database is locked" });
    await settle();
    answerRemoval(scene, 1, 1);
    await expect(removed).rejects.toThrow(new FleetError("worker 1: database is locked"));
  });

  test("a worker that hangs keeps the others from it for a second", async () => {
    const scene = await openReadyScene(2);
    watch(scene.fleet.remove(selector));
    await scene.clock.advance(999);
    const isAsked = () => scene.workers.worker(1).sent.some(({ kind }) => kind === "remove");
    expect(isAsked()).toBe(false);
    await scene.clock.advance(1);
    expect(isAsked()).toBe(true);
  });

  test("what a worker could not remove from the disk the supervisor removes, and counts", async () => {
    const scene = await openReadyScene(1);
    scene.disk.removes = 3;
    const removed = scene.fleet.remove(selector);
    await settle();
    scene.workers.worker(0).say({ kind: "unremoved", mark: { selector, at: 7 } });
    answerRemoval(scene, 0, 1);
    expect(await removed).toBe(3);
  });

  test("what neither can remove fails the purge, which says that it is served no more", async () => {
    const scene = await openReadyScene(1);
    scene.disk.refusal = "database or disk is full";
    const removed = scene.fleet.remove(selector);
    await settle();
    scene.workers.worker(0).say({ kind: "unremoved", mark: { selector, at: 7 } });
    answerRemoval(scene, 0, 1);
    await expect(removed).rejects.toThrow(
      "what was named is served no more, but is on the disk still (database or disk is full)",
    );
  });

  test("a worker that starts while something is on the disk still is told so", async () => {
    const scene = await openReadyScene(1);
    scene.disk.refusal = "database or disk is full";
    const mark = { selector, at: 7 };
    scene.workers.worker(0).say({ kind: "unremoved", mark });
    scene.workers.worker(0).end();
    await scene.clock.advance(100);
    scene.workers.worker(1).say({ kind: "hello" });
    expect(scene.workers.worker(1).heard("start").marks).toEqual([mark]);
    scene.disk.refusal = undefined;
    await scene.clock.advance(1000);
    scene.workers.worker(1).end();
    await scene.clock.advance(1000);
    scene.workers.worker(2).say({ kind: "hello" });
    expect(scene.workers.worker(2).heard("start").marks).toEqual([]);
  });

  test("a worker that does not answer within a minute fails the purge", async () => {
    const { fleet, clock, workers } = await openReadyScene(1);
    const removed = fleet.remove(selector);
    const state = watch(removed);
    await settle();
    for (let beat = 0; beat < 59; beat += 1) {
      await clock.advance(1_000);
      const { request } = workers.worker(0).heard("reportCounters");
      workers.worker(0).say({ kind: "counters", request, counters: {} });
    }
    expect(state.settled).toBe(false);
    await clock.advance(1_000);
    await expect(removed).rejects.toThrow(new FleetError("worker 1 did not say in time that it removed"));
  });
});

describe("invalidating", () => {
  function invalidate({ workers }: Scene, from: number, selector: PurgeSelector): void {
    workers.worker(from).say({ kind: "invalidateElsewhere", request: 9, selectors: [selector] });
  }

  function answer({ workers }: Scene, birth: number, error?: string): void {
    const { request } = workers.worker(birth).heard("remove");
    workers
      .worker(birth)
      .say({ kind: "removed", request, count: 0, ...(error === undefined ? {} : { error }) });
  }

  const key: PurgeSelector = { by: "key", primaryKey: "k" };
  const done: ToWorker = { kind: "invalidatedElsewhere", request: 9 };

  test("what one worker has invalidated every other removes, and only then is it told so", async () => {
    const scene = await openReadyScene(3);
    invalidate(scene, 1, key);
    await settle();
    answer(scene, 0);
    await settle();
    expect(scene.workers.worker(1).sent).not.toContainEqual(done);
    answer(scene, 2);
    await settle();
    expect(scene.workers.worker(1).sent).toContainEqual(done);
    expect(scene.workers.worker(2).heard("remove").selector).toEqual(key);
    expect(scene.workers.worker(1).sent.map(({ kind }) => kind)).not.toContain("remove");
  });

  test("a worker that could not is trouble, and holds up nobody", async () => {
    const scene = await openReadyScene();
    invalidate(scene, 0, key);
    await settle();
    answer(scene, 1, "locked");
    await settle();
    expect(scene.troubles).toEqual(["INVALIDATION worker 2: locked"]);
    expect(scene.workers.worker(0).sent).toContainEqual(done);
  });

  test("a worker that starts is asked when it is ready, and nobody waits for it", async () => {
    const scene = await openReadyScene();
    scene.workers.worker(1).end();
    await scene.clock.advance(100);
    invalidate(scene, 0, key);
    await settle();
    expect(scene.workers.worker(0).sent).toContainEqual(done);
    scene.workers.worker(2).say({ kind: "ready", port: 1, name: "worker" });
    await settle();
    expect(scene.workers.worker(2).heard("remove").selector).toEqual(key);
  });

  test("a worker that does not answer is waited for a second", async () => {
    const scene = await openReadyScene();
    invalidate(scene, 0, key);
    await scene.clock.advance(999);
    expect(scene.workers.worker(0).sent).not.toContainEqual(done);
    await scene.clock.advance(1);
    expect(scene.workers.worker(0).sent).toContainEqual(done);
  });
});

describe("counting", () => {
  async function counted(scene: Scene, births: readonly [number, Record<string, number>][]) {
    const counters = scene.fleet.counters();
    for (const [birth, amounts] of births) {
      const { request } = scene.workers.worker(birth).heard("reportCounters");
      scene.workers.worker(birth).say({ kind: "counters", request, counters: amounts });
    }
    await scene.clock.advance(1_000);
    return counters;
  }

  test("the counters of all workers are summed", async () => {
    const scene = await openReadyScene();
    const births: [number, Record<string, number>][] = [
      [0, { hit: 3, miss: 1 }],
      [1, { hit: 4 }],
    ];
    expect(await counted(scene, births)).toEqual({ hit: 7, miss: 1 });
  });

  test("what a worker had counted stays when it dies, but not what it held at present", async () => {
    const scene = await openReadyScene(1);
    await counted(scene, [[0, { hit: 3, memoryBytesNow: 500 }]]);
    scene.workers.worker(0).end();
    await scene.clock.advance(100);
    scene.workers.worker(1).say({ kind: "ready", port: 1, name: "worker" });
    expect(await counted(scene, [[1, { hit: 2, memoryBytesNow: 10 }]])).toEqual({
      hit: 5,
      memoryBytesNow: 10,
    });
  });

  test("a worker that does not answer within a second is left out", async () => {
    const scene = await openReadyScene();
    expect(await counted(scene, [[1, { hit: 4 }]])).toEqual({ hit: 4 });
  });
});

describe("listening to workers", () => {
  test("lines of the log and lost lines are passed on", async () => {
    const { workers, log } = await openReadyScene(1);
    workers.worker(0).say({ kind: "log", lines: "a\nb\n", dropped: 3 });
    expect(log).toEqual(["3:a\nb\n"]);
  });

  test("what a worker has noticed is told once, whichever worker notices it again", async () => {
    const { workers, journal } = await openReadyScene();
    workers.worker(0).say({ kind: "notice", code: "a", message: "one thing" });
    workers.worker(0).say({ kind: "notice", code: "a", message: "the same" });
    workers.worker(1).say({ kind: "notice", code: "a", message: "the same" });
    workers.worker(1).say({ kind: "notice", code: "b", message: "another" });
    expect(journal).toEqual(["warn one thing", "warn another"]);
  });

  test("a worker's trouble is noted under its name", async () => {
    const { workers, troubles } = await openReadyScene();
    workers.worker(1).say({ kind: "trouble", code: "ENOSPC", message: "no space left on device" });
    expect(troubles).toEqual(["ENOSPC worker 2: no space left on device"]);
  });

  test.each([
    [undefined, "undefined"],
    ["hello", "string"],
    [{ kind: "sing" }, "sing.kind"],
    [{ kind: "ready", port: "8888" }, "ready.port"],
    [{ kind: "removed", request: 1, count: -1 }, "removed.count"],
  ])("a message that does not fit, %p, is told and changes nothing", async (raw, where) => {
    const { workers, troubles, fleet } = await openReadyScene(1);
    workers.worker(0).sayAnything(raw);
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain(`worker 1: said what the supervisor does not know: ${where}: `);
    expect(fleet.status()[0]?.state).toBe("ready");
  });
});
