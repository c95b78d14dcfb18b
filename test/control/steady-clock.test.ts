import { beforeEach, describe, expect, test } from "bun:test";
import { createSteadyClock, type SteadyClock } from "../../src/control/steady-clock.ts";

const hour = 3_600_000;
let elapsed: number;
let setting: number;
let clock: SteadyClock;

beforeEach(() => {
  elapsed = 0.25;
  setting = 1_700_000_000_000;
  clock = createSteadyClock(
    () => Math.floor(setting + elapsed),
    () => elapsed,
  );
});

/** Time passes, then somebody sets the wall clock. */
function pass(milliseconds: number, step = 0): void {
  elapsed += milliseconds;
  setting += step;
  clock.follow();
}

describe("the steady clock", () => {
  test.each<[what: string, steps: [passes: number, step: number][], shows: number, lead: number]>([
    ["goes as the wall clock does", [[1000, 0]], 1000, 0],
    ["goes on by the time that passes when the wall clock is set back", [[1000, -hour]], 1000, hour],
    [
      "does not stand still until the wall clock has caught up",
      [
        [0, -hour],
        [60_000, 0],
      ],
      60_000,
      hour,
    ],
    ["follows the wall clock forward", [[1000, hour]], hour + 1000, 0],
    [
      "follows it no further than it had come before it was set back",
      [
        [0, -hour],
        [0, hour],
        [0, hour],
      ],
      hour,
      0,
    ],
  ])("%s", (_, steps, shows, lead) => {
    const begun = clock.now();
    for (const [passes, step] of steps) pass(passes, step);
    expect(clock.now() - begun).toBe(shows);
    expect(clock.lead()).toBe(lead);
  });

  test("shows whole milliseconds", () => {
    elapsed = 1.75;
    expect(Number.isInteger(clock.now())).toBe(true);
  });

  test("catches up with that of another process which the wall clock has left behind, and never falls back", () => {
    const other = clock.now() + hour;
    clock.catchUp(other);
    expect(clock.now()).toBe(other);
    clock.catchUp(other - 1000);
    pass(10);
    expect(clock.now()).toBe(other + 10);
  });
});
