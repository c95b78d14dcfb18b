import { describe, expect, test } from "bun:test";
import { createTransit } from "../../src/serve/answer/transit.ts";

describe("the memory of bodies on their way", () => {
  test("is refused to what could do without, beyond the bound", () => {
    const transit = createTransit(100);
    const [one, other] = [transit.hold(), transit.hold()];
    expect([one.reserve(60), other.reserve(41), other.reserve(40), one.reserve(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(transit.bytes).toBe(100);
    one.give(60);
    expect(other.reserve(60)).toBe(true);
  });

  test("is counted for what is there in any case, and then it is short", () => {
    const transit = createTransit(100);
    const holding = transit.hold();
    holding.take(100);
    expect(transit.isShort).toBe(false);
    holding.take(1);
    expect([transit.bytes, transit.isShort]).toEqual([101, true]);
    holding.giveAll();
    expect([transit.bytes, transit.isShort]).toEqual([0, false]);
    holding.giveAll();
    expect(transit.bytes).toBe(0);
  });

  test("is given back by those who can spare it, the first to come first, and no more than is wanted", () => {
    const transit = createTransit(100);
    const spared: string[] = [];
    const spareable = (name: string) => {
      const holding = transit.hold(() => {
        spared.push(name);
        holding.giveAll();
      });
      return holding;
    };
    const [first, second] = [spareable("first"), spareable("second")];
    first.take(40);
    second.take(40);
    const third = transit.hold();
    expect([third.reserve(50), spared]).toEqual([true, ["first"]]);
    third.take(20);
    expect([spared, transit.bytes]).toEqual([["first", "second"], 70]);
    first.take(10);
    third.take(40);
    expect([spared, transit.bytes]).toEqual([["first", "second", "first"], 110]);
  });

  test("is not asked for again of who had nothing to spare, until it has taken more", () => {
    const transit = createTransit(10);
    let asked = 0;
    const stubborn = transit.hold(() => asked++);
    stubborn.take(10);
    const other = transit.hold();
    expect([other.reserve(1), other.reserve(1), asked]).toEqual([false, false, 1]);
    stubborn.take(1);
    expect([other.reserve(1), asked]).toEqual([false, 2]);
  });
});
