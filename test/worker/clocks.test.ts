import { afterEach, beforeEach, expect, setSystemTime, spyOn, test } from "bun:test";
import type { Served } from "../../src/serve/answer/outcome.ts";
import { createAccessLog } from "../../src/worker/access-log.ts";
import { startClocks } from "../../src/worker/clocks.ts";

const beginning = Date.UTC(2026, 0, 1, 12);
const hour = 3_600_000;
let monotonic: ReturnType<typeof spyOn<Performance, "now">>;
beforeEach(() => {
  setSystemTime(beginning);
  monotonic = spyOn(performance, "now").mockReturnValue(1000);
});
afterEach(() => {
  setSystemTime();
  monotonic.mockRestore();
});

test("a worker's ages go on when the wall clock is set back, its dates are the wall clock's", () => {
  const clocks = startClocks(beginning);
  monotonic.mockReturnValue(3000);
  setSystemTime(beginning - hour + 2000);
  expect(clocks.now()).toBe(beginning + 2000);
  expect(clocks.date()).toBe(beginning - hour + 2000);
  expect(clocks.lead()).toBe(hour);
});

test("a worker that is started after the wall clock was set back agrees with those that were there", () => {
  expect(startClocks(beginning + hour).now()).toBe(beginning + hour);
});

test("a line of the log bears the time of the wall clock", () => {
  const lines: string[] = [];
  const log = createAccessLog({
    ...{ log: "json", logSample: 1, colours: false, lead: () => hour },
    write: (line) => lines.push(line),
  });
  const served: Served = {
    at: beginning + hour,
    cache: "HIT",
    reason: "hit-fresh",
    status: 200,
    method: "GET",
    host: "shop.test",
    target: "/",
    bytes: 0,
    milliseconds: 0,
    firstByteMilliseconds: 0,
    client: null,
    protocol: "http",
    received: new Headers(),
  };
  log?.onServed(served);
  log?.flush();
  expect(lines.join()).toContain("2026-01-01T12:00:00.000Z");
});
