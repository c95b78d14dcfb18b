import { describe, expect, test } from "bun:test";
import { gatherMeasures, type Measures } from "../../src/control/measures.ts";
import { bucketCount, metrics } from "../../src/control/metrics.ts";
import { exposition } from "../../src/supervisor/measures/exposition.ts";
import { createLedger } from "../../src/supervisor/measures/ledger.ts";

const site = 'requests_total{site="shop"}';
const lag = 'event_loop_lag_seconds{process="worker-1"}';
const of = (requests: number, open: number): Measures => ({
  counters: { [site]: requests },
  gauges: { websockets_open: open },
  histograms: { [lag]: [requests, 0, 1] },
});

describe("the ledger", () => {
  test("adds up what several processes have told", () => {
    const ledger = createLedger();
    ledger.heard("worker 1", of(3, 1));
    ledger.heard("worker 2", of(4, 2));
    expect(ledger.sum()).toEqual({ ...of(7, 3), histograms: { [lag]: [7, 0, 2] } });
  });

  test("of who tells again has what was told last", () => {
    const ledger = createLedger();
    ledger.heard("worker 1", of(3, 1));
    ledger.heard("worker 1", of(5, 0));
    expect(ledger.sum()).toEqual(of(5, 0));
  });

  test("keeps what was counted by one that has ended, and nothing of how it was then", () => {
    const ledger = createLedger();
    ledger.heard("worker 1", of(3, 1));
    ledger.ended("worker 1");
    expect(ledger.sum()).toEqual({ ...of(3, 1), gauges: {} });
    ledger.heard("worker 1", of(2, 1));
    expect(ledger.sum()).toMatchObject({ counters: { [site]: 5 }, gauges: { websockets_open: 1 } });
    ledger.ended("worker 1");
    ledger.ended("worker 1");
    expect(ledger.sum().counters).toEqual({ [site]: 5 });
  });

  test("calls an origin healthy where all workers do", () => {
    const ledger = createLedger();
    const series = 'origin_healthy{site="",origin="o"}';
    const told = (value: number) =>
      gatherMeasures(({ gauge }) => gauge("origin_healthy", { site: "", origin: "o" }, value));
    ledger.heard("worker 1", told(1));
    ledger.heard("worker 2", told(1));
    expect(ledger.sum().gauges).toEqual({ [series]: 1 });
    ledger.heard("worker 2", told(0));
    expect(ledger.sum().gauges).toEqual({ [series]: 0 });
  });
});

describe("the text for Prometheus", () => {
  test("has the lines of a family together, behind its help and type", () => {
    const text = exposition(
      gatherMeasures(({ counter, gauge }) => {
        counter("saved_bytes_total", { site: "a" }, 5);
        gauge("healthy", {}, 1);
        counter("saved_bytes_total", { site: "b" }, 2 ** 53 - 1);
      }),
    );
    expect(text.split("\n")).toEqual([
      `# HELP cacheproxy_saved_bytes_total ${metrics.saved_bytes_total.help}`,
      "# TYPE cacheproxy_saved_bytes_total counter",
      'cacheproxy_saved_bytes_total{site="a"} 5',
      'cacheproxy_saved_bytes_total{site="b"} 9007199254740991',
      `# HELP cacheproxy_healthy ${metrics.healthy.help}`,
      "# TYPE cacheproxy_healthy gauge",
      "cacheproxy_healthy 1",
      "",
    ]);
  });

  test("of a histogram tells how many there were up to each bound", () => {
    const buckets = Array.from({ length: bucketCount + 2 }, () => 0);
    [buckets[0], buckets[1], buckets[bucketCount], buckets[bucketCount + 1]] = [2, 3, 1, 300.5];
    const lines = exposition(
      gatherMeasures(({ histogram }) => histogram("event_loop_lag_seconds", { process: "keeper" }, buckets)),
    ).split("\n");
    const [name, labels] = ["cacheproxy_event_loop_lag_seconds", 'process="keeper"'];
    expect(lines.slice(2, 4)).toEqual([
      `${name}_bucket{${labels},le="0.0009765625"} 2`,
      `${name}_bucket{${labels},le="0.001953125"} 5`,
    ]);
    expect(lines.slice(-5)).toEqual([
      `${name}_bucket{${labels},le="128"} 5`,
      `${name}_bucket{${labels},le="+Inf"} 6`,
      `${name}_sum{${labels}} 300.5`,
      `${name}_count{${labels}} 6`,
      "",
    ]);
  });

  test("has nothing of a family of which nobody has told", () => {
    expect(exposition(gatherMeasures())).toBe("");
  });
});
