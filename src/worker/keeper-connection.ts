import { createFrameReader } from "../control/frames.ts";
import { type FromKeeperSocket, fromKeeperSocketSchema } from "../control/keeper-wire.ts";
import { misfit } from "../control/misfit.ts";
import { createOutlet, type Outlet } from "../control/outlet.ts";
import type { After } from "../store/after.ts";
import type { Trouble } from "../store/tier.ts";

export interface KeeperConnectionOptions {
  /** Of the keeper's socket. */
  readonly path: string;
  readonly after: After;
  readonly hear: (message: FromKeeperSocket) => void;
  readonly onLost: () => void;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** The connection to the keeper's socket, which is made anew as often as it is lost. */
export interface KeeperConnection {
  /** Undefined while there is none. */
  outlet(): Outlet | undefined;
  /** Ends it, and makes it anew after a while. */
  retreat(): void;
  close(): void;
}

/** While the keeper is not there at all: it may be about to start. */
const reconnectMilliseconds = 20;
/** What was tried in vain for so long is tried less often. */
const manyAttempts = 100;
const slowReconnectMilliseconds = 250;

export function keepConnected(options: KeeperConnectionOptions): KeeperConnection {
  const { path, after, hear, onLost, onTrouble } = options;
  let outlet: Outlet | undefined;
  let endConnection: (() => void) | undefined;
  let isClosed = false;
  let attempts = 0;
  let cancelAttempt: (() => void) | undefined;

  function connect(): void {
    cancelAttempt = undefined;
    attempts++;
    const frames = createFrameReader();
    Bun.connect({
      unix: path,
      socket: {
        open(socket) {
          if (isClosed) return void socket.end();
          attempts = 0;
          outlet = createOutlet(socket);
          endConnection = () => socket.end();
        },
        data(socket, chunk) {
          try {
            for (const { head } of frames(chunk)) hear(understood(JSON.parse(head)));
          } catch (error) {
            const message = error instanceof Error ? error.message : String(error);
            onTrouble({ code: "CONTROL_MESSAGE", message: `the keeper said what nobody knows: ${message}` });
            socket.end();
          }
        },
        drain: () => outlet?.drain(),
        close() {
          outlet = undefined;
          endConnection = undefined;
          onLost();
          planAttempt();
        },
        // What comes of it is a close.
        error: () => undefined,
      },
    }).catch(planAttempt);
  }

  function planAttempt(): void {
    if (isClosed) return;
    const wait = attempts > manyAttempts ? slowReconnectMilliseconds : reconnectMilliseconds;
    cancelAttempt ??= after(wait, connect);
  }

  connect();

  return {
    outlet: () => outlet,
    retreat() {
      attempts = manyAttempts + 1;
      endConnection?.();
    },
    close() {
      isClosed = true;
      cancelAttempt?.();
      endConnection?.();
    },
  };
}

/** Throws where nobody knows what was said. */
function understood(raw: unknown): FromKeeperSocket {
  const parsed = fromKeeperSocketSchema.safeParse(raw);
  if (!parsed.success) throw new Error(misfit(parsed.error, raw));
  return parsed.data;
}
