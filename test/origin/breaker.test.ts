import { beforeEach, describe, expect, test } from "bun:test";
import { type Breaker, type BreakerState, createBreaker } from "../../src/origin/breaker.ts";
import type { Sign } from "../../src/origin/sign.ts";

let now: number;
let hasOthers: boolean;
let told: string[];
let breaker: Breaker;

function begin(): void {
  now = 1_000_000;
  told = [];
  breaker = createBreaker({
    now: () => now,
    monotonic: () => now,
    hasOthers: () => hasOthers,
    onChange: (isTrusted, milliseconds) => told.push(isTrusted ? "trusted" : `left alone ${milliseconds}`),
  });
}
beforeEach(() => {
  hasOthers = false;
  begin();
});

/** A request now, which comes to this at once. */
function heed(...signs: Sign[]): void {
  for (const sign of signs) {
    now++;
    breaker.heed(sign, now);
  }
}

describe("what requests tell, with and without another origin that is well", () => {
  test.each<[signs: Sign[], alone: BreakerState, withOthers: BreakerState]>([
    [["unreachable", "unreachable"], "trusted", "trusted"],
    [["unreachable", "unreachable", "unreachable"], "left-alone", "left-alone"],
    [["unreachable", "unreachable", "well", "unreachable"], "trusted", "trusted"],
    [["unwell", "unwell", "unwell"], "trusted", "left-alone"],
    [["unwell", "unreachable", "unwell"], "trusted", "left-alone"],
    [["unreachable", "unreachable", "unwell", "unreachable"], "trusted", "left-alone"],
    [["well", "well", "well"], "trusted", "trusted"],
  ])("%j", (signs, alone, withOthers) => {
    heed(...signs);
    expect(breaker.state).toBe(alone);
    hasOthers = true;
    begin();
    heed(...signs);
    expect(breaker.state).toBe(withOthers);
  });
});

test("one that was asked before another was answered well counts for nothing", () => {
  const before = now;
  heed("well");
  for (let each = 0; each < 5; each++) breaker.heed("unreachable", before);
  expect(breaker.state).toBe("trusted");
});

test("it is left alone for five seconds, whatever requests that were under way tell", () => {
  heed("unreachable", "unreachable", "unreachable");
  expect(breaker.restsUntil).toBe(now + 5_000);
  heed("well", "unreachable");
  expect(breaker.state).toBe("left-alone");
  expect(breaker.restsUntil).toBe(now - 2 + 5_000);
  expect(told).toEqual(["left alone 5000"]);
});

describe("one request tries it", () => {
  beforeEach(() => {
    heed("unreachable", "unreachable", "unreachable");
    now += 5_000;
    told = [];
  });

  test.each<[sign: Sign, others: boolean, state: BreakerState, told: string[]]>([
    ["well", false, "trusted", ["trusted"]],
    ["unwell", false, "trusted", ["trusted"]],
    ["unwell", true, "left-alone", []],
    ["unreachable", false, "left-alone", []],
  ])("%s, others are well: %j", (sign, others, state, expected) => {
    hasOthers = others;
    const end = breaker.beginTrial();
    expect(breaker.state).toBe("tried");
    heed(sign);
    end();
    expect(breaker.state).toBe(state);
    expect(told).toEqual(expected);
    if (state === "left-alone") expect(breaker.restsUntil).toBe(now + 5_000);
  });

  test("and the next may where its client leaves", () => {
    breaker.beginTrial()();
    expect(breaker.state).toBe("left-alone");
    expect(breaker.restsUntil).toBeLessThanOrEqual(now);
  });

  test("and it alone counts, not those that were sent before", () => {
    const before = now++;
    breaker.beginTrial();
    breaker.heed("unreachable", before);
    breaker.heed("well", before);
    expect(breaker.state).toBe("tried");
  });

  test("and ends no trial but its own", () => {
    const end = breaker.beginTrial();
    heed("unreachable");
    breaker.beginTrial();
    end();
    expect(breaker.state).toBe("tried");
  });

  test("and after it three failures are needed again", () => {
    breaker.beginTrial();
    heed("well", "unreachable", "unreachable");
    expect(breaker.state).toBe("trusted");
  });
});

describe("probes", () => {
  test("bring it back, but not one that began before it was left alone", () => {
    const before = now;
    heed("unreachable", "unreachable", "unreachable");
    breaker.trust(before);
    expect(breaker.state).toBe("left-alone");
    breaker.trust(now);
    expect(breaker.state).toBe("trusted");
  });

  test("say nothing of what requests have found as long as it is trusted", () => {
    heed("unreachable", "unreachable");
    breaker.trust(now);
    heed("unreachable");
    expect(breaker.state).toBe("left-alone");
  });

  test.each<[sign: "unwell" | "unreachable", others: boolean, state: BreakerState]>([
    ["unreachable", false, "left-alone"],
    ["unwell", true, "left-alone"],
    ["unwell", false, "trusted"],
  ])("that find it %s, with others: %j", (sign, others, state) => {
    hasOthers = others;
    breaker.leaveAlone(sign, 10_000);
    expect(breaker.state).toBe(state);
    if (state === "left-alone") expect(breaker.restsUntil).toBe(now + 10_000);
  });
});
