import { describe, expect, test } from "bun:test";
import { createHistogram } from "../../src/control/histogram.ts";
import { gatherMeasures, measuresSchema } from "../../src/control/measures.ts";
import { boundsOf, bucketCount, type HistogramName, metrics } from "../../src/control/metrics.ts";

describe("a histogram", () => {
  const lowest = 2 ** -11;
  test.each([
    ["nothing at all", 0, 0],
    ["the lowest bound itself", lowest, 0],
    ["a little more than it", lowest * 1.001, 1],
    ["the second bound", lowest * 2, 1],
    ["a little more than that", lowest * 2.001, 2],
    ["between bounds", lowest * 100, 7],
    ["the highest bound", lowest * 2 ** (bucketCount - 1), bucketCount - 1],
    ["more than the highest", lowest * 2 ** (bucketCount - 1) * 1.001, bucketCount],
    ["an hour", 3600, bucketCount],
  ])("has %s in the first bucket whose bound is no less", (_, seconds, place) => {
    const { note, buckets } = createHistogram("origin_first_byte_seconds");
    note(seconds);
    const counts = Array.from(buckets).slice(0, -1);
    expect(counts.indexOf(1)).toBe(place);
    expect(buckets[bucketCount + 1]).toBe(seconds);
    const bound = boundsOf("origin_first_byte_seconds")[place] ?? Number.POSITIVE_INFINITY;
    expect(seconds).toBeLessThanOrEqual(bound);
  });

  const histograms = Object.entries(metrics).filter(([, { type }]) => type === "histogram");
  test.each(histograms)("%s has the bounds of a native one: powers of two", (name) => {
    const bounds = boundsOf(name as HistogramName);
    expect(bounds.filter((bound) => !Number.isInteger(Math.log2(bound)))).toEqual([]);
    expect(bounds.toSorted((one, other) => one - other)).toEqual([...bounds]);
  });
});

describe("names", () => {
  test.each(Object.entries(metrics))("%s are as Prometheus wants them", (name, { type, help }) => {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
    if (type === "histogram") expect(name).toEndWith("_seconds");
    expect(help).toEndWith(".");
    expect(help).not.toMatch(/[\n\\]/);
  });
});

describe("measures", () => {
  test("of the same series are one number, and go between processes as they are", () => {
    const { buckets } = createHistogram("hit_duration_seconds");
    const measures = gatherMeasures(
      ({ counter, gauge }) => {
        counter("purges_total", {}, 1);
        counter("sent_bytes_total", { site: "shop", cache: "HIT" }, 5);
        gauge("healthy", {}, 1);
      },
      ({ counter, histogram }) => {
        counter("sent_bytes_total", { site: "shop", cache: "HIT" }, 7);
        histogram("hit_duration_seconds", { site: "shop" }, buckets);
      },
    );
    expect(measures).toEqual({
      counters: { purges_total: 1, 'sent_bytes_total{site="shop",cache="HIT"}': 12 },
      gauges: { healthy: 1 },
      histograms: { 'hit_duration_seconds{site="shop"}': Array.from({ length: bucketCount + 2 }, () => 0) },
    });
    expect(measuresSchema.parse(JSON.parse(JSON.stringify(measures)))).toEqual(measures);
  });

  test.each([
    ['a "b"', '{site="a \\"b\\""}'],
    ["a\\b", '{site="a\\\\b"}'],
    ["a\nb", '{site="a\\nb"}'],
    ['"} 1\nevil{x="', '{site="\\"} 1\\nevil{x=\\""}'],
  ])("a label %j cannot be taken for anything else", (site, written) => {
    const { counters } = gatherMeasures(({ counter }) => counter("saved_bytes_total", { site }, 1));
    expect(Object.keys(counters)).toEqual([`saved_bytes_total${written}`]);
  });
});
