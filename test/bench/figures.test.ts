import { describe, expect, test } from "bun:test";
import { disturbances, leastDisturbed } from "./disturbance.ts";
import { readFigures, readH2loadFigures } from "./load.ts";
import { ratios } from "./report.ts";
import { errorsIn, type Measure, wrongTraffic } from "./rounds.ts";
import { versionIn } from "./servers.ts";
import { readSettings } from "./settings.ts";
import { arenaOf, throughput } from "./specials/two-workers.ts";
import { median, quantile, spreadOf } from "./statistics.ts";
import { isWarm } from "./warm-up.ts";

test("the median, and quantiles between two numbers", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), quantile([0, 10], 0.99)]).toEqual([2, 2.5, 9.9]);
  expect(spreadOf([2, 9, 4])).toEqual({ median: 4, lowest: 2, highest: 9 });
  expect(() => median([])).toThrow(RangeError);
});

describe("a round", () => {
  const turns = (shares: Record<string, number>) =>
    new Map(Object.entries(shares).map(([name, foreignShare]) => [name, { foreignShare }]));

  test("was disturbed when others used more of the core than in a server's quietest turn", () => {
    const [one, two, three] = disturbances([
      turns({ a: 0.3, b: 0 }),
      turns({ a: 0.31, b: 0.5 }),
      turns({ a: 0.3, b: 0.02 }),
    ]);
    expect([one, two, three].map((share) => share?.toFixed(2))).toEqual(["0.00", "0.50", "0.02"]);
    expect(disturbances([new Map()])).toEqual([0]);
  });

  test("that was disturbed is left out while there are better ones, and counted where there are none", () => {
    const [quiet, loud, louder] = [turns({ a: 0 }), turns({ a: 0.2 }), turns({ a: 0.4 })];
    expect(leastDisturbed([louder, quiet, loud], 1)).toEqual({ rounds: [quiet], disturbed: 0 });
    expect(leastDisturbed([louder, quiet, loud], 2)).toEqual({ rounds: [quiet, loud], disturbed: 1 });
    expect(leastDisturbed([], 2)).toEqual({ rounds: [], disturbed: 0 });
  });
});

test("a server is warm when so many windows on end brought nothing", () => {
  expect(isWarm([100, 99, 98], 3)).toBe(false);
  expect(isWarm([100, 99, 98, 97], 3)).toBe(true);
  expect(isWarm([100, 99, 98, 60], 3)).toBe(false);
  expect(isWarm([1452, 1105, 817, 825, 708, 465, 451, 459, 328], 3)).toBe(false);
  expect(isWarm([328, 327, 340, 335], 3)).toBe(true);
  expect(isWarm([100, 99], 1)).toBe(true);
  expect(isWarm([100, 90], 1)).toBe(false);
});

describe("what a server did is refused", () => {
  test("when there were errors, or nothing", () => {
    const good = {
      requests: 9,
      bytes: 0,
      seconds: 1,
      p99Microseconds: 1,
      badStatus: 0,
      brokenConnections: 0,
    };
    expect(errorsIn(good)).toBeNull();
    expect(errorsIn({ ...good, badStatus: 1 })).toStartWith("gave errors");
    expect(errorsIn({ ...good, brokenConnections: 1 })).toStartWith("gave errors");
    expect(errorsIn({ ...good, requests: 0 })).toStartWith("gave errors");
  });

  test("when a hit touched the origin, or a miss did not", () => {
    const figures = { requests: 9, bytes: 900 };
    expect(wrongTraffic({ origin: "none", size: 50 }, figures, 0)).toBeNull();
    expect(wrongTraffic({ origin: "none", size: 50 }, figures, 1)).toContain("1 of them at the origin");
    expect(wrongTraffic({ origin: "each", size: 50 }, figures, 9)).toBeNull();
    expect(wrongTraffic({ origin: "each", size: 50 }, figures, 8)).toContain("8 of them at the origin");
  });

  test("when it sent less than all bodies", () => {
    expect(wrongTraffic({ origin: "none", size: 101 }, { requests: 9, bytes: 900 }, 0)).toContain(
      "900 bytes",
    );
  });
});

