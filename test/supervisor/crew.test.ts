import { describe, expect, test } from "bun:test";
import { FleetError } from "../../src/supervisor/fleet-error.ts";
import { settle, watch } from "./fake-clock.ts";
import { somePlan, someSettings, startOrder } from "./fake-workers.ts";
import { openReadyScene, type Scene } from "./fleet-scene.ts";

const otherPlan = { ...somePlan, top: { lifetime: 1_000 } };
const configured = { settings: { ...someSettings, defaultTtl: 5_000 }, plan: otherPlan };

function answer({ workers }: Scene, birth: number, error?: string): void {
  const { request } = workers.worker(birth).heard("configure");
  workers.worker(birth).say({ kind: "configured", request, ...(error === undefined ? {} : { error }) });
}

function beReady({ workers }: Scene, birth: number): void {
  workers.worker(birth).say({ kind: "hello" });
  workers.worker(birth).say({ kind: "ready", port: 8888, name: `worker-of-birth-${birth}` });
}

describe("another plan", () => {
  test("is with all workers when the last of them has said so", async () => {
    const scene = await openReadyScene();
    const configuring = scene.fleet.configure(configured);
    const state = watch(configuring);
    expect(scene.workers.worker(1).heard("configure")).toMatchObject(configured);
    answer(scene, 0);
    await settle();
    expect(state.settled).toBe(false);
    answer(scene, 1);
    await configuring;
    expect(scene.workers.born.map(({ killed }) => killed)).toEqual([false, false]);
  });

  test("is what a worker that starts later is started with", async () => {
    const scene = await openReadyScene(1);
    const configuring = scene.fleet.configure(configured);
    answer(scene, 0);
    await configuring;
    scene.workers.worker(0).end();
    await scene.clock.advance(100);
    scene.workers.worker(1).say({ kind: "hello" });
    expect(scene.workers.worker(1).heard("start")).toMatchObject({ ...configured, workerNumber: 1 });
  });

  test.each([
    ["does not say so in time", undefined, "did not serve by the new plan in time; it is ended"],
    ["cannot serve by it", "no such file", "cannot serve by the new plan: no such file; it is ended"],
  ])("a worker that %s is replaced by one that has it", async (_, error, told) => {
    const scene = await openReadyScene();
    const configuring = scene.fleet.configure(configured);
    answer(scene, 0);
    if (error !== undefined) answer(scene, 1, error);
    // It gives signs of life all the while.
    for (let second = 0; second < 5; second += 1) {
      await scene.clock.advance(1_000);
      for (const worker of scene.workers.born.slice(0, 2)) {
        if (worker.timesHeard("reportCounters") === 0) continue;
        const { request } = worker.heard("reportCounters");
        worker.say({ kind: "counters", request, counters: {} });
      }
    }
    await configuring;
    await scene.clock.advance(100);
    expect(scene.troubles).toEqual([`UNRESPONSIVE worker 2: ${told}`]);
    expect(scene.workers.born.map(({ killed }) => killed)).toEqual([false, true, false]);
    scene.workers.worker(2).say({ kind: "hello" });
    expect(scene.workers.worker(2).heard("start")).toMatchObject({ ...configured, workerNumber: 2 });
  });

  test("is no matter to a worker that ends before it has answered", async () => {
    const scene = await openReadyScene(1);
    const configuring = scene.fleet.configure(configured);
    scene.workers.worker(0).end();
    await configuring;
    expect(scene.troubles).toEqual([]);
  });
});

