import { expect, test } from "bun:test";
import fc from "fast-check";
import { createHeavyHitters } from "../../../src/worker/heavy/heavy-hitters.ts";

const span = 300_000;

test("as long as all names fit, sums are exact, and the heaviest come first", () => {
  const hitters = createHeavyHitters({ capacity: 3, span });
  for (const [name, amount, note] of [
    ["a", 5, "first"],
    ["b", 4, "only"],
    ["a", 2, "last"],
    ["c", 20, "only"],
  ] as const)
    hitters.add(name, amount, note, 1000);
  expect(hitters.heaviest(2, 1000)).toEqual([
    { name: "c", amount: 20, times: 1, most: 20, note: "only" },
    { name: "a", amount: 7, times: 2, most: 5, note: "last" },
  ]);
});

test("a name that is heavy is found among any number of names that are not, which do not look heavy", () => {
  const hitters = createHeavyHitters({ capacity: 10, span });
  for (let round = 0; round < 1000; round += 1) {
    hitters.add(`once-${round}`, 1, "", 0);
    if (round % 4 === 0) hitters.add("often", 1, "", 0);
  }
  const [first, second] = hitters.heaviest(10, 0);
  expect(first?.name).toBe("often");
  expect(first?.amount).toBeGreaterThan(200);
  expect(second?.amount).toBe(1);
});

test("of any names in any order, nobody is told to have more than it had, and nobody above its share is missing", () => {
  const additions = fc.array(fc.record({ name: fc.integer({ min: 0, max: 30 }), amount: fc.nat(100) }), {
    minLength: 1,
    maxLength: 300,
  });
  fc.assert(
    fc.property(additions, fc.integer({ min: 1, max: 12 }), (added, capacity) => {
      const hitters = createHeavyHitters({ capacity, span });
      const sums = new Map<string, number>();
      for (const { name, amount } of added) {
        hitters.add(`${name}`, amount, "", 0);
        sums.set(`${name}`, (sums.get(`${name}`) ?? 0) + amount);
      }
      const all = added.reduce((sum, { amount }) => sum + amount, 0);
      const told = new Map(hitters.heaviest(capacity, 0).map(({ name, amount }) => [name, amount]));
      expect(told.size).toBeLessThanOrEqual(capacity);
      for (const [name, amount] of told) expect(amount).toBeLessThanOrEqual(sums.get(name) ?? 0);
      for (const [name, sum] of sums) if (sum > all / capacity) expect(told.has(name)).toBe(true);
    }),
  );
});

test("sums fade: after the span a third is left, and what is hardly left is not told", () => {
  const hitters = createHeavyHitters({ capacity: 3, span });
  for (let time = 0; time < 10; time += 1) hitters.add("a", 1, "", 0);
  hitters.add("b", 1, "", 0);
  const [left, ...others] = hitters.heaviest(3, span);
  expect(left?.amount).toBeCloseTo(10 / Math.E);
  expect(others).toEqual([]);
});

test("years do not make the reckoning overflow", () => {
  const hitters = createHeavyHitters({ capacity: 3, span });
  for (let round = 0; round < 5000; round += 1) hitters.add("a", 1, "", round * span);
  const [only] = hitters.heaviest(3, 4999 * span);
  expect(only?.amount).toBeCloseTo(1 / (1 - 1 / Math.E));
  expect(only?.times).toBeCloseTo(only?.amount ?? 0);
});

test("the most at once is that of the span, not one of long ago", () => {
  const hitters = createHeavyHitters({ capacity: 3, span });
  hitters.add("a", 900, "", 0);
  hitters.add("a", 5, "", span - 1);
  expect(hitters.heaviest(1, span - 1)[0]?.most).toBe(900);
  hitters.add("a", 6, "", span + 1);
  expect(hitters.heaviest(1, span + 1)[0]?.most).toBe(6);
});
