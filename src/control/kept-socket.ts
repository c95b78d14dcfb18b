import { statSync } from "node:fs";

export interface Door {
  /** Closes at once: a connection that idles must not hold up the end. */
  stop(): Promise<void>;
}

export interface KeptSocketOptions {
  readonly path: string;
  /** Listens on the path. Throws what the system says. */
  readonly listen: () => Door;
  /** Runs something again and again until what it returns is called. */
  readonly every: (milliseconds: number, run: () => void) => () => void;
  /** False while the path may be another's. Throws when that cannot be told. */
  readonly isOurs?: () => boolean;
  readonly onTrouble: (error: unknown) => void;
}

const lookMilliseconds = 1_000;

/**
 * Listens on a unix socket, and again where somebody has removed it, or where it could not be made at first: the folder
 * may be gone, or its disk full.
 */
export function keepSocket({ path, listen, every, isOurs = () => true, onTrouble }: KeptSocketOptions): Door {
  let door: Door | undefined;
  let socket: number | undefined;

  function look(): void {
    try {
      if (!isOurs() || (door !== undefined && fileAt(path) === socket)) return;
      closeDoor().catch(onTrouble);
      door = listen();
      socket = fileAt(path);
    } catch (error) {
      onTrouble(error);
    }
  }

  function closeDoor(): Promise<void> {
    const former = door;
    door = undefined;
    return former?.stop() ?? Promise.resolve();
  }

  const cancel = every(lookMilliseconds, look);
  look();
  return {
    async stop() {
      cancel();
      // Bun removes what lies at the path when it stops to listen there, and that may be another's by now.
      const there = fileAt(path);
      if (there === socket || there === undefined) await closeDoor();
    },
  };
}

/** Which file it is; undefined while there is none, or it cannot be seen: then it cannot be listened on, which is told. */
function fileAt(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