describe("other workers in the place of all", () => {
  async function replaceOne(scene: Scene) {
    const replacing = scene.fleet.replace([{ ...startOrder(1), plan: otherPlan }], 3_000);
    const state = watch(replacing);
    await settle();
    return { replacing, state };
  }

  test("begin to serve before the former are told to leave", async () => {
    const scene = await openReadyScene(1);
    const { replacing, state } = await replaceOne(scene);
    expect(scene.workers.worker(0).timesHeard("drain")).toBe(0);
    expect(state.settled).toBe(false);
    beReady(scene, 1);
    await replacing;
    expect(scene.workers.worker(1).heard("start").plan).toEqual(otherPlan);
    expect(scene.workers.worker(0).heard("drain")).toEqual({
      kind: "drain",
      graceMilliseconds: 3_000,
      isReplaced: true,
    });
    expect(scene.fleet.status()).toMatchObject([{ number: 1, pid: 1002, state: "ready" }]);
    expect(scene.journal).toEqual([]);
  });

  test("that cannot serve leave the former where they were", async () => {
    const scene = await openReadyScene(1);
    const { replacing } = await replaceOne(scene);
    const caught = replacing.catch((error: unknown) => error);
    scene.workers.worker(1).say({ kind: "failed", message: "the port is taken", isUsage: false });
    expect(await caught).toEqual(new FleetError("the port is taken"));
    expect(scene.workers.born.map(({ killed }) => killed)).toEqual([false, true]);
    expect(scene.workers.worker(0).timesHeard("drain")).toBe(0);
    expect(scene.workers.worker(0).heard("company").isThere).toBe(false);
    expect(scene.fleet.status()).toMatchObject([{ pid: 1001, state: "ready" }]);
  });

  test("hear of each other as long as both are there, and so what is removed", async () => {
    const scene = await openReadyScene(1);
    expect(scene.workers.worker(0).heard("start").hasCompany).toBe(false);
    const { replacing } = await replaceOne(scene);
    expect(scene.workers.worker(0).heard("company").isThere).toBe(true);
    beReady(scene, 1);
    await replacing;
    expect(scene.workers.worker(1).heard("start").hasCompany).toBe(true);
    watch(scene.fleet.remove([{ by: "all" }]));
    const { request } = scene.keepers.child(0).heard("remove");
    scene.keepers.child(0).say({ kind: "removed", request, complete: 1, partial: 0, number: 1 });
    await settle();
    expect(scene.workers.born.map((worker) => worker.timesHeard("remove"))).toEqual([1, 1]);
    scene.workers.worker(0).end({ exitCode: 0 });
    await settle();
    expect(scene.workers.worker(1).heard("company").isThere).toBe(false);
  });

  test("do not lose what they lead when a former one of the same number ends", async () => {
    const scene = await openReadyScene(1);
    const { replacing } = await replaceOne(scene);
    beReady(scene, 1);
    await replacing;
    scene.workers.worker(1).say({ kind: "claim", request: 1, key: "/a" });
    scene.workers.worker(0).say({ kind: "claim", request: 1, key: "/a" });
    expect(scene.workers.worker(0).heard("claimed").leader).toBe("worker-of-birth-1");
    scene.workers.worker(0).end({ exitCode: 0 });
    scene.workers.worker(1).say({ kind: "claim", request: 2, key: "/a" });
    expect(scene.workers.worker(1).heard("claimed").leader).toBeNull();
  });

  test("leave what the former have counted in the sum, also while those leave", async () => {
    const scene = await openReadyScene(1);
    const { replacing } = await replaceOne(scene);
    watch(scene.fleet.counters());
    const { request } = scene.workers.worker(0).heard("reportCounters");
    scene.workers.worker(0).say({ kind: "counters", request, counters: { hit: 3 } });
    beReady(scene, 1);
    await replacing;
    async function sum() {
      const counting = scene.fleet.counters();
      await scene.clock.advance(1_000);
      return await counting;
    }
    expect(await sum()).toEqual({ hit: 3 });
    scene.workers.worker(0).say({ kind: "drained", counters: { hit: 4 } });
    scene.workers.worker(0).end({ exitCode: 0 });
    expect(await sum()).toEqual({ hit: 4 });
  });

  test("take the place of such as tell at their end why they had asked origins", async () => {
    const scene = await openReadyScene(1);
    const { replacing } = await replaceOne(scene);
    beReady(scene, 1);
    await replacing;
    const cacheability = { about: "cacheability" as const, life: "former", periods: [] };
    scene.workers.worker(0).say({ kind: "drained", counters: {}, cacheability });
    expect(scene.left).toEqual(["former"]);
  });

  test("are told to stop with the former, which have had their grace", async () => {
    const scene = await openReadyScene(1);
    const { replacing } = await replaceOne(scene);
    beReady(scene, 1);
    await replacing;
    const drained = scene.fleet.drain(1_000);
    const state = watch(drained);
    expect(scene.workers.worker(1).heard("drain").isReplaced).toBe(false);
    expect(scene.workers.worker(0).killed).toBe(false);
    scene.workers.worker(1).end({ exitCode: 0 });
    await settle();
    expect(state.settled).toBe(false);
    scene.workers.worker(0).end({ exitCode: 0 });
    await drained;
  });

  test("do not begin when all are about to end: nobody would tell them to", async () => {
    const scene = await openReadyScene(1);
    const drained = scene.fleet.drain(1_000);
    await expect(scene.fleet.replace([startOrder(1)], 1_000)).rejects.toThrow("cacheproxy is stopping");
    expect(scene.workers.born).toHaveLength(1);
    scene.workers.worker(0).end({ exitCode: 0 });
    await drained;
  });
});
