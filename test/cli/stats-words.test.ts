import { expect, test } from "bun:test";
import { statsText } from "../../src/cli/stats-words.ts";
import type { StatsAnswer } from "../../src/control/stats.ts";

const answer: StatsAnswer = {
  startedAt: 0,
  workers: [
    { number: 1, pid: 71, state: "ready", deaths: 0 },
    { number: 2, state: "waiting", deaths: 3 },
  ],
  keeper: { pid: 73, state: "ready", deaths: 0 },
  counters: {
    ...{ requests: 10_000, bytesSent: 4 * 1024 ** 2, "cache.MISS": 1000, "cache.HIT": 9000 },
    ...{ "bytes.MISS": 1024 ** 2, "bytes.HIT": 3 * 1024 ** 2, memoryObjectsNow: 7, memoryBytesNow: 2048 },
    ...{ "reason.hit-fresh": 9000, "reason.set-cookie": 1000, "reason.of-tomorrow": 1 },
    ...{ "forwarded.miss": 1000, "websocket.bytesToClients": 2048, "effect.superseded": 2, websocketsNow: 1 },
    ...{ "trouble.DISK_FULL": 4, "of-tomorrow": 3 },
  },
  store: { objects: 12_345, bytes: 1024 ** 3, maxBytes: 4 * 1024 ** 3 },
  logLinesDropped: 0,
};
const told = (stats: StatsAnswer, columns = 100) => statsText(stats, 12_000_000, columns, false);

test("stats are told in sections, with units and shares, the largest first", () => {
  expect(told(answer)).toEqual([
    "cacheproxy  up 3 h 20 min",
    "",
    "What the cache did                 requests     share        bytes     share",
    "HIT                                   9,000    90.0 %       3.0 MB    75.0 %",
    "MISS                                  1,000    10.0 %       1.0 MB    25.0 %",
    "all                                  10,000                 4.0 MB",
    "",
    "Why the origin was asked           requests     share",
    "miss                                  1,000    10.0 %  asked the origin: nothing is s… (RFC 9111 §4)",
    "",
    "How it came out                    requests     share",
    "hit-fresh                             9,000    90.0 %  served from the cache: the sto…RFC 9111 §4.2)",
    "set-cookie                            1,000    10.0 %  not stored: the response has S…RFC 9111 §7.3)",
    "of-tomorrow                               1    <0.1 %",
    "",
    "Stored                            responses        bytes   of its bound",
    "on the disk                          12,345       1.0 GB         25.0 %",
    "in the memory of workers                  7       2.0 kB",
    "",
    "Processes                             state          pid       deaths",
    "worker 1                              ready           71            0",
    "worker 2                            waiting            –            3",
    "keeper                                ready           73            0",
    "",
    "What else was counted",
    "of-tomorrow                                               3",
    "removed or freshened: superseded                          2",
    "sent to clients in WebSockets                        2.0 kB",
    "trouble: DISK_FULL                                        4",
    "WebSockets now                                            1",
  ]);
});

test("no line is wider than the terminal", () => {
  for (const columns of [20, 60, 80])
    for (const line of told(answer, columns)) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
});

test("of one that has just begun there are no sections without a line", () => {
  const lines = told({ ...answer, counters: { requests: 0, bytesSent: 0 } });
  expect(lines.flatMap((line, place) => (lines[place - 1] === "" ? [line.split("  ")[0]] : []))).toEqual([
    "What the cache did",
    "Stored",
    "Processes",
  ]);
});

test("lines of the log that were lost are told where there are any", () => {
  expect(told(answer).join("\n")).not.toContain("lines of the log");
  expect(told({ ...answer, logLinesDropped: 1234 }).join("\n")).toMatch(
    /^lines of the log that nobody read in time +1,234$/m,
  );
});
