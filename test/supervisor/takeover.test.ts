import { describe, expect, test } from "bun:test";
import { UsageError } from "../../src/config/usage-error.ts";
import { type Place, takeOver } from "../../src/supervisor/takeover.ts";
import { createFakeClock, settle, watch } from "./fake-clock.ts";

type Holder = "nobody" | "one who serves" | "one who leaves";

function openScene(patience = 30_000, holder: Holder = "one who leaves") {
  const clock = createFakeClock();
  const told: string[] = [];
  const stop = Promise.withResolvers<void>();
  const scene = { clock, told, stop, holder };
  const place: Place<string> = {
    take: async () => (scene.holder === "nobody" ? "won" : undefined),
    isKept: async () => scene.holder === "one who serves",
    leaving: "somebody leaves",
    kept: () => "it is taken",
    overdue: (seconds) => `nobody left within ${seconds} s`,
  };
  const taking = takeOver(place, { clock, patience, tell: (line) => told.push(line), stop: stop.promise });
  const state = watch(taking);
  return { scene, ...scene, taking, state };
}

describe("taking over", () => {
  test("what nobody has is done at once, without a word", async () => {
    const { taking, told } = openScene(30_000, "nobody");
    expect(await taking).toBe("won");
    expect(told).toEqual([]);
  });

  test("from one who leaves waits for him, and says so once", async () => {
    const { scene, clock, taking, told, state } = openScene();
    await clock.advance(25_000);
    expect(state.settled).toBe(false);
    expect(told).toEqual(["somebody leaves; waiting for up to 30 s"]);
    scene.holder = "nobody";
    await clock.advance(100);
    expect(await taking).toBe("won");
  });

  test("from one who does not leave is given up after the patience and a moment to close", async () => {
    const { clock, taking, state } = openScene(5_000);
    const caught = taking.catch((error: unknown) => error);
    await clock.advance(6_900);
    expect(state.settled).toBe(false);
    await clock.advance(200);
    expect(await caught).toEqual(new UsageError("nobody left within 5 s"));
  });

  test("from one who serves is refused soon, without a word of waiting", async () => {
    const { clock, taking, told, state } = openScene(30_000, "one who serves");
    const caught = taking.catch((error: unknown) => error);
    await clock.advance(1_900);
    expect(state.settled).toBe(false);
    await clock.advance(200);
    expect(await caught).toEqual(new UsageError("it is taken"));
    expect(told).toEqual([]);
  });

  test("from one who had just been told to leave is waited for all the same", async () => {
    const { scene, clock, taking } = openScene(30_000, "one who serves");
    await clock.advance(1_000);
    scene.holder = "one who leaves";
    await clock.advance(20_000);
    scene.holder = "nobody";
    await clock.advance(100);
    expect(await taking).toBe("won");
  });

  test.each<[Holder, string]>([
    ["one who serves", "it is taken"],
    ["one who leaves", "nobody left within 0 s"],
  ])("without patience is refused at once by %s", async (holder, message) => {
    const { taking } = openScene(0, holder);
    await expect(taking).rejects.toThrow(new UsageError(message));
  });

  test("ends when the operator wants it no more", async () => {
    const { clock, taking, stop } = openScene();
    await clock.advance(1_000);
    stop.resolve();
    await settle();
    expect(await taking).toBeUndefined();
  });

  test("passes on what keeps everybody from taking it", async () => {
    const place: Place<string> = {
      take: () => Promise.reject(new UsageError("it is not of this machine")),
      isKept: async () => false,
      leaving: "",
      kept: () => "",
      overdue: () => "",
    };
    const wait = {
      clock: createFakeClock(),
      patience: 1_000,
      tell: () => undefined,
      stop: new Promise(() => undefined),
    };
    await expect(takeOver(place, wait)).rejects.toThrow("it is not of this machine");
  });
});
