import { describe, expect, test } from "bun:test";
import { createHistogram } from "../../src/control/histogram.ts";
import type { Measures } from "../../src/control/measures.ts";
import { overviewSchema } from "../../src/control/overview.ts";
import { createAdminApp } from "../../src/supervisor/admin/app.ts";
import { overviewRoutes } from "../../src/supervisor/admin/overview-routes.ts";
import { columnsOf, countedIn, flowBetween, sitesIn, waitsBetween } from "../../src/supervisor/flow.ts";
import { watchOverview } from "../../src/supervisor/overview.ts";
import { createFakeClock } from "./fake-clock.ts";

const none: Measures = { counters: {}, gauges: {}, histograms: {} };

/** So many hits and misses on two sites, and the bytes of them. */
function counted(hits: number, misses: number): Measures {
  return {
    ...none,
    counters: {
      'requests_total{site="a",cache="HIT",reason="hit-fresh",status="2xx"}': hits - 1,
      'requests_total{site="b",cache="HIT",reason="hit-fresh",status="3xx"}': 1,
      'requests_total{site="b, \\"cache=\\"ERROR",cache="MISS",reason="stored",status="2xx"}': misses,
      'sent_bytes_total{site="a",cache="HIT"}': hits * 10,
      'sent_bytes_total{site="b",cache="MISS"}': misses * 10,
      'saved_bytes_total{site="a"}': hits * 10,
      'forwarded_requests_total{site="b",reason="miss"}': misses,
    },
  };
}

function bucketsOf(...seconds: number[]): number[] {
  const histogram = createHistogram("hit_duration_seconds");
  for (const each of seconds) histogram.note(each);
  return Array.from(histogram.buckets);
}

describe("what was counted", () => {
  test("is the sum over sites, reasons and classes", () => {
    expect(countedIn(counted(5, 2), 7)).toEqual({
      ...{ at: 7, outcomes: { HIT: 5, MISS: 2 }, sentBytes: 70, savedBytes: 50 },
      ...{ hit: [], origin: [] },
    });
  });

  test("is told of each site, the busiest first, and of what no site has only where something came", () => {
    const sums = { requests: 1, hits: 1, sentBytes: 0, savedBytes: 0 };
    expect(sitesIn(counted(5, 2))).toEqual([
      { site: "a", requests: 4, hits: 4, sentBytes: 50, savedBytes: 50 },
      { ...sums, site: 'b, "cache="ERROR', requests: 2, hits: 0 },
      { ...sums, site: "b", sentBytes: 20 },
    ]);
    const idle = { ...none, counters: { 'sent_bytes_total{site="",cache="HIT"}': 0 } };
    expect(sitesIn(idle)).toEqual([]);
  });

  test.each([
    [
      "in a second",
      2_000,
      counted(25, 12),
      { outcomes: { HIT: 10, MISS: 5 }, sentBytes: 150, savedBytes: 100 },
    ],
    [
      "as nothing of which nothing came",
      1_000,
      counted(6, 2),
      { outcomes: { HIT: 1 }, sentBytes: 10, savedBytes: 10 },
    ],
    ["as none where no time has passed", 0, counted(25, 12), { outcomes: {}, sentBytes: 0, savedBytes: 0 }],
    ["as no less than none", 1_000, counted(4, 1), { outcomes: {}, sentBytes: 0, savedBytes: 0 }],
  ])("between two moments is told %s", (_, milliseconds, later, flow) => {
    expect(flowBetween(countedIn(counted(5, 2), 0), countedIn(later, milliseconds))).toEqual(flow);
  });

  test("says how long hits took between two moments, and not before", () => {
    const [slow, quick] = [bucketsOf(0.2, 0.2, 0.2), bucketsOf(0.2, 0.2, 0.2, 0.00003)];
    const of = (buckets: number[]) =>
      countedIn({ ...none, histograms: { 'hit_duration_seconds{site="a"}': buckets } }, 0);
    expect(waitsBetween(of(slow), of(quick))).toEqual({
      hit: { median: 0.0305, slowest: 0.0305 },
      origin: { median: null, slowest: null },
    });
  });
});

