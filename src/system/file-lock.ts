import { Database } from "bun:sqlite";
import { closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A lock that one process at a time can have. */
export interface FileLock {
  /**
   * Whether it is this process's; takes it where it is not, as after somebody has removed its file, or its disk was full.
   * False when another process has it. Throws the system's errors.
   */
  keep(): boolean;
  /** Whether it is, without taking it. */
  isHeld(): boolean;
  release(): void;
}

/**
 * The lock on the file of that path, which is made when needed; nobody has it yet. It is SQLite's on an empty file: the
 * system lets go of it however the process ends, so there is nothing stale to judge.
 */
export function fileLock(path: string): FileLock {
  let held: { readonly database: Database; readonly ino: number } | undefined;

  function release(): void {
    held?.database.close();
    held = undefined;
  }

  function isHeld(): boolean {
    return held !== undefined && fileAt(path) === held.ino;
  }

  return {
    isHeld,
    keep() {
      if (isHeld()) return true;
      release();
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      closeSync(openSync(path, "a", 0o600));
      const database = new Database(path);
      try {
        // Its journal would be a file, which a full disk has no room for.
        database.run("PRAGMA journal_mode = MEMORY");
        database.run("BEGIN EXCLUSIVE");
        held = { database, ino: fileAt(path) ?? 0 };
        return true;
      } catch (error) {
        database.close();
        if (error instanceof Error && "code" in error && error.code === "SQLITE_BUSY") return false;
        throw error;
      }
    },
    release,
  };
}

/** Which file it is; undefined while there is none. */
function fileAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
