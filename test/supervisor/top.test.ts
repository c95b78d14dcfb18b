import { describe, expect, test } from "bun:test";
import { type OriginCosts, topSchema, type WorkerLoad } from "../../src/control/top.ts";
import { createAdminApp } from "../../src/supervisor/admin/app.ts";
import { topRoutes } from "../../src/supervisor/admin/top-routes.ts";
import type { WorkerStatus } from "../../src/supervisor/fleet.ts";
import { sumOfCosts } from "../../src/supervisor/origin-costs.ts";
import { historyOf, rateOfWorker, type Sample, windowsOf } from "../../src/supervisor/rates.ts";
import { type TopOptions, watchTop } from "../../src/supervisor/top.ts";
import { createFakeClock } from "./fake-clock.ts";

/** Counted so much until that second. */
function sample(
  second: number,
  counters: Record<string, number>,
  loads: [number, WorkerLoad][] = [],
): Sample {
  return { at: second * 1000, counters, loads: new Map(loads) };
}

/** So many requests in a second, from the start until then. */
function steadily(until: number, each: number): Sample[] {
  return Array.from({ length: until / 2 + 1 }, (_, place) =>
    sample(place * 2, { requests: place * 2 * each }),
  );
}

describe("rates over the windows", () => {
  test("of nothing are none", () => {
    for (const samples of [[], [sample(0, {})]])
      expect(windowsOf(samples).map(({ covered, requests }) => [covered, requests])).toEqual([
        [0, 0],
        [0, 0],
        [0, 0],
      ]);
  });

  test("are of as long as is known", () => {
    const windows = windowsOf(steadily(60, 7));
    expect(windows.map(({ seconds, covered, requests }) => [seconds, covered, requests])).toEqual([
      [10, 10, 7],
      [100, 60, 7],
      [1000, 60, 7],
    ]);
  });

  test("say what the cache did, for how many the origin was asked, and what was spared", () => {
    const before = {
      ...{ requests: 100, bytesSent: 1000, "cache.HIT": 100, "bytes.HIT": 1000 },
      ...{ requestsSpared: 100, bytesSpared: 1000 },
    };
    const after = {
      ...{ requests: 200, bytesSent: 2000, "forwarded.miss": 30, "forwarded.revalidate-stale": 10 },
      ...{
        "cache.HIT": 150,
        "cache.COLLAPSED": 10,
        "cache.MISS": 20,
        "cache.REVALIDATED": 10,
        "cache.RULE": 10,
      },
      ...{ requestsSpared: 160, bytesSpared: 1700 },
    };
    expect(windowsOf([sample(0, before), sample(10, after)])[0]).toEqual({
      ...{ seconds: 10, covered: 10, requests: 10, bytes: 100, asked: 3, spared: 6, sparedBytes: 70 },
      outcomes: { HIT: 5, COLLAPSED: 1, MISS: 2, REVALIDATED: 1, RULE: 1 },
    });
  });

  test("are no less than none where a worker was lost with what it had not told", () => {
    const [window] = windowsOf([sample(0, { requests: 100 }), sample(2, { requests: 90 })]);
    expect(window?.requests).toBe(0);
  });
});

test("the history is of stretches of ten seconds, the latest last", () => {
  const slowly = steadily(20, 1);
  const quickly = [22, 24, 26, 28, 30].map((second) => sample(second, { requests: 20 + (second - 20) * 5 }));
  expect(historyOf([...slowly, ...quickly])).toEqual([1, 1, 5]);
});

describe("how busy a worker is", () => {
  const load = (requests: number, processorMilliseconds: number): WorkerLoad => ({
    ...{ requests, processorMilliseconds, residentBytes: 7 },
  });
  const samples = [
    sample(0, {}, [[11, load(900, 100)]]),
    sample(2, {}, [[11, load(1000, 1000)]]),
    sample(12, {}, [
      [11, load(1020, 6000)],
      [12, load(3, 4)],
    ]),
  ];

  test.each([
    [11, { requests: 2, processor: 0.5, residentBytes: 7 }],
    // It has taken another's place just now.
    [12, { residentBytes: 7 }],
    [13, {}],
    [undefined, {}],
  ])("of pid %p", (pid, rate) => {
    expect(rateOfWorker(pid, samples)).toEqual(rate);
  });
});

