import { readableRate } from "../../control/amounts.ts";
import type { Clock } from "../../system/clock.ts";
import { createChange } from "./change.ts";

export interface PaceOptions {
  /** Requests a second at most; undefined: as many as there are answers. */
  readonly rate: number | undefined;
  /** Requests at a time at most. */
  readonly concurrency: number;
  readonly clock: Pick<Clock, "now" | "steady" | "after">;
  readonly signal: AbortSignal;
  /** It goes slower from now on. */
  readonly onSlower: (line: string) => void;
}

export interface Pace {
  /** Resolves when the next request may be sent, with true; with false where it is over. */
  enter(): Promise<boolean>;
  /** A request that has entered has ended. */
  leave(): void;
  /** It was answered well. */
  well(): void;
  /** The origin asks for less, with that status and Retry-After. */
  tooMuch(status: number, retryAfter: string | null): void;
}

/** After so many good answers in a row it tries one request more at a time, and a tenth more of the rate. */
const goodAnswers = 20;
/** Requests a second. */
const slowest = 0.1;
const fastest = 1_000;
/** Between two lines that tell the same. */
const quiet = 10_000;
const usualPause = 2_000;
const longestPause = 300_000;

/**
 * Never faster than one wants, and never harder than the origin bears: where it asks for less, all wait as long as it says, and
 * half as much is asked after that, from where it grows again by little.
 */
export function createPace({ rate, concurrency, clock, signal, onSlower }: PaceOptions): Pace {
  let width = concurrency;
  let limit = rate;
  let enteredSince = { at: clock.steady(), count: 0 };
  let saidAt = Number.NEGATIVE_INFINITY;
  let inRow = 0;
  let nextAt = 0;
  let pausedUntil = 0;
  let active = 0;
  const change = createChange();
  signal.addEventListener("abort", change.happen);

  /** Or until it is over. */
  async function sleep(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    const cancel = clock.after(milliseconds, wake);
    signal.addEventListener("abort", wake);
    await promise;
    cancel();
    signal.removeEventListener("abort", wake);
  }

  function place(): number {
    const at = Math.max(clock.steady(), nextAt, pausedUntil);
    nextAt = at + (limit === undefined ? 0 : 1000 / limit);
    return at;
  }

  async function turn(): Promise<void> {
    let at = place();
    for (;;) {
      const wait = at - clock.steady();
      if (wait <= 0 || signal.aborted) return;
      await sleep(wait);
      // It was told to wait meanwhile: then those who wait do not come all at once either.
      if (pausedUntil > at) at = place();
    }
  }

  /** Requests a second since it was told to wait, where no rate says it. */
  function rateSoFar(): number {
    const { at, count } = enteredSince;
    return Math.min(fastest, (count * 1000) / Math.max(1, clock.steady() - at));
  }

  function say(status: number, pause: number): void {
    if (clock.steady() - saidAt < quiet) return;
    saidAt = clock.steady();
    onSlower(slowerLine(status, pause, width, limit ?? fastest));
  }

  return {
    async enter() {
      while (active >= width && !signal.aborted) await change.next();
      active += 1;
      enteredSince.count += 1;
      await turn();
      return !signal.aborted;
    },
    leave() {
      active -= 1;
      change.happen();
    },
    well() {
      inRow += 1;
      if (inRow < goodAnswers) return;
      inRow = 0;
      width = Math.min(concurrency, width + 1);
      change.happen();
      if (limit !== undefined) limit = Math.min(rate ?? fastest, limit * 1.1);
    },
    tooMuch(status, retryAfter) {
      const pause = pauseIn(retryAfter, clock.now());
      const isPaused = pausedUntil > clock.steady();
      pausedUntil = Math.max(pausedUntil, clock.steady() + pause);
      inRow = 0;
      // Those who were under way together are told together: that is one wish for less.
      if (isPaused) return;
      width = Math.max(1, Math.floor(width / 2));
      limit = Math.max(slowest, (limit ?? rateSoFar()) / 2);
      enteredSince = { at: pausedUntil, count: 0 };
      say(status, pause);
    },
  };
}

function slowerLine(status: number, pause: number, width: number, limit: number): string {
  const seconds = Math.ceil(pause / 1000);
  return `answered with ${status}: it waits for ${seconds} s, and goes on with ${width} at a time, ${readableRate(limit)} a second`;
}

/** Seconds or a date (RFC 9110 §10.2.3), as milliseconds from now. */
export function pauseIn(retryAfter: string | null, now: number): number {
  const written = retryAfter?.trim() ?? "";
  const wanted = /^\d{1,9}$/.test(written) ? Number(written) * 1000 : Date.parse(written) - now;
  return Number.isNaN(wanted) ? usualPause : Math.min(Math.max(wanted, 1000), longestPause);
}
