import { type FSWatcher, statSync, truncateSync, watch } from "node:fs";
import type { Trouble } from "../tier.ts";

/** The files of an open database, as SQLite has them open: what somebody does to them behind its back. */
export interface IndexFiles {
  /**
   * Makes the shared memory as long again as it was, if somebody has cut it short: whoever touches what is missing of
   * it is ended by SIGBUS. SQLite finds it empty then, and makes it anew from its log. Call it before each use.
   */
  mend(): void;
  /**
   * What was done to them, if anything, that only a new index mends. Of a file that was removed or replaced the processes
   * that have it open and those that open it from now on each have their own, and would write past each other.
   */
  whatIsWrong(): string | undefined;
  close(): void;
}

interface FileIdentity {
  readonly ino: number;
  readonly size: number;
}

/** To look at the file costs as much as to look up a response: so not more often than this. */
const lookMilliseconds = 1;

/** `path` is that of a database that is open and was read from. `now` is in milliseconds. */
export function watchIndexFiles(
  path: string,
  now: () => number,
  onTrouble: (trouble: Trouble) => void,
): IndexFiles {
  const sharedMemory = `${path}-shm`;
  const opened = {
    database: fileAt(path)?.ino,
    log: fileAt(`${path}-wal`)?.ino,
    shared: fileAt(sharedMemory),
  };
  let length = opened.shared?.size ?? 0;
  let logLength = fileAt(`${path}-wal`)?.size ?? 0;
  let lookedAt = now();
  const watcher = watchFile(sharedMemory, makeWhole);

  function makeWhole(): void {
    const there = fileAt(sharedMemory);
    if (there === undefined || there.ino !== opened.shared?.ino) return;
    if (there.size >= length) {
      length = there.size;
      return;
    }
    // By its name: to close a descriptor of it would give up the locks that SQLite has on it.
    truncateSync(sharedMemory, length);
    const message = `somebody has cut ${sharedMemory} short; it is as long again as it was`;
    onTrouble({ code: "SHARED_MEMORY_CUT", message });
  }

  return {
    mend() {
      const at = now();
      if (at - lookedAt < lookMilliseconds) return;
      lookedAt = at;
      makeWhole();
    },
    whatIsWrong() {
      const database = fileAt(path);
      if (database === undefined) return "it was removed";
      if (database.ino !== opened.database) return "it was replaced";
      if (database.size === 0) return "it was emptied";
      const log = fileAt(`${path}-wal`);
      if (log?.ino !== opened.log) return "its log was removed or replaced";
      // SQLite begins the log anew in the room it has, and makes it shorter only at the very end.
      if ((log?.size ?? 0) < logLength) return "its log was cut short";
      logLength = log?.size ?? 0;
      if (fileAt(sharedMemory)?.ino !== opened.shared?.ino)
        return "its shared memory was removed or replaced";
      return undefined;
    },
    close: () => watcher?.close(),
  };
}

/** Undefined where the system watches no more files: it is looked at before each use all the same. */
function watchFile(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

/** The file with that name as it is now. */
export function fileAt(path: string): FileIdentity | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
