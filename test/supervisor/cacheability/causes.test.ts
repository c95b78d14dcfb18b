import { describe, expect, test } from "bun:test";
import { causesSchema, PERIOD_MILLISECONDS, type Period } from "../../../src/control/cacheability.ts";
import { createAdminApp } from "../../../src/supervisor/admin/app.ts";
import { causesRoutes } from "../../../src/supervisor/admin/causes-routes.ts";
import { type CausesOptions, watchCauses } from "../../../src/supervisor/cacheability/causes.ts";
import { createFakeClock } from "../fake-clock.ts";
import { period, target } from "./told.ts";

const start = 1000 * PERIOD_MILLISECONDS;

/** A supervisor of one worker that tells these periods. */
function watching(periods: readonly Period[] = []) {
  const clock = createFakeClock(start);
  const scene = { asked: 0, former: [] as boolean[], periods, errors: [] as string[], isSilent: false };
  const ask = async ({ withFormer }: { readonly withFormer: boolean }) => {
    scene.asked += 1;
    scene.former.push(withFormer);
    if (scene.isSilent) throw new Error("it hangs");
    return [{ worker: 1, answer: { about: "cacheability", life: "one", periods: [...scene.periods] } }];
  };
  const advised: string[] = [];
  const watch = watchCauses({
    fleet: { ask: ask as unknown as CausesOptions["fleet"]["ask"] },
    async advise(asked) {
      advised.push(...asked.map(({ target: { url } }) => url));
      return asked.map(({ target: { url } }) => [{ where: "origin", text: `change ${url}`, copy: null }]);
    },
    clock,
    journal: { error: (line) => scene.errors.push(line) },
    startedAt: start,
  });
  return { clock, scene, advised, ...watch };
}

describe("causes", () => {
  test("are told the costliest first, each with its targets and with what helps the costliest of them", async () => {
    const { causes, advised } = watching([
      period(
        start,
        target("/cheap", 2, 1, { reason: "no-lifetime" }),
        target("/dear", 9, 8),
        target("/order", 31, 30, { forwarded: "method-not-cached", reason: "method-not-storable" }),
      ),
    ]);
    const told = causesSchema.parse(await causes(3600));
    expect(
      told.causes.map(({ reason, isAvoidable, advice, targets }) => [
        ...[reason, isAvoidable, advice[0]?.text, targets.map(({ url }) => url)],
      ]),
    ).toEqual([
      ["set-cookie", true, "change /dear", ["/dear"]],
      ["no-lifetime", true, "change /cheap", ["/cheap"]],
      ["method-not-storable", false, "change /order", ["/order"]],
    ]);
    expect(advised.length).toBe(3);
  });

  test("tell what could have been hits: nothing that nobody could change, and nothing of what looks like one visitor's", async () => {
    const { causes } = watching([
      period(
        start,
        ...[target("/news", 9, 8), target("/order", 5, 5, { forwarded: "method-not-cached" })],
        ...[target("http://shop.example/my-account", 4, 3, { site: "shop" })],
      ),
    ]);
    const told = (await causes(3600)).causes;
    expect(told.map(({ avoidable, again }) => [again.requests, avoidable.requests])).toEqual([
      [8, 8],
      [5, 0],
      [3, 0],
    ]);
  });

  test("say why the origin was asked, and what became of its answer, in sentences", async () => {
    const { causes } = watching([
      period(start, target("/a", 1, 0), target("/b", 1, 1, { forwarded: "rule-pass", reason: "rule-pass" })),
    ]);
    const told = await causes(3600);
    expect(told.causes.map(({ sentences }) => sentences.length)).toEqual([1, 2]);
    expect(told.causes[1]?.sentences[0]).toBe(
      "asked the origin: nothing is stored for this target (RFC 9111 §4)",
    );
  });

  test("are told of another version's worker by the names it uses", async () => {
    const { causes } = watching([period(start, target("/a", 1, 0, { reason: "new-reason" }))]);
    expect((await causes(3600)).causes[0]?.sentences[1]).toBe("new-reason");
  });

  test("are of no time before the start", async () => {
    const { causes, clock } = watching([period(start, target("/a", 1, 0))]);
    await clock.advance(10_000);
    expect(await causes(3600)).toMatchObject({ from: start, until: start + 10_000 });
  });

  test("of a time in which nothing was counted are none", async () => {
    const { causes, scene, clock } = watching([period(start, target("/a", 1, 0))]);
    await clock.advance(PERIOD_MILLISECONDS);
    scene.periods = [];
    await clock.advance(2 * PERIOD_MILLISECONDS);
    expect(await causes(60)).toMatchObject({ from: start + 3 * PERIOD_MILLISECONDS - 60_000, causes: [] });
    expect((await causes(3600)).causes.length).toBe(1);
  });
});

