import { expect, test } from "bun:test";
import { createHistogram } from "../../src/control/histogram.ts";
import type { Measures } from "../../src/control/measures.ts";
import { type OriginView, originsSchema } from "../../src/control/origins.ts";
import type { SitePlan } from "../../src/sites/plan.ts";
import { createOriginsLook, type OriginsOptions } from "../../src/supervisor/origins.ts";

const site: SitePlan = {
  name: "shop",
  hosts: [],
  origins: ["http://me:secret@a.test", "http://b.test"],
  balance: "round-robin",
  health: "/healthz",
  preserveHost: false,
  settings: {},
  rules: [],
  presetRules: [],
};

const well: OriginView = {
  ...{ site: "shop", name: "http://a.test", state: "trusted", failures: 0, restsFor: 0, waiting: 1 },
  latest: [],
};

function outcome(at: number): OriginView["latest"][number] {
  return { at, status: 200, reason: null, milliseconds: 3 };
}

function look(byWorker: readonly (readonly OriginView[])[], measures: Partial<Measures> = {}) {
  const told = byWorker.map((origins, place) => ({
    worker: place + 1,
    answer: { about: "originViews" as const, origins: [...origins] },
  }));
  const fleet: OriginsOptions["fleet"] = {
    ask: (async () => told) as unknown as OriginsOptions["fleet"]["ask"],
    measures: async () => ({ counters: {}, gauges: {}, histograms: {}, ...measures }),
  };
  const configuration = () => ({ plan: { sites: [site], top: {} }, settings: { offline: false } });
  return createOriginsLook({ fleet, configuration })();
}

test("an origin is told of as the worker sees it that trusts it least, and as each does, without its credentials", async () => {
  const ill: OriginView = { ...well, state: "left-alone", failures: 3, restsFor: 4_000, waiting: 0 };
  const told = originsSchema.parse(await look([[well], [ill]]));
  expect(told.sites).toMatchObject([
    {
      ...{ site: "shop", balance: "round-robin", health: "/healthz" },
      origins: [
        {
          ...{ name: "http://a.test", state: "left-alone" },
          workers: [
            { worker: 1, state: "trusted", failures: 0, restsFor: 0, waiting: 1 },
            { worker: 2, state: "left-alone", failures: 3, restsFor: 4_000, waiting: 0 },
          ],
        },
        { name: "http://b.test", state: "trusted", workers: [] },
      ],
    },
  ]);
  expect(JSON.stringify(told)).not.toContain("secret");
});

test("what was counted since the start is that of the origin's own series", async () => {
  const histogram = createHistogram("origin_first_byte_seconds");
  for (const seconds of [0.003, 0.003, 0.5]) histogram.note(seconds);
  const told = await look([[well]], {
    counters: {
      'origin_answers_total{site="shop",origin="http://a.test",status="2xx"}': 5,
      'origin_answers_total{site="shop",origin="http://a.test",status="5xx"}': 2,
      'origin_answers_total{site="shop",origin="http://a.test.example",status="2xx"}': 9,
      'origin_answers_total{site="blog",origin="http://a.test",status="2xx"}': 9,
      'origin_failures_total{site="shop",origin="http://a.test",reason="origin-refused"}': 3,
      'origin_received_bytes_total{site="shop",origin="http://a.test"}': 700,
    },
    histograms: {
      'origin_first_byte_seconds{site="shop",origin="http://a.test"}': Array.from(histogram.buckets),
    },
  });
  expect(told.sites[0]?.origins[0]).toMatchObject({
    answers: { "2xx": 5, "5xx": 2 },
    failures: { "origin-refused": 3 },
    receivedBytes: 700,
    firstByte: { median: 1000 / 256, slowest: 500 },
  });
  expect(told.sites[0]?.origins[1]).toMatchObject({
    ...{ answers: {}, failures: {}, receivedBytes: 0, firstByte: { median: null, slowest: null } },
  });
});

test("the last answers are the last of all workers, sixteen of them, the newest first", async () => {
  const [even, odd] = [0, 1].map((first) =>
    Array.from({ length: 10 }, (_, place) => outcome(first + 18 - 2 * place)),
  );
  const told = await look([[{ ...well, latest: even ?? [] }], [{ ...well, latest: odd ?? [] }]]);
  const instants = told.sites[0]?.origins[0]?.latest.map(({ at }) => at);
  expect(instants).toEqual(Array.from({ length: 16 }, (_, place) => 19 - place));
});
