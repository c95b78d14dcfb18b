import { closeSync, existsSync, openSync, rmSync } from "node:fs";

export interface UnremovedNoteOptions {
  /** Of the index. */
  readonly indexPath: string;
  /** Has the keeper that opens the index of that path next find it unfit, for removals have not reached it. */
  readonly condemn: (indexPath: string) => void;
  /** Whether the cache directory is this supervisor's: see `CacheLock.isHeld`. */
  readonly isOurs: () => boolean;
}

/**
 * The note that removals have not reached the disk, for the next start of cacheproxy. A keeper that is started again
 * while the supervisor lives is given these removals, and does not have to throw the index away for them.
 */
export interface UnremovedNote {
  /** Call it before the first keeper is started: what an earlier supervisor did not get removed condemns the index. */
  heedFormer(): void;
  leave(areThere: boolean): void;
}

export function createUnremovedNote({ indexPath, condemn, isOurs }: UnremovedNoteOptions): UnremovedNote {
  const path = `${indexPath}.unremoved-now`;
  let wasHeeded = false;

  return {
    heedFormer() {
      if (!wasHeeded && existsSync(path)) {
        condemn(indexPath);
        rmSync(path);
      }
      wasHeeded = true;
    },
    leave(areThere) {
      if (!isOurs()) throw new Error("the cache directory is in use by another cacheproxy");
      if (areThere) closeSync(openSync(path, "a", 0o600));
      else rmSync(path, { force: true });
    },
  };
}
