import { UsageError } from "../config/usage-error.ts";
import type { Clock } from "../system/clock.ts";

/** Something that one supervisor at a time can have: the cache directory, the port. */
export interface Place<Won> {
  /** Undefined while another has it. Rejects with a `UsageError` where waiting would not help. */
  take(): Promise<Won | undefined>;
  /** False when whoever has it is about to leave, or says nothing, as a process that closes its doors does. */
  isKept(): Promise<boolean>;
  /** What is the matter, for the line that tells of the wait. */
  readonly leaving: string;
  /** The refusal when it is kept. */
  kept(): string;
  /** The refusal when the other did not leave within so many seconds. */
  overdue(seconds: number): string;
}

export interface Wait {
  readonly clock: Clock;
  /** Milliseconds for one who leaves. */
  readonly patience: number;
  readonly tell: (line: string) => void;
  /** Settles when the operator wants it no more. */
  readonly stop: Promise<unknown>;
}

const LOOK_MILLISECONDS = 100;
/** One who keeps it may have been told to stop a moment ago, and not know it yet. */
const KEPT_MILLISECONDS = 2_000;
/** Beyond its grace a cacheproxy needs a moment to close: the defaults of grace and patience are the same. */
const CLOSING_MILLISECONDS = 2_000;

/**
 * Takes the place, and waits for whoever is about to leave it: a service that is started anew does not wait for the last
 * download of the old one by itself. Undefined when the operator stopped it meanwhile. Rejects with a `UsageError`.
 */
export async function takeOver<Won>(place: Place<Won>, wait: Wait): Promise<Won | undefined> {
  const { clock, patience, tell } = wait;
  const stopped = wait.stop.then(() => "stopped" as const);
  const limit = patience === 0 ? 0 : patience + CLOSING_MILLISECONDS;
  const beganAt = clock.steady();
  let isTold = false;
  for (;;) {
    const won = await place.take();
    if (won !== undefined) return won;
    const waited = clock.steady() - beganAt;
    const isKept = await place.isKept();
    if (isKept && waited >= Math.min(KEPT_MILLISECONDS, limit)) throw new UsageError(place.kept());
    if (waited >= limit) throw new UsageError(place.overdue(patience / 1000));
    if (!isKept && !isTold) {
      isTold = true;
      tell(`${place.leaving}; waiting for up to ${patience / 1000} s`);
    }
    if ((await Promise.race([passed(clock, LOOK_MILLISECONDS), stopped])) === "stopped") return undefined;
  }
}

function passed(clock: Clock, milliseconds: number): Promise<"passed"> {
  return new Promise((resolve) => clock.after(milliseconds, () => resolve("passed")));
}
