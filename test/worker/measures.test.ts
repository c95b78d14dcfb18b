import { describe, expect, test } from "bun:test";
import { gatherMeasures } from "../../src/control/measures.ts";
import type { OriginAnswer } from "../../src/origin/forward.ts";
import { timeHits } from "../../src/worker/measures/hit-timing.ts";
import { createOriginMeasures } from "../../src/worker/measures/origin-measures.ts";
import { createTraffic, type Traffic } from "../../src/worker/measures/traffic.ts";

type Served = Parameters<Traffic["served"]>[0];
const hit: Served = { site: "shop", cache: "HIT", reason: "hit-fresh", status: 200, bytes: 5 };

function countersOf(...requests: readonly Served[]): Record<string, number> {
  const traffic = createTraffic();
  for (const request of requests) traffic.served(request);
  return gatherMeasures(traffic.tell).counters;
}

describe("traffic", () => {
  test("a hit of the short cut counts as one of the long way does", () => {
    const [short, long] = [createTraffic(), createTraffic()];
    for (const [site, status, bytes] of [
      ["shop", 200, 5],
      ["", 304, 0],
      ["shop", 206, 2],
      ["blog", 200, 9],
    ] as const) {
      short.hit(site, status, bytes);
      long.served({ ...hit, site, status, bytes });
    }
    expect(gatherMeasures(short.tell).counters).toEqual(gatherMeasures(long.tell).counters);
    expect(gatherMeasures(short.tell).counters).toMatchObject({
      'requests_total{site="shop",cache="HIT",reason="hit-fresh",status="2xx"}': 2,
      'requests_total{site="",cache="HIT",reason="hit-fresh",status="3xx"}': 1,
      'sent_bytes_total{site="shop",cache="HIT"}': 7,
    });
  });

  test("requests are told apart by site, word, reason and the class of the status, and by nothing else", () => {
    const miss: Served = {
      site: "shop",
      cache: "MISS",
      reason: "stored-explicit",
      forwarded: "miss",
      status: 200,
      bytes: 1,
    };
    const counters = countersOf(
      miss,
      { ...miss, status: 203 },
      { ...miss, status: 404 },
      { ...miss, reason: "set-cookie" },
    );
    expect(Object.entries(counters).filter(([series]) => series.startsWith("requests_total"))).toEqual([
      ['requests_total{site="shop",cache="MISS",reason="stored-explicit",status="2xx"}', 2],
      ['requests_total{site="shop",cache="MISS",reason="stored-explicit",status="4xx"}', 1],
      ['requests_total{site="shop",cache="MISS",reason="set-cookie",status="2xx"}', 1],
    ]);
    expect(counters['forwarded_requests_total{site="shop",reason="miss"}']).toBe(4);
  });

  test.each<[string, Partial<Served>, number]>([
    ["a hit", {}, 5],
    ["one that the origin has found to be right", { cache: "REVALIDATED", forwarded: "revalidate-stale" }, 5],
    ["one that is stale", { cache: "STALE" }, 5],
    ["one that another request has fetched", { cache: "COLLAPSED" }, 5],
    ["pieces of which none was lacking", { cache: "PARTIAL" }, 5],
    ["pieces of which one was fetched", { cache: "PARTIAL", forwarded: "partial-miss" }, 0],
    ["a miss", { cache: "MISS", forwarded: "miss" }, 0],
    ["what passes", { cache: "PASS", forwarded: "miss" }, 0],
    ["what a rule has answered", { cache: "RULE" }, 0],
    ["an error", { cache: "ERROR" }, 0],
  ])("of %s the bytes are saved where the origin has sent none", (_, differing, saved) => {
    expect(countersOf({ ...hit, ...differing })['saved_bytes_total{site="shop"}']).toBe(saved);
  });

  test.each<[string, Partial<Served>, number | undefined]>([
    ["pieces of which none was lacking", { cache: "PARTIAL" }, 1],
    ["pieces of which one was fetched", { cache: "PARTIAL", forwarded: "partial-miss" }, undefined],
    ["one that another request has fetched", { cache: "COLLAPSED", forwarded: "miss" }, 1],
    ["one that another request had confirmed", { forwarded: "revalidate-stale" }, 1],
    ["a stale one while another is fetched", { cache: "STALE" }, 1],
    ["a stale one as the origin failed", { cache: "STALE", forwarded: "revalidate-stale" }, undefined],
    [
      "one that the origin has found to be right",
      { cache: "REVALIDATED", forwarded: "revalidate-stale" },
      undefined,
    ],
    ["a miss", { cache: "MISS", forwarded: "miss" }, undefined],
  ])("of %s the origin was spared where it was not asked for it alone", (_, differing, spared) => {
    const traffic = createTraffic();
    traffic.served({ ...hit, ...differing });
    expect(traffic.sums()["requestsSpared"]).toBe(spared as number);
  });

  test("bytes are spared over all sites, also where only its own answer was found to be right", () => {
    const traffic = createTraffic();
    traffic.served({ ...hit, cache: "REVALIDATED", forwarded: "revalidate-stale" });
    traffic.hit("blog", 200, 9);
    expect(traffic.sums()["bytesSpared"]).toBe(14);
  });

  test("the totals of a site tell how many requests and bytes there were, and which of them were hits", () => {
    const traffic = createTraffic();
    traffic.hit("shop", 200, 9);
    traffic.served(hit);
    traffic.served({ ...hit, cache: "REVALIDATED", forwarded: "revalidate-stale" });
    traffic.served({ ...hit, cache: "MISS", forwarded: "miss" });
    traffic.served({ ...hit, site: "blog", cache: "MISS", forwarded: "miss" });
    expect(traffic.totals().filter(({ site }) => site !== "")).toEqual([
      { site: "shop", requests: 4, bytes: 24, hits: 2, hitBytes: 14 },
      { site: "blog", requests: 1, bytes: 5, hits: 0, hitBytes: 0 },
    ]);
  });

  test("the time of a hit belongs to the site that was told last", () => {
    const traffic = createTraffic();
    traffic.hit("shop", 200, 1);
    traffic.hit("blog", 200, 1);
    traffic.hitTook(0.001);
    const sums = Object.entries(gatherMeasures(traffic.tell).histograms).map(([series, buckets]) => [
      series,
      buckets.at(-1),
    ]);
    expect(Object.fromEntries(sums)).toMatchObject({
      'hit_duration_seconds{site="shop"}': 0,
      'hit_duration_seconds{site="blog"}': 0.001,
    });
  });
});

