import { describe, expect, test } from "bun:test";
import { UsageError } from "../../src/config/usage-error.ts";
import { FleetError } from "../../src/supervisor/fleet-error.ts";
import { settle, watch } from "./fake-clock.ts";
import { startOrder } from "./fake-workers.ts";
import { openReadyScene, openScene, type Scene } from "./fleet-scene.ts";
import { factsLike } from "../serve/explain/samples.ts";

describe("starting", () => {
  test("a worker is told its settings when it says hello, not before", async () => {
    const { clock, fleet, workers } = openScene();
    watch(fleet.start());
    expect(workers.worker(1).sent).toEqual([]);
    workers.worker(1).say({ kind: "hello" });
    expect(workers.worker(1).sent).toEqual([
      { ...startOrder(2), now: clock.steady(), marks: [], hasCompany: true },
    ]);
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
    expect(gone).toEqual(["worker"]);
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
    workers.worker(0).say({ kind: "drained", counters: {} });
    workers.worker(0).end({ exitCode: 0 });
    workers.worker(1).say({ kind: "drained", counters: {} });
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

  test("of a worker that does not answer within a second counts what it has told last", async () => {
    const scene = await openReadyScene();
    expect(await counted(scene, [[1, { hit: 4 }]])).toEqual({ hit: 4 });
    expect(await counted(scene, [[0, { hit: 3 }]])).toEqual({ hit: 7 });
  });
});

describe("asking one worker", () => {
  const request = { method: "GET", url: "/a", fields: [], from: null, fetch: false };
  const question = { about: "explain", asked: request } as const;
  const explanation = { ...factsLike(), steps: [], advice: [] };

  test("it alone is asked, and what it says is told", async () => {
    const scene = await openReadyScene();
    const answer = scene.fleet.askOne(2, question, 500);
    const { request: number } = scene.workers.worker(1).heard("ask");
    scene.workers.worker(1).say({ kind: "told", request: number, answer: { about: "explain", explanation } });
    expect(await answer).toEqual({ about: "explain", explanation });
    expect(() => scene.workers.worker(0).heard("ask")).toThrow();
  });

  test("one that says nothing is waited for no longer than that, one that is not there not at all", async () => {
    const scene = await openReadyScene();
    const answer = scene.fleet.askOne(1, question, 500);
    await scene.clock.advance(500);
    expect(await answer).toBeUndefined();
    expect(await scene.fleet.askOne(7, question, 500)).toBeUndefined();
  });
});

describe("measuring", () => {
  const measuresOf = (count: number) => ({ counters: { purges_total: count }, gauges: {}, histograms: {} });

  async function measured(scene: Scene, births: readonly [number, number][]) {
    const measures = scene.fleet.measures();
    for (const [birth, count] of births) {
      const { request } = scene.workers.worker(birth).heard("ask");
      const answer = { about: "measures", measures: measuresOf(count) } as const;
      scene.workers.worker(birth).say({ kind: "told", request, answer });
    }
    await scene.clock.advance(1_000);
    return (await measures).counters["purges_total"];
  }

  test("what all workers have measured is added up, of a silent one what it has told last", async () => {
    const scene = await openReadyScene();
    const both: [number, number][] = [
      [0, 3],
      [1, 4],
    ];
    expect(await measured(scene, both)).toBe(7);
    expect(await measured(scene, [[0, 5]])).toBe(9);
  });

  test("what a worker has counted stays when it dies, and never becomes less", async () => {
    const scene = await openReadyScene(1);
    expect(await measured(scene, [[0, 3]])).toBe(3);
    scene.workers.worker(0).end();
    await scene.clock.advance(100);
    expect(await measured(scene, [])).toBe(3);
    scene.workers.worker(1).say({ kind: "ready", port: 1, name: "worker" });
    expect(await measured(scene, [[1, 2]])).toBe(5);
  });

  test("a worker that drains tells at its end what nobody has asked for any more", async () => {
    const { fleet, workers } = await openReadyScene(1);
    const drained = fleet.drain(1_000);
    workers.worker(0).say({ kind: "drained", counters: {}, measures: measuresOf(8) });
    workers.worker(0).end();
    await drained;
    expect((await fleet.measures()).counters).toEqual({ purges_total: 8 });
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

  test("what is news is told each time, under the worker's name, and as grave as it is", async () => {
    const { workers, journal } = await openReadyScene();
    workers.worker(1).say({ kind: "news", level: "warn", message: "an origin is left alone" });
    workers.worker(1).say({ kind: "news", level: "warn", message: "an origin is left alone" });
    workers.worker(1).say({ kind: "news", level: "info", message: "it is trusted again" });
    expect(journal).toEqual([
      "warn worker 2: an origin is left alone",
      "warn worker 2: an origin is left alone",
      "info worker 2: it is trusted again",
    ]);
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
    [{ kind: "removed", request: 1, complete: -1, inFlight: 0 }, "removed.complete"],
  ])("a message that does not fit, %p, is told and changes nothing", async (raw, where) => {
    const { workers, troubles, fleet } = await openReadyScene(1);
    workers.worker(0).sayAnything(raw);
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain(`worker 1: said what the supervisor does not know: ${where}: `);
    expect(fleet.status()[0]?.state).toBe("ready");
  });
});