describe("what all workers have cost the origin", () => {
  const none: OriginCosts = { missed: [], slowest: [], costs: [] };

  test("is the sum by name, the dearest first", () => {
    const one: OriginCosts = {
      missed: [
        { url: "http://a/x", times: 3, reason: "set-cookie" },
        { url: "http://a/y", times: 2, reason: "no-lifetime" },
      ],
      slowest: [{ path: "a/x", times: 3, milliseconds: 60, longest: 30 }],
      costs: [{ forwarded: "miss", reason: "set-cookie", times: 3, milliseconds: 60 }],
    };
    const other: OriginCosts = {
      missed: [{ url: "http://a/y", times: 2, reason: "no-lifetime" }],
      slowest: [{ path: "a/x", times: 1, milliseconds: 50, longest: 50 }],
      costs: [
        { forwarded: "vary-miss", reason: "set-cookie", times: 1, milliseconds: 100 },
        { forwarded: "miss", reason: "set-cookie", times: 1, milliseconds: 5 },
      ],
    };
    expect(sumOfCosts([one, none, other])).toEqual({
      missed: [
        { url: "http://a/y", times: 4, reason: "no-lifetime" },
        { url: "http://a/x", times: 3, reason: "set-cookie" },
      ],
      slowest: [{ path: "a/x", times: 4, milliseconds: 110, longest: 50 }],
      costs: [
        { forwarded: "vary-miss", reason: "set-cookie", times: 1, milliseconds: 100 },
        { forwarded: "miss", reason: "set-cookie", times: 4, milliseconds: 65 },
      ],
    });
  });

  test("is nothing of no worker", () => expect(sumOfCosts([])).toEqual(none));
});

describe("GET /top", () => {
  const worker: WorkerStatus = { number: 1, pid: 11, state: "ready", deaths: 0 };
  const load = { requests: 4, processorMilliseconds: 0, residentBytes: 1 };
  const costs: OriginCosts = {
    missed: [{ url: "http://a/", times: 1, reason: "set-cookie" }],
    slowest: [],
    costs: [],
  };

  function watch(counters: TopOptions["fleet"]["counters"]) {
    const clock = createFakeClock();
    const errors: string[] = [];
    const ask = async ({ about }: { about: string }) => [
      { worker: 1, answer: about === "load" ? { about, load } : { about, costs } },
    ];
    const top = watchTop({
      fleet: { ask: ask as TopOptions["fleet"]["ask"], counters, status: () => [worker] },
      store: async () => ({ objects: 1, bytes: 2, maxBytes: 3 }),
      ...{ clock, startedAt: 5 },
      journal: { error: (line) => errors.push(line) },
    });
    return { clock, errors, top };
  }

  test("tells rates, costs, workers and what is stored, in the shape that is promised", async () => {
    let requests = 0;
    const { clock, top } = watch(async () => {
      requests += 20;
      return { requests, "trouble.EIO": 1 };
    });
    await clock.advance(10_000);
    const app = createAdminApp({ routes: topRoutes(top), onError: expect.unreachable });
    const answer = topSchema.parse(await (await app.request("/top")).json());
    expect(answer).toMatchObject({
      ...costs,
      ...{ startedAt: 5, history: [10], store: { objects: 1, bytes: 2, maxBytes: 3 } },
      workers: [{ ...worker, requests: 0, processor: 0, residentBytes: 1 }],
    });
    expect(answer.windows.map((window) => window.requests)).toEqual([10, 10, 10]);
    top.stop();
    await clock.advance(10_000);
    expect((await top.read()).windows[2]?.covered).toBe(10);
  });

  test("an answer of the workers that is late is waited for, and none is asked meanwhile", async () => {
    let asked = 0;
    const late = Promise.withResolvers<Record<string, number>>();
    const { clock, top } = watch(() => {
      asked += 1;
      return late.promise;
    });
    await clock.advance(10_000);
    expect(asked).toBe(1);
    late.resolve({ requests: 1 });
    await clock.advance(2_000);
    expect([asked, (await top.read()).windows[2]?.requests]).toEqual([2, 1 / 12]);
  });

  test("what the workers cannot tell is told as an error, and asked again", async () => {
    let asked = 0;
    const { clock, errors } = watch(async () => {
      asked += 1;
      if (asked === 1) throw new Error("no worker is ready");
      return {};
    });
    await clock.advance(4_000);
    expect([asked, errors]).toEqual([2, ["rates cannot be told: Error: no worker is ready"]]);
  });
});
