import { expect, test } from "bun:test";
import { restartDelay } from "../../src/supervisor/back-off.ts";

test.each([
  [0, 100],
  [1, 200],
  [2, 400],
  [3, 800],
  [4, 1600],
  [5, 3200],
  [6, 6400],
  [7, 10_000],
  [8, 10_000],
  [5000, 10_000],
])("after %d deaths in a row a worker is started again in %d ms", (deaths, delay) => {
  expect(restartDelay(deaths)).toBe(delay);
});
