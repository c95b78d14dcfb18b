import type { Database } from "bun:sqlite";
import type { Beside, Extent } from "../store/disk/room.ts";

/** What all processes together have on the disk. Each call that writes is to be made in a transaction. */
export interface SharedRoom {
  /** What will be there when all that leaves has left: rows, and bodies on their way in. */
  future(): Extent;
  /** What is there. */
  present(): Extent;
  enter(beside: Beside): void;
  /** Forgets what ended processes have entered; their ids. */
  forgetEnded(): number[];
  /** Nothing is there beside the rows of this one's. */
  leave(): void;
}

interface Sums {
  readonly bytes: number;
  readonly files: number;
  readonly leavingBytes: number;
  readonly leavingFiles: number;
}

/** Of the indexes this process has opened: each enters under a name of its own. */
let count = 0;

export function prepareRoom(database: Database): SharedRoom {
  count++;
  const owner = `${process.pid}.${count}`;
  const write = database.query<never, (string | number)[]>(
    "INSERT OR REPLACE INTO beside (owner, bytes, files, leavingBytes, leavingFiles) VALUES (?, ?, ?, ?, ?)",
  );
  const read = database.query<Sums, []>(
    `SELECT (SELECT bytes FROM state) + total(bytes) AS bytes, (SELECT files FROM state) + total(files) AS files,
       total(leavingBytes) AS leavingBytes, total(leavingFiles) AS leavingFiles FROM beside`,
  );
  const list = database.query<{ owner: string }, []>("SELECT owner FROM beside");
  const remove = database.query<never, [string]>("DELETE FROM beside WHERE owner = ?");

  function sums(): Sums {
    return read.get() ?? { bytes: 0, files: 0, leavingBytes: 0, leavingFiles: 0 };
  }

  return {
    future() {
      const { bytes, files } = sums();
      return { bytes, files };
    },
    present() {
      const { bytes, files, leavingBytes, leavingFiles } = sums();
      return { bytes: bytes + leavingBytes, files: files + leavingFiles };
    },
    enter({ arriving, leaving }) {
      write.run(owner, arriving.bytes, arriving.files, leaving.bytes, leaving.files);
    },
    forgetEnded() {
      const ended = list.all().filter((row) => !isAlive(pidOf(row.owner)));
      for (const row of ended) remove.run(row.owner);
      return ended.map((row) => pidOf(row.owner));
    },
    leave: () => void remove.run(owner),
  };
}

function pidOf(owner: string): number {
  return Number.parseInt(owner, 10);
}

/** Whether a process of that id runs, ours or another's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
