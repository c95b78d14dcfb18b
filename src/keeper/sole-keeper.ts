import { existsSync, rmSync } from "node:fs";
import { keeperLockPath, keeperSocketPath } from "../control/keeper-socket.ts";
import { StoreError } from "../store/tier.ts";
import { fileLock } from "../system/file-lock.ts";

/**
 * Of a cache folder there is one keeper at a time: two would write past each other, and each would know its own removals
 * alone. The keeper of a supervisor that was killed lives as long as its workers do, but gives way to the next one, which
 * says that it waits by removing the socket.
 */
export interface SoleKeeper {
  /** Throws a `StoreError` while another has the folder, and tells that one to end. */
  become(): void;
  /** Whether workers are to reach this one. */
  isServing(): boolean;
  /** The supervisor is gone: another's keeper may take the place of this one. */
  giveWay(): void;
  /** Whether another keeper waits for the end of this one, which gives way. */
  isAwaited(): boolean;
  release(): void;
}

export function soleKeeper(cacheDir: string): SoleKeeper {
  const path = keeperSocketPath(cacheDir);
  const lock = fileLock(keeperLockPath(cacheDir));
  let givesWay = false;
  let hasBeen = false;

  return {
    become() {
      if (lock.keep()) {
        hasBeen = true;
        return;
      }
      if (hasBeen) throw new StoreError("INDEX_ABSENT", "another cacheproxy has it");
      rmSync(path, { force: true });
      throw new StoreError(
        "INDEX_ABSENT",
        "the keeper of a cacheproxy that was killed still has it, and has been told to end",
      );
    },
    isServing: () => !givesWay && lock.isHeld(),
    giveWay() {
      givesWay = true;
    },
    isAwaited: () => givesWay && !existsSync(path),
    release: lock.release,
  };
}
