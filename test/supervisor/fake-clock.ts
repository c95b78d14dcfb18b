import type { Clock } from "../../src/system/clock.ts";

interface Timer {
  dueAt: number;
  readonly every: number | undefined;
  readonly run: () => void;
}

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Runs what falls due meanwhile, in order, each with what follows from it. */
  advance(milliseconds: number): Promise<void>;
  /** Time passes while nothing runs, as for a process that is stopped; what fell due meanwhile runs once, then. */
  standStill(milliseconds: number): Promise<void>;
  /** Sets the wall clock forward or back. */
  set(milliseconds: number): void;
}

export function createFakeClock(startAt = 1_000_000): FakeClock {
  let now = startAt;
  let setting = 0;
  const timers = new Set<Timer>();

  function plan(milliseconds: number, every: number | undefined, run: () => void): () => void {
    const timer: Timer = { dueAt: now + milliseconds, every, run };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  function nextDue(until: number): Timer | undefined {
    const due = [...timers].filter((timer) => timer.dueAt <= until);
    return due.sort((a, b) => a.dueAt - b.dueAt)[0];
  }

  return {
    now: () => now + setting,
    steady: () => now,
    set(milliseconds) {
      setting += milliseconds;
    },
    after: (milliseconds, run) => plan(milliseconds, undefined, run),
    every: (milliseconds, run) => plan(milliseconds, milliseconds, run),
    async advance(milliseconds) {
      const until = now + milliseconds;
      await settle();
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        now = timer.dueAt;
        if (timer.every === undefined) timers.delete(timer);
        else timer.dueAt += timer.every;
        timer.run();
        await settle();
      }
      now = until;
    },
    async standStill(milliseconds) {
      now += milliseconds;
      for (const timer of [...timers].filter(({ dueAt }) => dueAt <= now)) {
        if (timer.every === undefined) timers.delete(timer);
        else timer.dueAt = now + timer.every;
        timer.run();
      }
      await settle();
    },
  };
}

/** Lets every promise that can settle now do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Whether a promise has settled by now. */
export function watch(promise: Promise<unknown>): { settled: boolean } {
  const state = { settled: false };
  const note = () => {
    state.settled = true;
  };
  promise.then(note, note);
  return state;
}
