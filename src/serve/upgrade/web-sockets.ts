import type { Deadlines } from "../../origin/deadlines.ts";
import type { Heard, OriginSide, Side } from "../../origin/websocket/side.ts";
import { type Join, join, type Passed } from "./join.ts";

/** The WebSockets that go through this process. */
export interface WebSockets {
  /** How many there are now. */
  readonly joined: number;
  /** Joins a client, of whom what is returned is to be told all that it says. `onEnd` is told what has passed. */
  join(client: Side, origin: OriginSide, onEnd: (passed: Passed) => void): Heard;
  /** Everybody is told to go away, and so is who comes from now on. */
  leave(): void;
}

export interface WebSocketsOptions {
  /** How long nothing may pass over one, from the next that is joined; null for as long as it likes. */
  readonly idle: () => Deadlines | null;
  /** How long a side may take to close after the other one has. */
  readonly closing: Deadlines;
  readonly onJoined: () => void;
  readonly onPassed: (passed: Passed) => void;
}

export function createWebSockets({ idle, closing, onJoined, onPassed }: WebSocketsOptions): WebSockets {
  const joins = new Set<Join>();
  let isLeaving = false;
  return {
    get joined() {
      return joins.size;
    },
    join(client, origin, onEnd) {
      const made = join(client, origin, {
        idle: idle(),
        closing,
        onEnd(passed) {
          joins.delete(made);
          onPassed(passed);
          onEnd(passed);
        },
      });
      joins.add(made);
      onJoined();
      if (isLeaving) made.leave();
      return made.client;
    },
    leave() {
      isLeaving = true;
      for (const each of joins) each.leave();
    },
  };
}
