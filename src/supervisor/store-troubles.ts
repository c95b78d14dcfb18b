import type { Clock } from "./clock.ts";
import type { Trouble } from "./fleet.ts";
import type { Journal } from "./journal.ts";

/** Errors of the store as the supervisor meets them itself: each is remembered, one a second at the most is told. */
export interface StoreTroubles {
  note(trouble: { readonly code: string; readonly message: string }): void;
  readonly last: Trouble | undefined;
}

const TELL_MILLISECONDS = 1_000;

export function createStoreTroubles(clock: Clock, journal: Pick<Journal, "error">): StoreTroubles {
  let last: Trouble | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    note({ code, message }) {
      const at = clock.now();
      last = { at, code, message };
      if (at - toldAt < TELL_MILLISECONDS) return;
      toldAt = at;
      journal.error(`store: ${message} (${code})`);
    },
    get last() {
      return last;
    },
  };
}
