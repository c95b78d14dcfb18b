import { expect, test } from "bun:test";
import { createCounters } from "../../src/worker/counters.ts";

const served = {
  ...{ at: 0, status: 200, method: "GET", host: "", target: "/", client: null },
  protocol: "http",
  ...{ milliseconds: 0, firstByteMilliseconds: 0, received: new Headers() },
} as const;

test("a hit of the short cut counts as one of the long way does", () => {
  const [short, long] = [createCounters(), createCounters()];
  for (const bytes of [5, 0]) {
    short.hit(bytes);
    long.served({ ...served, cache: "HIT", reason: "hit-fresh", bytes });
  }
  const miss = { ...served, cache: "MISS", reason: "stored-explicit", bytes: 7 } as const;
  short.served(miss);
  long.served(miss);
  expect(short.read()).toEqual(long.read());
  expect(short.read()).toMatchObject({ requests: 3, bytesSent: 12, "cache.HIT": 2, "reason.hit-fresh": 2 });
  expect(short.read()).toMatchObject({ "bytes.HIT": 5, "bytes.MISS": 7 });
});

test("what did not happen is not counted", () => {
  expect(createCounters().read()).toEqual({ requests: 0, bytesSent: 0 });
});
