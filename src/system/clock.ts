import { createSteadyClock } from "../control/steady-clock.ts";

/** Stops what was planned; doing so twice is fine. */
export type Cancel = () => void;

/** Time as a process knows it that serves no requests. Instants are milliseconds since the epoch. */
export interface Clock {
  /** The wall clock: for people, and for what the system says of files. */
  now(): number;
  /** The clock that never goes back: for waits, and for all that workers reckon with. See control/steady-clock. */
  steady(): number;
  after(milliseconds: number, run: () => void): Cancel;
  every(milliseconds: number, run: () => void): Cancel;
}

const steadyClock = createSteadyClock(Date.now, () => performance.now());

/** Another process of this program is there already: see `SteadyClock.catchUp`. */
export function catchUp(now: number): void {
  steadyClock.catchUp(now);
}

export const systemClock: Clock = {
  now: () => Date.now(),
  steady() {
    steadyClock.follow();
    return steadyClock.now();
  },
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  every(milliseconds, run) {
    const timer = setInterval(run, milliseconds);
    return () => clearInterval(timer);
  },
};

/** What the promise gives, or undefined when it takes longer than that. The promise's own error travels up. */
export async function within<Result>(
  clock: Clock,
  milliseconds: number,
  promise: Promise<Result>,
): Promise<Result | undefined> {
  const timeout = Promise.withResolvers<undefined>();
  const cancel = clock.after(milliseconds, () => timeout.resolve(undefined));
  try {
    return await Promise.race([promise, timeout.promise]);
  } finally {
    cancel();
  }
}
