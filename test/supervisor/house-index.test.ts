import { describe, expect, test } from "bun:test";
import type { Index } from "../../src/store/index.ts";
import { keepIndex } from "../../src/supervisor/house-index.ts";
import { createFakeClock, settle } from "./fake-clock.ts";

function openHouse(wasClosedCleanly: boolean) {
  const calls: string[] = [];
  const troubles: string[] = [];
  const clock = createFakeClock();
  let looks = 0;
  const answers = [Promise.withResolvers<string | undefined>(), Promise.withResolvers<string | undefined>()];
  const open = (knownDamage?: string): Index => {
    const name = knownDamage === undefined ? "first" : `anew for ${knownDamage}`;
    calls.push(`open ${name}`);
    return {
      wasClosedCleanly,
      totals: () => ({ bytes: calls.length, objects: 0 }),
      checkpoint: () => calls.push(`checkpoint ${name}`),
      sweepOrphans: async (before: number) => calls.push(`sweep ${name} ${clock.now() - before}`),
      close: () => calls.push(`close ${name}`),
    } as unknown as Index;
  };
  const findDamage = () => answers[looks++]?.promise ?? Promise.resolve(undefined);
  const house = keepIndex({ open, findDamage, clock, troubles: { note: ({ code }) => troubles.push(code) } });
  return { house, calls, troubles, clock, answers, looks: () => looks };
}

describe("the index as the supervisor keeps it", () => {
  test("is not looked through after an orderly end", () => {
    expect(openHouse(true).looks()).toBe(0);
  });

  test("is looked through after any other, and used meanwhile", async () => {
    const { house, calls, answers, looks } = openHouse(false);
    expect(looks()).toBe(1);
    house.checkpoint();
    answers[0]?.resolve(undefined);
    await settle();
    expect(calls).toEqual(["open first", "checkpoint first"]);
  });

  test("is replaced when it is damaged, and its bodies are swept", async () => {
    const { house, calls, answers } = openHouse(false);
    answers[0]?.resolve("rot");
    await settle();
    house.checkpoint();
    expect(calls).toEqual([
      "open first",
      "close first",
      "open anew for rot",
      "sweep anew for rot 0",
      "checkpoint anew for rot",
    ]);
  });

  test("is looked through when somebody met damage, once a minute at the most", async () => {
    const { house, clock, looks } = openHouse(true);
    house.suspect();
    house.suspect();
    await clock.advance(59_999);
    house.suspect();
    expect(looks()).toBe(1);
    await clock.advance(1);
    house.suspect();
    expect(looks()).toBe(2);
  });

  test("is looked through as seldom when the wall clock is set, forward or back", () => {
    const { house, clock, looks } = openHouse(true);
    house.suspect();
    clock.set(3_600_000);
    house.suspect();
    clock.set(-7_200_000);
    house.suspect();
    expect(looks()).toBe(1);
  });

  test("stays when it cannot be told whether it is damaged, or when it is closed by then", async () => {
    const unknown = openHouse(false);
    unknown.answers[0]?.reject(new Error("killed"));
    await settle();
    expect([unknown.calls, unknown.troubles]).toEqual([["open first"], ["INDEX_CHECK"]]);
    const late = openHouse(false);
    late.house.close();
    late.answers[0]?.resolve("rot");
    await settle();
    expect(late.calls).toEqual(["open first", "close first"]);
  });
});
