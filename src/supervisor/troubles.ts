import type { Clock } from "../system/clock.ts";
import type { Journal } from "./journal.ts";

/** Something that went wrong and was nobody's answer: a store that cannot write, a message nobody understands. */
export interface NotedTrouble {
  /** By the steady clock, in milliseconds. */
  readonly at: number;
  readonly code: string;
  readonly message: string;
}

/** Troubles of the workers and of the house. All are remembered by their code; a line a second tells of them. */
export interface Troubles {
  note(trouble: { readonly code: string; readonly message: string }): void;
  /** The last of each code. */
  recent(): readonly NotedTrouble[];
}

const TELL_MILLISECONDS = 1_000;
/** Codes are a few dozen; this is against one that is made up. */
const MOST_CODES = 256;

export function createTroubles(clock: Clock, journal: Pick<Journal, "error">): Troubles {
  const byCode = new Map<string, NotedTrouble>();
  let untold: NotedTrouble | undefined;
  let untoldCount = 0;
  let quiet = true;

  function tell(): void {
    if (untold === undefined) {
      quiet = true;
      return;
    }
    const { code, message } = untold;
    const more = untoldCount > 1 ? `; ${untoldCount - 1} more in this second` : "";
    untold = undefined;
    untoldCount = 0;
    quiet = false;
    journal.error(`${message} (${code})${more}`);
    clock.after(TELL_MILLISECONDS, tell);
  }

  return {
    note({ code, message }) {
      const trouble = { at: clock.steady(), code, message };
      if (byCode.has(code) || byCode.size < MOST_CODES) byCode.set(code, trouble);
      untold = trouble;
      untoldCount += 1;
      if (quiet) tell();
    },
    recent: () => [...byCode.values()],
  };
}
