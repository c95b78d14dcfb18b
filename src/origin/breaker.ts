import type { Sign } from "./sign.ts";

export type BreakerState =
  /** It is asked as a matter of course. */
  | "trusted"
  /** It is left alone for a while. */
  | "left-alone"
  /** One request asks it, to see whether it is well again; the others go elsewhere. */
  | "tried";

/** Whether one origin is asked: not one that has failed several times in a row, but for one request now and then. */
export interface Breaker {
  readonly state: BreakerState;
  /** By the monotonic clock: when one request may ask an origin that is left alone. */
  readonly restsUntil: number;
  /** How many failures in a row were heard of. */
  readonly failures: number;
  /** What came of a request that was sent at that instant of the steady clock. */
  heed(sign: Sign, requestAt: number): void;
  /** Begins the one request to an origin that is left alone. What is returned is called when it has ended, however it did. */
  beginTrial(): () => void;
  /** A probe that began at that instant of the steady clock has found it well: nobody need try it. */
  trust(begunAt: number): void;
  /** Probes have found it so: it is left alone for so many milliseconds from now on. */
  leaveAlone(sign: Exclude<Sign, "well">, milliseconds: number): void;
}

export interface BreakerOptions {
  /** The steady clock, by which requests are told earlier and later. */
  readonly now: () => number;
  /** For waits. */
  readonly monotonic: () => number;
  /** Whether another origin is trusted now. */
  readonly hasOthers: () => boolean;
  /** Told when it is left alone, for so many milliseconds, and when it is trusted again. */
  readonly onChange: (isTrusted: boolean, milliseconds: number) => void;
}

/** Failures in a row after which an origin is left alone, and for how many milliseconds. */
const mostFailures = 3;
export const restMilliseconds = 5_000;

/**
 * An origin that is merely unwell is left alone only while another one can be asked instead: it answers, and one page that
 * is broken everywhere, asked for three times, would otherwise be an outage of the whole site.
 */
export function createBreaker({ now, monotonic, hasOthers, onChange }: BreakerOptions): Breaker {
  let state: BreakerState = "trusted";
  let failures = 0;
  let restsUntil = 0;
  /** By the steady clock. What was sent before says nothing of the origin as it is now. */
  let since = -Infinity;
  let trials = 0;

  function isFailure(sign: Sign): sign is Exclude<Sign, "well"> {
    return sign === "unreachable" || (sign === "unwell" && hasOthers());
  }

  function rest(milliseconds: number): void {
    const wasTrusted = state === "trusted";
    state = "left-alone";
    since = now();
    restsUntil = monotonic() + milliseconds;
    if (wasTrusted) onChange(false, milliseconds);
  }

  function close(): void {
    failures = 0;
    since = now();
    if (state === "trusted") return;
    state = "trusted";
    onChange(true, 0);
  }

  return {
    get state() {
      return state;
    },
    get restsUntil() {
      return restsUntil;
    },
    get failures() {
      return failures;
    },
    heed(sign, requestAt) {
      const isOlder = requestAt < since;
      if (state === "left-alone" || (state === "tried" && isOlder)) return;
      if (!isFailure(sign)) return close();
      // It has answered others meanwhile.
      if (isOlder) return;
      failures++;
      if (state === "tried" || failures >= mostFailures) rest(restMilliseconds);
    },
    beginTrial() {
      const trial = ++trials;
      state = "tried";
      since = now();
      return () => {
        // Its client has left before the origin had said anything: another request may try.
        if (state === "tried" && trial === trials) state = "left-alone";
      };
    },
    trust(begunAt) {
      if (state !== "trusted" && begunAt >= since) close();
    },
    leaveAlone(sign, milliseconds) {
      if (isFailure(sign)) rest(milliseconds);
    },
  };
}
