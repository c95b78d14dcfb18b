import { expect, test } from "bun:test";
import { createOrder } from "../../src/store/order.ts";

test("each number is larger than those before it, whatever the clock says", () => {
  let reading = 0;
  const order = createOrder(() => reading);
  const numbers = [5, 5, 3, 4, 100, 50].map((says) => {
    reading = says;
    return order.next();
  });
  expect(numbers).toEqual([5000, 5001, 5002, 5003, 100_000, 100_001]);
});

test("numbers begin with the time: after a restart they go on from where they were", () => {
  expect(createOrder(() => 1_700_000_000_000).next()).toBe(1_700_000_000_000_000);
});

test("those that follow one of another process are larger than it, though the clock is behind", () => {
  const order = createOrder(() => 10);
  order.follow(1_000_000);
  order.follow(20);
  expect(order.next()).toBe(1_000_001);
});
