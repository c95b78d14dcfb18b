import { describe, expect, test } from "bun:test";
import type { Index } from "../../src/keeper/index.ts";
import { keepIndex } from "../../src/keeper/keep-index.ts";
import { createFakeClock, settle } from "../supervisor/fake-clock.ts";

function openHouse(wasClosedCleanly: boolean, world: Partial<World> = {}) {
  const calls: string[] = [];
  const troubles: string[] = [];
  /** How many calls there had been when it was said that another index is there. */
  const openings: number[] = [];
  const clock = createFakeClock();
  const now: World = { refusal: undefined, wrong: undefined, ...world };
  let looks = 0;
  const answers = [Promise.withResolvers<string | undefined>(), Promise.withResolvers<string | undefined>()];
  const open = (knownDamage?: string): Index => {
    const name = knownDamage === undefined ? "first" : `anew for ${knownDamage}`;
    calls.push(`open ${name}`);
    if (now.refusal !== undefined) throw Object.assign(new Error("no"), { code: now.refusal });
    now.wrong = undefined;
    return {
      wasClosedCleanly,
      whatIsWrong: () => now.wrong,
      totals: () => ({ bytes: calls.length, objects: 0 }),
      checkpoint: () => calls.push(`checkpoint ${name}`),
      sweepOrphans: async (before: number) => calls.push(`sweep ${name} ${clock.now() - before}`),
      close: () => calls.push(`close ${name}`),
      leave: () => calls.push(`leave ${name}`),
    } as unknown as Index;
  };
  const findDamage = () => answers[looks++]?.promise ?? Promise.resolve(undefined);
  const house = keepIndex({
    open,
    findDamage,
    clock,
    onTrouble: ({ code }) => troubles.push(code),
    onOpened: () => openings.push(calls.length),
  });
  return { house, now, calls, troubles, openings, clock, answers, looks: () => looks };
}

/** What there is on the disk, as the test has it. */
interface World {
  /** The code with which the index cannot be opened. */
  refusal: string | undefined;
  /** What somebody has done to its files. */
  wrong: string | undefined;
}

describe("the index as the keeper keeps it", () => {
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

  test("is replaced when it is damaged, and its bodies are swept a second later: some are being sent just now", async () => {
    const { house, calls, answers, clock } = openHouse(false);
    answers[0]?.resolve("rot");
    await settle();
    house.checkpoint();
    await clock.advance(999);
    const replaced = ["open first", "leave first", "open anew for rot", "checkpoint anew for rot"];
    expect(calls).toEqual(replaced);
    await clock.advance(1);
    expect(calls).toEqual([...replaced, "sweep anew for rot 1000"]);
  });

  test("sweeps nothing after it is closed", async () => {
    const { house, calls, answers, clock } = openHouse(false);
    answers[0]?.resolve("rot");
    await settle();
    house.close();
    await clock.advance(2000);
    expect(calls).toEqual(["open first", "leave first", "open anew for rot", "close anew for rot"]);
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

  test("is tried again each second where it cannot be opened, and holds nothing until then", async () => {
    const { house, now, calls, troubles, clock } = openHouse(true, { refusal: "ENOSPC" });
    house.checkpoint();
    expect([
      house.totals(),
      house.deleteRows(["a"]),
      house.evictionCandidates({ bytes: 1, files: 1 }),
    ]).toEqual([{ bytes: 0, objects: 0 }, 0, []]);
    expect(await house.sweepOrphans(0)).toBe(0);
    await clock.advance(1000);
    now.refusal = undefined;
    await clock.advance(1000);
    house.checkpoint();
    expect(calls).toEqual(["open first", "open first", "open first", "checkpoint first"]);
    expect(troubles).toEqual(["ENOSPC", "ENOSPC"]);
  });

  test("is replaced within a second after somebody has removed its files, and what they leave is swept", async () => {
    const { now, calls, troubles, clock } = openHouse(true);
    now.wrong = "it was removed";
    await clock.advance(1000);
    now.wrong = undefined;
    expect(calls).toEqual(["open first", "leave first", "open anew for it was removed"]);
    await clock.advance(1000);
    expect(calls.at(-1)).toBe("sweep anew for it was removed 1000");
    expect(troubles).toEqual([]);
  });

  test("that cannot be replaced at once is not used any more, and replaced for the same reason", async () => {
    const { house, now, calls, clock } = openHouse(true);
    now.wrong = "its log was removed or replaced";
    now.refusal = "ENOSPC";
    await clock.advance(1000);
    house.checkpoint();
    now.refusal = undefined;
    await clock.advance(1000);
    expect(calls.filter((call) => !call.startsWith("sweep"))).toEqual([
      "open first",
      "leave first",
      "open anew for its log was removed or replaced",
      "open anew for its log was removed or replaced",
    ]);
  });

  test("is told of each time another one is there, and is then what is current", async () => {
    const { house, now, openings, clock } = openHouse(true, { refusal: "ENOSPC" });
    expect([openings, house.current()]).toEqual([[], undefined]);
    now.refusal = undefined;
    await clock.advance(1000);
    const first = house.current();
    expect([openings, first === undefined]).toEqual([[2], false]);
    now.wrong = "it was removed";
    await clock.advance(1000);
    expect(openings).toHaveLength(2);
    expect(house.current()).not.toBe(first);
    house.close();
    expect(house.current()).toBeUndefined();
  });

  test("is not looked at any more when it was closed", async () => {
    const { house, now, calls, clock } = openHouse(true);
    house.close();
    now.wrong = "it was removed";
    await clock.advance(5000);
    expect(calls).toEqual(["open first", "close first"]);
  });
});