describe("the timing of hits", () => {
  test("times every sixteenth request, and only hits", () => {
    let now = 0;
    const seconds: number[] = [];
    const answers: (string | undefined)[] = [];
    const timed = timeHits(
      (request: string) => {
        now += 2;
        return request === "missing" ? undefined : `answer to ${request}`;
      },
      () => now,
      (took) => seconds.push(took),
    );
    for (let each = 1; each <= 48; each++) answers.push(timed(each === 32 ? "missing" : "there"));
    expect(seconds).toEqual([0.002, 0.002]);
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
    expect(answers[0]).toBe("answer to there");
  });
});

describe("origins", () => {
  test("are measured by the names of their sites and their own, over doors that are opened anew", () => {
    const origins = createOriginMeasures(() => 1_000);
    const answer = { ok: true, response: { status: 503 } } as OriginAnswer;
    const failure = { ok: false, failure: { reason: "origin-refused" } } as OriginAnswer;
    origins.meterFor("shop", "a").answered(answer, 250);
    origins.meterFor("shop", "a").answered(failure, 3);
    origins.meterFor("shop", "a").received(70);
    origins.meterFor("shop", "b").received(1);
    const { counters, histograms } = gatherMeasures(origins.tell);
    expect(counters).toEqual({
      'origin_answers_total{site="shop",origin="a",status="5xx"}': 1,
      'origin_failures_total{site="shop",origin="a",reason="origin-refused"}': 1,
      'origin_received_bytes_total{site="shop",origin="a"}': 70,
      'origin_received_bytes_total{site="shop",origin="b"}': 1,
    });
    expect(histograms['origin_first_byte_seconds{site="shop",origin="a"}']?.at(-1)).toBe(0.25);
    expect(origins.latest("shop", "a")).toEqual([
      { at: 1_000, status: null, reason: "origin-refused", milliseconds: 3 },
      { at: 1_000, status: 503, reason: null, milliseconds: 250 },
    ]);
  });

  test("are remembered by their last sixteen answers", () => {
    let now = 0;
    const origins = createOriginMeasures(() => now);
    const meter = origins.meterFor("shop", "a");
    for (now = 1; now <= 20; now++)
      meter.answered({ ok: true, response: { status: 200 } } as OriginAnswer, 1);
    const instants = origins.latest("shop", "a").map(({ at }) => at);
    expect(instants).toEqual(Array.from({ length: 16 }, (_, place) => 20 - place));
    expect(origins.latest("shop", "b")).toEqual([]);
  });
});
