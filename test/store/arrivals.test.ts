import { expect, test } from "bun:test";
import { createArrivals, selects } from "../../src/store/arrivals.ts";
import { newResponse } from "./samples.ts";

test("what was asked for before more removals than are remembered is overtaken, whatever they were of", () => {
  const arrivals = createArrivals();
  const overtaken = (askedAt: number) =>
    arrivals.begin((selector) => selects(selector, newResponse()), askedAt).overtaken;
  const remove = (at: number) => arrivals.overtake({ by: "key", primaryKey: "another" }, at);
  for (let at = 1; at <= 4096; at++) remove(at);
  expect(overtaken(0)).toBe(false);
  remove(4097);
  expect([overtaken(0), overtaken(1)]).toEqual([true, false]);
});