test("what a worker tells at its end takes the place of what it has told before", async () => {
  const { causes, heard, scene, clock } = watching([period(start, target("/a", 3, 2))]);
  await causes(3600);
  heard({ about: "cacheability", life: "one", periods: [period(start, target("/a", 7, 6))] });
  scene.periods = [];
  await clock.advance(60_000);
  expect((await causes(3600)).causes.map(({ all }) => all.requests)).toEqual([7]);
});

describe("workers are asked", () => {
  test("each minute, so that one that dies takes no more with it", async () => {
    const { scene, clock, causes } = watching([period(start, target("/a", 1, 0))]);
    await clock.advance(60_000);
    expect(scene.asked).toBe(1);
    scene.periods = [];
    await clock.advance(60_000);
    expect((await causes(3600)).causes.length).toBe(1);
  });

  test("once for all who want to know within two seconds", async () => {
    const { scene, clock, causes } = watching();
    await Promise.all([causes(60), causes(3600)]);
    await clock.advance(1_999);
    await causes(60);
    expect(scene.asked).toBe(1);
    await clock.advance(1);
    await causes(60);
    expect(scene.asked).toBe(2);
  });

  test("for the period before the present one where its end is not known yet, and each minute", async () => {
    const { scene, clock, causes, stop } = watching();
    await causes(60);
    await clock.advance(3_000);
    await causes(60);
    expect(scene.former).toEqual([true, false]);
    await clock.advance(57_000);
    expect(scene.former).toEqual([true, false, true]);
    stop();
    await clock.advance(PERIOD_MILLISECONDS);
    await causes(60);
    expect(scene.former).toEqual([true, false, true, true]);
  });

  test("again by the next who wants to know, where one could not tell", async () => {
    const { scene, causes } = watching();
    scene.isSilent = true;
    await expect(causes(60)).rejects.toThrow("it hangs");
    scene.isSilent = false;
    expect(await causes(60)).toMatchObject({ causes: [] });
  });

  test("and that they cannot tell is no end of the supervisor", async () => {
    const { scene, clock } = watching();
    scene.isSilent = true;
    await clock.advance(60_000);
    expect(scene.errors).toEqual(["causes of misses cannot be told: Error: it hangs"]);
  });

  test("no more when it stops", async () => {
    const { scene, clock, stop } = watching();
    stop();
    await clock.advance(120_000);
    expect(scene.asked).toBe(0);
  });
});

describe("GET /causes", () => {
  test.each<[string, number, string]>([
    ["", 200, '"from"'],
    ["?since=86400", 200, '"from"'],
    ["?since=1h", 400, "since: should be a number of seconds"],
    ["?since=0", 400, "since: should be a number of seconds above 0"],
    ["?for=5", 400, "for"],
  ])("%s answers %d", async (query, status, text) => {
    const { causes } = watching();
    const app = createAdminApp({ routes: causesRoutes({ causes }), onError: () => undefined });
    const answer = await app.request(`/causes${query}`);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(text);
  });
});