describe("two workers against one", () => {
  const turn = (requestsPerSecond: number, coresBusy: number) => ({
    requestsPerSecond,
    coresBusy,
    processorSecondsPerRequest: 1,
  });
  const four = arenaOf({ apart: [0, 1, 2, 3], siblings: [] });

  test("have two cores beside the load's, or share theirs with it", () => {
    expect(four).toEqual({ roomy: true, servers: [0, 1], load: [2, 3], cores: 4 });
    expect(arenaOf({ apart: [0, 2], siblings: [1, 3] })).toEqual({
      roomy: false,
      servers: [0, 2],
      load: [0, 2],
      cores: 2,
    });
  });

  test("are told as throughput only where there are cores for it, and with a word when the load was the limit", () => {
    const told = (coresBusy: number) => throughput([{ one: turn(10, 1), two: turn(19, coresBusy) }], four);
    expect(told(1.95)).toEqual({ throughput: "1.90 (1.90–1.90)" });
    expect(told(1.4)).toEqual({ throughput: "1.90 (1.90–1.90), and the load was the limit" });
    expect(throughput([], arenaOf({ apart: [0, 1], siblings: [] }))).toEqual({
      throughput: "needs four cores, this machine has 2",
    });
  });
});

describe("settings", () => {
  test("are short ones with QUICK=1, and not with QUICK=0", () => {
    expect(readSettings({ QUICK: "1" })).toMatchObject({ quick: true, rounds: 2, seconds: 1 });
    expect(readSettings({ QUICK: "0" })).toMatchObject({ quick: false, rounds: 5, seconds: 3 });
  });

  test("that cannot be are refused", () => {
    expect(() => readSettings({ ROUNDS: "many" })).toThrow("ROUNDS is a whole number");
    expect(() => readSettings({ INTERVAL: "0" })).toThrow("INTERVAL");
    expect(() => readSettings({ SECONDS: "0.5" })).toThrow("SECONDS is a whole number");
    expect(() => readSettings({ ONLY: "(" })).toThrow(SyntaxError);
    expect(() => readSettings({ README: "1", ONLY: "zipf" })).toThrow("README=1 takes all workloads");
  });
});

test("a ratio is of one round, and of those rounds alone in which both took part", () => {
  const measure = (processorMicroseconds: number) => ({ processorMicroseconds }) as Measure;
  const rounds = [
    new Map([
      ["a", measure(10)],
      ["b", measure(5)],
    ]),
    new Map([
      ["a", measure(30)],
      ["b", measure(10)],
    ]),
    new Map([["a", measure(1)]]),
  ];
  const figure = (each: Measure) => each.processorMicroseconds;
  expect(ratios(rounds, figure, "a", "b")).toEqual({ median: 2.5, lowest: 2, highest: 3 });
  expect(ratios(rounds, figure, "a", "c")).toBeUndefined();
});

test("wrk's figures are read from the line that the script adds", () => {
  const line =
    '{"requests":12,"bytes":99,"seconds":2.5,"p99Microseconds":900,"badStatus":1,"brokenConnections":3}';
  expect(readFigures(`Running 2s test\nFIGURES ${line}\n`)).toEqual(JSON.parse(line));
  expect(() => readFigures("unable to connect")).toThrow();
});

test("h2load's figures are read from its summary and its log", () => {
  const summary = `
finished in 1.50s, 51272.33 req/s, 58.24MB/s
requests: 103 total, 103 started, 102 done, 100 succeeded, 2 failed, 0 errored, 0 timeout
status codes: 100 2xx, 0 3xx, 2 4xx, 0 5xx
traffic: 5.30MB (5559552) total, 1.01MB (1060000) headers (space savings 0.00%), 3.00MB (3145728) data
`;
  const log = Array.from({ length: 101 }, (_, index) => `1795356916152\t200\t${index}\n`).join("");
  expect(readH2loadFigures(summary, log)).toEqual({
    requests: 100,
    bytes: 5559552,
    seconds: 1.5,
    p99Microseconds: 99,
    badStatus: 2,
    brokenConnections: 0,
  });
  expect(readH2loadFigures(summary.replace("1.50s", "950.00ms"), log).seconds).toBe(0.95);
});

test("a version is the number that a program says, however it says it", () => {
  expect(versionIn("nginx version: nginx/1.22.1\n")).toBe("1.22.1");
  expect(versionIn("HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/")).toBe(
    "2.6.12-1+deb12u4",
  );
  expect(versionIn("varnishd (varnish-7.1.1 revision 7cee1c5)")).toBe("7.1.1");
  expect(versionIn("")).toBe("of unknown version");
});
