import { statSync } from "node:fs";
import type { BodyFiles } from "../store/disk/body-files.ts";
import type { Trouble } from "../store/tier.ts";

export interface RescueOptions {
  readonly bodies: BodyFiles;
  /** Of the database; its log lies beside it. */
  readonly path: string;
  readonly onTrouble: (trouble: Trouble) => void;
}

/**
 * A way out of a full disk. There the log of the index can neither grow nor be moved into the database, which grows
 * by it: so nothing could be removed any more, and nothing stored. To remove a body's file takes no room: some files go
 * first, and leave rows bereft of their bodies, which follow as soon as the index can be written to.
 */
export interface Rescue {
  /** Does the work; where the disk is full, once more with room for it. Throws what the work throws. */
  withRoom<Result>(work: () => Result): Result;
  /** The rows of the responses whose bodies have gone are to follow. Throws what `remove` throws: then they stay to be removed. */
  removeBereft(remove: (ids: readonly string[]) => void): void;
}

/** The log itself, and room for the next one. */
const logs = 2;
const leastBytes = 1024 * 1024;

export function createRescue({ bodies, path, onTrouble }: RescueOptions): Rescue {
  let bereft: string[] = [];

  function makeRoom(): void {
    const logBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    const ids = bodies.sacrifice(Math.max(logs * logBytes, leastBytes));
    bereft.push(...ids);
    const message = `the disk is full; ${ids.length} bodies were removed, or the index could not go on`;
    onTrouble({ code: "DISK_FULL", message });
  }

  return {
    withRoom(work) {
      try {
        return work();
      } catch (error) {
        if (!isFull(error)) throw error;
        makeRoom();
        return work();
      }
    },
    removeBereft(remove) {
      remove(bereft);
      bereft = [];
    },
  };
}

/** Whether the disk is full; also of an error that wraps SQLite's. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "SQLITE_FULL";
}
