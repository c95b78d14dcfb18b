import { expect, test } from "bun:test";
import type { AdvisedTarget, CauseTarget } from "../../../src/control/cacheability.ts";
import { type AdvisingOptions, createAdvising } from "../../../src/supervisor/cacheability/advising.ts";
import { target } from "./told.ts";

/** Workers of whom the first `silent` say nothing. */
function advising(silent = 0) {
  const scene = {
    configuration: {},
    batches: [] as number[],
    workers: [] as number[],
    barrier: Promise.resolve(),
  };
  const askOne = async (worker: number, { targets }: { readonly targets: readonly AdvisedTarget[] }) => {
    scene.workers.push(worker);
    await scene.barrier;
    if (worker <= silent) return undefined;
    scene.batches.push(targets.length);
    const advice = targets.map(({ url, paths }) => [{ where: "file", text: `${url} ${paths}`, copy: null }]);
    return { about: "advise", advice };
  };
  const status = () => [1, 2].map((number) => ({ number, pid: 1, state: "ready", deaths: 0 }) as const);
  const fleet = { askOne, status } as unknown as AdvisingOptions["fleet"];
  const advise = createAdvising({ fleet, configuration: () => scene.configuration });
  return {
    scene,
    about: async (...targets: readonly CauseTarget[]) =>
      (await advise(targets.map((each) => ({ target: each, paths: null })))).map(([advice]) => advice?.text),
    advise,
  };
}

test("advice comes in the order in which it is asked, one and the same once", async () => {
  const { scene, about } = advising();
  const [a, b] = [target("/a", 1, 1), target("/b", 1, 1)];
  expect(await about(b, a, b)).toEqual(["/b null", "/a null", "/b null"]);
  expect(scene.batches).toEqual([2]);
});

test("for other paths it is another", async () => {
  const { advise } = advising();
  const page = target("/a", 1, 1);
  const told = await advise([
    { target: page, paths: null },
    { target: page, paths: ["/*"] },
  ]);
  expect(told.map(([advice]) => advice?.text)).toEqual(["/a null", "/a /*"]);
});

test("what was said is remembered while the target looks the same and the settings are", async () => {
  const { scene, about } = advising();
  const page = target("/a", 1, 1);
  await about(page);
  await about(target("/a", 9, 8));
  expect(scene.batches).toEqual([1]);
  await about({ ...page, evidence: { ...page.evidence, status: 404 } });
  expect(scene.batches).toEqual([1, 1]);
  scene.configuration = {};
  await about(page);
  expect(scene.batches).toEqual([1, 1, 1]);
});

test("what was asked under former settings is told, and not remembered under others", async () => {
  const { scene, about } = advising();
  const page = target("/a", 1, 1);
  const barrier = Promise.withResolvers<void>();
  scene.barrier = barrier.promise;
  const former = about(page);
  scene.configuration = {};
  await about();
  barrier.resolve();
  expect(await former).toEqual(["/a null"]);
  await about(page);
  expect(scene.batches).toEqual([1, 1]);
});

test("of many targets some are asked at a time, and no more are remembered than 2,000", async () => {
  const { scene, about } = advising();
  const many = Array.from({ length: 2_050 }, (_, place) => target(`/${place}`, 1, 1));
  expect((await about(...many)).at(-1)).toBe("/2049 null");
  expect([scene.batches.length, Math.max(...scene.batches)]).toEqual([41, 50]);
  await about(target("/2049", 1, 1));
  expect(scene.batches.length).toBe(41);
  await about(target("/0", 1, 1));
  expect(scene.batches.length).toBe(42);
});

test("the next worker is asked where one says nothing, and that none does is told", async () => {
  const { scene, about } = advising(1);
  expect(await about(target("/a", 1, 1))).toEqual(["/a null"]);
  expect(scene.workers).toEqual([1, 2]);
  await expect(advising(2).about(target("/a", 1, 1))).rejects.toThrow("no worker says what could be changed");
});

test("a worker that says nothing is waited for once, however many targets there are", async () => {
  const { scene, about } = advising(1);
  await about(...Array.from({ length: 150 }, (_, place) => target(`/${place}`, 1, 1)));
  expect(scene.workers).toEqual([1, 2, 2, 2]);
});

test("nobody is asked for nothing", async () => {
  const { scene, about } = advising();
  expect(await about()).toEqual([]);
  expect(scene.workers).toEqual([]);
});
