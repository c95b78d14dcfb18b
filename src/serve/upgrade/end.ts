import type { Deadline, Deadlines } from "../../origin/deadlines.ts";
import type { Side } from "../../origin/websocket/side.ts";

/** One end of a join: a side, and how far it has got. */
export interface End {
  readonly side: Side;
  /** Whether more waits for it than should. */
  readonly isFull: boolean;
  /** Has it wait with what it says, or not. */
  listen(isWanted: boolean): void;
  /** Tells it to go; it is cut off when it does not in time. */
  sayGoodbye(code: number, reason: string): void;
  /** It has taken some of what waits for it: where it was told to go, it has its whole time again. */
  taken(): void;
  /** It has gone. */
  gone(): void;
}

/** Bytes that may wait for a side beyond the message that is on its way. */
const mostWaiting = 1024 * 1024;

export function endOf(side: Side, closing: Deadlines): End {
  let isHeld = false;
  let parting: Deadline | undefined;

  function listen(isWanted: boolean): void {
    if (isWanted !== isHeld) return;
    isHeld = !isWanted;
    if (isWanted) side.resume();
    else side.pause();
  }

  return {
    side,
    get isFull() {
      return side.waiting > mostWaiting;
    },
    listen,
    sayGoodbye(code, reason) {
      // Its answer is to be heard.
      listen(true);
      parting = closing.begin(side.cut);
      side.close(code, reason);
    },
    taken() {
      if (parting === undefined) return;
      closing.end(parting);
      parting = closing.begin(side.cut);
    },
    gone() {
      if (parting !== undefined) closing.end(parting);
      parting = undefined;
    },
  };
}
