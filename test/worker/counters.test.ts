import { expect, test } from "bun:test";
import { createCounters } from "../../src/worker/counters.ts";
import { createTraffic } from "../../src/worker/measures/traffic.ts";

const hit = { cache: "HIT", reason: "hit-fresh", status: 200 } as const;

test("of all sites together a hit of the short cut counts as one of the long way does", () => {
  const [short, long] = [createTraffic(), createTraffic()];
  for (const [site, bytes] of [
    ["", 5],
    ["shop", 0],
  ] as const) {
    short.hit(site, 200, bytes);
    long.served({ ...hit, site, bytes });
  }
  const miss = {
    cache: "MISS",
    reason: "stored-explicit",
    forwarded: "miss",
    status: 200,
    bytes: 7,
  } as const;
  for (const traffic of [short, long]) for (const status of [200, 404]) traffic.served({ ...miss, status });
  expect(createCounters(short).read()).toEqual(createCounters(long).read());
  expect(createCounters(short).read()).toEqual({
    ...{ requests: 4, bytesSent: 19, "cache.HIT": 2, "cache.MISS": 2, "bytes.HIT": 5, "bytes.MISS": 14 },
    ...{ requestsSpared: 2, bytesSpared: 5 },
    ...{ "reason.hit-fresh": 2, "reason.stored-explicit": 2, "forwarded.miss": 2 },
  });
});

test("what did not happen is not counted, and what did beside answers is", () => {
  const counters = createCounters(createTraffic());
  expect(counters.read()).toEqual({ requests: 0, bytesSent: 0 });
  counters.count("effect.superseded", 2);
  counters.count("effect.superseded");
  expect(counters.read()).toEqual({ requests: 0, bytesSent: 0, "effect.superseded": 3 });
});
