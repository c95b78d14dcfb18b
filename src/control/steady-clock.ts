/**
 * The wall clock without its steps back. It follows a step forward, as after a machine has slept; when the wall clock is
 * set back it goes on by the time that passes. What is stored for five seconds would else be fresh for an hour and five
 * seconds after the clock was set back by an hour.
 */
export interface SteadyClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** By how many milliseconds it is ahead of the wall clock. */
  lead(): number;
  /** Steps forward with the wall clock. To be called several times a second: `now` reads one clock only. */
  follow(): void;
  /** Another process is there already. All that share stored responses have to agree on their ages. */
  catchUp(now: number): void;
}

/** `monotonic` is milliseconds since some instant, which no setting of a clock changes. */
export function createSteadyClock(wall: () => number, monotonic: () => number): SteadyClock {
  let beginning = wall() - monotonic();

  function now(): number {
    return Math.floor(beginning + monotonic());
  }

  function catchUp(at: number): void {
    beginning = Math.max(beginning, at - monotonic());
  }

  return {
    now,
    lead: () => now() - wall(),
    follow: () => catchUp(wall()),
    catchUp,
  };
}
