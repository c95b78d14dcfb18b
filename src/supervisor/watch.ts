import type { Cancel, Clock } from "../system/clock.ts";

export interface WatchOptions {
  readonly clock: Clock;
  /** How what is watched looks now: the same text as long as it is the same. Null while nothing is to be watched. */
  readonly look: () => string | null;
  readonly onChange: () => void;
}

const LOOK_MILLISECONDS = 1_000;

/**
 * Tells when what is watched has become another, once two looks in a row have found the same: what is half written, or
 * about to be replaced by another file of its name, looks different a second later.
 */
export function watch({ clock, look, onChange }: WatchOptions): Cancel {
  let known = look();
  let last = known;
  return clock.every(LOOK_MILLISECONDS, () => {
    const now = look();
    const isSettled = now === last;
    last = now;
    if (!isSettled || now === known) return;
    // Where watching has just begun, or has ended, there is nothing to compare it with.
    const wasWatched = known !== null && now !== null;
    known = now;
    if (wasWatched) onChange();
  });
}