test("stretches are told as lists of one thing each, with nothing where a word was not there", () => {
  const waits = { hit: { median: 1, slowest: 2 }, origin: { median: null, slowest: null } };
  expect(
    columnsOf([
      { at: 5, outcomes: { HIT: 1 }, sentBytes: 2, savedBytes: 3, waits },
      { at: 6, outcomes: { MISS: 4 }, sentBytes: 5, savedBytes: 6, waits },
    ]),
  ).toEqual({
    at: [5, 6],
    outcomes: { HIT: [1, 0], MISS: [0, 4] },
    ...{ sentBytes: [2, 5], savedBytes: [3, 6] },
    hit: { median: [1, 1], slowest: [2, 2] },
    origin: { median: [null, null], slowest: [null, null] },
  });
});

describe("GET /overview", () => {
  function watch(measures: () => Promise<Measures>) {
    const clock = createFakeClock();
    const errors: string[] = [];
    let asked = 0;
    const overview = watchOverview({
      fleet: {
        measures: () => {
          asked += 1;
          return measures();
        },
      },
      keeper: {
        measures: async () => ({
          ...none,
          gauges: { 'store_bytes{tier="disk"}': 30, 'store_objects{tier="disk"}': 3 },
        }),
      },
      health: () => ({ status: "degraded", reasons: ["worker 2 is down (waiting)"] }),
      diskLimit: () => 100,
      ...{ clock, startedAt: 5 },
      journal: { error: (line) => errors.push(line) },
    });
    const app = createAdminApp({
      routes: overviewRoutes(overview),
      onError: (error) => errors.push(error.message),
    });
    return { clock, overview, errors, app, asked: () => asked };
  }

  test("tells sums, rates of the last ten seconds, what is there, and how it was", async () => {
    let hits = 1;
    const { clock, app } = watch(async () => ({
      ...counted(hits, 0),
      gauges: { 'requests_in_flight{site="a"}': 1, 'requests_in_flight{site="b"}': 2, waiting_clients: 4 },
    }));
    for (let stretch = 1; stretch <= 4; stretch += 1) {
      hits += 50;
      await clock.advance(5_000);
    }
    const told = overviewSchema.parse(await (await app.request("/overview")).json());
    expect(told).toMatchObject({
      health: { status: "degraded", reasons: ["worker 2 is down (waiting)"] },
      totals: { outcomes: { HIT: 201 }, sentBytes: 2010, savedBytes: 2010 },
      present: { outcomes: { HIT: 10 } },
      running: { requests: 3, waiting: 4 },
      store: { disk: { bytes: 30, objects: 3, limit: 100 }, memory: { bytes: 0 } },
      history: { outcomes: { HIT: [10.2, 10, 10, 10] } },
    });
  });

  test("remembers fifteen minutes and no more", async () => {
    const { clock, overview } = watch(async () => none);
    await clock.advance(20 * 60_000);
    expect((await overview.read()).history.at).toHaveLength(180);
  });

  test("is one look for all who ask within a second", async () => {
    const { clock, overview, asked } = watch(async () => none);
    await Promise.all([overview.read(), overview.read()]);
    expect(asked()).toBe(1);
    await clock.advance(1_000);
    await overview.read();
    expect(asked()).toBe(2);
  });

  test("goes on after a look that came to nothing, and says so", async () => {
    let fails = true;
    const { clock, overview, errors } = watch(async () => {
      if (fails) throw new Error("gone");
      return none;
    });
    await clock.advance(5_000);
    fails = false;
    await clock.advance(5_000);
    expect(errors).toEqual(["the overview cannot be told: Error: gone"]);
    expect((await overview.read()).history.at).toHaveLength(1);
  });

  test("looks at nothing any more when it has ended", async () => {
    const { clock, overview, asked } = watch(async () => none);
    overview.stop();
    await clock.advance(60_000);
    expect(asked()).toBe(0);
  });
});
