import { beforeEach, describe, expect, test } from "bun:test";
import { createHeardRemovals, type HeardRemovals } from "../../../src/store/disk/heard-removals.ts";
import { createOrder, type Order } from "../../../src/store/order.ts";

let order: Order;
let heard: HeardRemovals;
beforeEach(() => {
  order = createOrder(() => 0);
  heard = createHeardRemovals(order);
});

test("what was asked for is as old as the last removal that was known of then", () => {
  const first = order.next();
  heard.hear(7);
  const second = order.next();
  heard.hear(9);
  const third = order.next();
  expect([first, second, third].map(heard.removalBefore)).toEqual([0, 7, 9]);
  expect(heard.last()).toBe(9);
});

test("a number that is not larger tells nothing", () => {
  heard.hear(9);
  const askedAt = order.next();
  heard.hear(8);
  heard.hear(9);
  expect([heard.removalBefore(askedAt), heard.removalBefore(order.next()), heard.last()]).toEqual([9, 9, 9]);
});

describe("of many removals", () => {
  const many = 20_000;
  let asked: { readonly at: number; readonly known: number }[];
  beforeEach(() => {
    asked = Array.from({ length: many }, (_, i) => {
      heard.hear(i + 1);
      return { at: order.next(), known: i + 1 };
    });
  });

  test("nothing is taken for younger than it is", () => {
    for (const { at, known } of asked) expect(heard.removalBefore(at)).toBeLessThanOrEqual(known);
  });

  test("what was asked for of late is as old as it is", () => {
    for (const { at, known } of asked.slice(-500)) expect(heard.removalBefore(at)).toBe(known);
  });

  test("what was asked for after the first is never taken for older than that, or it would be refused", () => {
    for (const { at } of asked) expect(heard.removalBefore(at)).toBeGreaterThanOrEqual(1);
  });
});
