import { expect, test } from "bun:test";
import { readFigures, readH2loadFigures } from "./load.ts";
import { ratios } from "./report.ts";
import type { Measure } from "./rounds.ts";
import { median, quantile, spreadOf, undisturbed } from "./statistics.ts";

test("the median, and quantiles between two numbers", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), quantile([0, 10], 0.99)]).toEqual([2, 2.5, 9.9]);
  expect(spreadOf([2, 9, 4])).toEqual({ median: 4, lowest: 2, highest: 9 });
  expect(() => median([])).toThrow(RangeError);
});

test("a round that is far from the others was disturbed", () => {
  expect(undisturbed([10, 11, 10, 30, 9], (figure) => figure)).toEqual([10, 11, 10, 9]);
  expect(undisturbed([], (figure: number) => figure)).toEqual([]);
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
  const line = '{"requests":12,"seconds":2.5,"p99Microseconds":900,"badStatus":1,"brokenConnections":3}';
  expect(readFigures(`Running 2s test\nFIGURES ${line}\n`)).toEqual(JSON.parse(line));
  expect(() => readFigures("unable to connect")).toThrow();
});

test("h2load's figures are read from its summary and its log", () => {
  const summary = `
finished in 1.50s, 51272.33 req/s, 58.24MB/s
requests: 103 total, 103 started, 102 done, 100 succeeded, 2 failed, 0 errored, 0 timeout
status codes: 100 2xx, 0 3xx, 2 4xx, 0 5xx
`;
  const log = Array.from({ length: 101 }, (_, index) => `1795356916152\t200\t${index}\n`).join("");
  expect(readH2loadFigures(summary, log)).toEqual({
    requests: 100,
    seconds: 1.5,
    p99Microseconds: 99,
    badStatus: 2,
    brokenConnections: 0,
  });
  expect(readH2loadFigures(summary.replace("1.50s", "950.00ms"), log).seconds).toBe(0.95);
});
