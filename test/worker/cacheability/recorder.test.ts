import { describe, expect, test } from "bun:test";
import { cacheabilityAnswerSchema, PERIOD_MILLISECONDS } from "../../../src/control/cacheability.ts";
import { createCacheability } from "../../../src/worker/cacheability/recorder.ts";
import { asked } from "./asked.ts";

/** A worker's, at a time that the test decides, with so many requests in all. */
function recording() {
  const start = 1000 * PERIOD_MILLISECONDS;
  const scene = { at: start, requests: 0 };
  const recorder = createCacheability({
    date: () => scene.at,
    life: "one",
    totals: () => [
      { site: "shop", requests: scene.requests, bytes: scene.requests * 10, hits: 0, hitBytes: 0 },
      { site: "unused", requests: 0, bytes: 0, hits: 0, hitBytes: 0 },
    ],
  });
  return { scene, start, ...recorder };
}

describe("what is counted", () => {
  test.each<[string, Parameters<typeof asked>[0], number]>([
    ["what was not stored", {}, 1],
    ["what was confirmed", { cache: "REVALIDATED", reason: "revalidated", forwarded: "revalidate-stale" }, 1],
    [
      "what is stale, and was given as the origin failed",
      { cache: "STALE", reason: "hit-stale-if-error", forwarded: "revalidate-stale" },
      1,
    ],
    ["who waited for another's answer is not", { cache: "COLLAPSED", reason: "collapsed" }, 0],
    [
      "nor who waited until another had it confirmed",
      { cache: "HIT", reason: "hit-fresh", forwarded: "revalidate-stale" },
      0,
    ],
  ])("%s", (_, said, count) => {
    const { served, read } = recording();
    served(asked(said));
    expect(read(true).periods[0]?.causes.length).toBe(count);
  });

  test("what the origin was not asked for is not", () => {
    const { served, read } = recording();
    const { forwarded: _, ...hit } = asked({ cache: "HIT", reason: "hit-fresh" });
    served(hit);
    expect(read(true).periods[0]?.causes).toEqual([]);
  });

  test("by cause and site, what came again apart", () => {
    const { served, read } = recording();
    for (const said of [{}, {}, { target: "/other" }, { site: "blog" }]) served(asked(said));
    expect(
      read(true).periods[0]?.causes.map(({ site, all, again }) => [site, all.requests, again.requests]),
    ).toEqual([
      ["shop", 3, 1],
      ["blog", 1, 0],
    ]);
  });

  test.each([
    ["miss", 0],
    ["revalidate-stale", 1],
    ["request-no-cache", 1],
    ["vary-miss", 1],
  ] as const)(
    "what this worker was never asked for comes again where something is stored: %s",
    (forwarded, again) => {
      const { served, read } = recording();
      served(asked({ forwarded }));
      expect(read(true).periods[0]?.causes.map((cause) => cause.again.requests)).toEqual([again]);
    },
  );

  test("a HEAD for what a GET has asked for comes again, a POST does not", () => {
    const { served, read } = recording();
    served(asked());
    served(asked({ method: "HEAD", reason: "no-lifetime" }));
    served(asked({ method: "POST", forwarded: "method-not-cached", reason: "method-not-storable" }));
    expect(read(true).periods[0]?.causes.map(({ again }) => again.requests)).toEqual([0, 1, 0]);
  });
});

describe("a period", () => {
  test("is told when another has begun, with what was counted in it alone, and no longer after that one", () => {
    const { scene, start, served, read } = recording();
    scene.requests = 7;
    served(asked());
    scene.at = start + PERIOD_MILLISECONDS;
    served(asked());
    scene.requests = 9;
    const told = cacheabilityAnswerSchema.parse(read(true));
    expect(told.life).toBe("one");
    expect(
      told.periods.map(({ startsAt, totals, causes }) => [
        startsAt,
        totals.map(({ site, requests, bytes }) => [site, requests, bytes]),
        causes[0]?.again.requests,
      ]),
    ).toEqual([
      [start + PERIOD_MILLISECONDS, [["shop", 2, 20]], 1],
      [start, [["shop", 7, 70]], 0],
    ]);
    scene.at = start + 2 * PERIOD_MILLISECONDS;
    expect(read(true).periods.map(({ startsAt }) => startsAt)).toEqual([
      start + 2 * PERIOD_MILLISECONDS,
      start + PERIOD_MILLISECONDS,
    ]);
  });

  test("begins when somebody asks, where no request has come", () => {
    const { scene, start, read } = recording();
    scene.at = start + PERIOD_MILLISECONDS + 1;
    expect(read(true).periods.map(({ startsAt }) => startsAt)).toEqual([start + PERIOD_MILLISECONDS, start]);
    expect(read(false).periods.map(({ startsAt }) => startsAt)).toEqual([start + PERIOD_MILLISECONDS]);
  });

  test("of a clock that was set back a little goes on", () => {
    const { scene, start, served, read } = recording();
    served(asked());
    scene.at = start - 1;
    served(asked());
    const { periods } = read(true);
    expect(periods.map(({ startsAt, causes }) => [startsAt, causes[0]?.all.requests])).toEqual([[start, 2]]);
  });

  test("begins anew where a clock was set back by hours", () => {
    const { scene, start, read } = recording();
    scene.at = start - 100 * PERIOD_MILLISECONDS;
    expect(read(true).periods.map(({ startsAt }) => startsAt)).toEqual([scene.at, start]);
  });
});
