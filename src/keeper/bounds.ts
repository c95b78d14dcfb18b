import type { Database } from "bun:sqlite";
import type { BodyFiles } from "../store/disk/body-files.ts";
import type { BodyWeights } from "../store/disk/disposal.ts";
import type { DiskSpace } from "../store/disk/keeper.ts";
import type { ChooseVictims } from "./eviction.ts";
import type { Rows } from "./rows.ts";
import type { RemovedRow } from "./variants.ts";

export interface BoundsOptions {
  readonly database: Database;
  readonly bodies: BodyFiles;
  readonly rows: Rows;
  readonly chooseVictims: ChooseVictims;
  /** Hard bounds for all that lies on the disk. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** Keeps rows, their bodies, and what workers are about to bring, within the bounds. */
export interface Bounds {
  /** Room for bodies without rows, of whichever worker; makes room where that helps. False when there is none now. */
  grant(space: DiskSpace): boolean;
  /** So much of what was granted is not needed any more, or has a row; negative for what an earlier keeper granted. */
  giveBack(space: DiskSpace): void;
  /** Bodies wait for their removal, or were removed. */
  leave(bytes: number, files: number): void;
  left(bytes: number, files: number): void;
  /** The rows that had to go, for those that are there to be within the bounds. Call it in a transaction. */
  evictExcess(): RemovedRow[];
  /** Removes rows in one transaction, then their bodies. What the work gives, and how many rows there were. */
  removeWith<Result>(work: (removed: RemovedRow[]) => Result): {
    readonly result: Result;
    readonly count: number;
  };
  /** The rows with these ids, and their bodies; how many there were. */
  removeIds(ids: readonly string[]): number;
  /** Rows and bodies on their way in: what will be there when what leaves has left. */
  futureSpace(): DiskSpace;
}

/** Beyond the bounds so much is made free at once, so that it is not done for every response. */
const spareShare = 0.02;

export function keepBounds(options: BoundsOptions): Bounds {
  const { database, bodies, rows, chooseVictims, maxBytes, maxFiles } = options;
  const readRows = database.query<DiskSpace, []>("SELECT bytes, files FROM state");
  const granted = { bytes: 0, files: 0 };
  const leaving = { bytes: 0, files: 0 };

  function futureSpace(): DiskSpace {
    const { bytes, files } = readRows.get() ?? { bytes: 0, files: 0 };
    return { bytes: bytes + granted.bytes, files: files + granted.files };
  }

  /** Down to the bounds less a share of them. */
  function evictExcess(spare: number): RemovedRow[] {
    const { bytes, files } = futureSpace();
    if (bytes <= maxBytes && files <= maxFiles) return [];
    const excess = (there: number, bound: number) =>
      Number.isFinite(bound) ? there - bound * (1 - spare) : 0;
    const victims = chooseVictims({ bytes: excess(bytes, maxBytes), files: excess(files, maxFiles) });
    return victims.flatMap(rows.removeId);
  }

  function isWithinBounds(): boolean {
    const { bytes, files } = futureSpace();
    return bytes + leaving.bytes <= maxBytes && files + leaving.files <= maxFiles;
  }

  function add({ bytes, files }: DiskSpace): void {
    granted.bytes = Math.max(0, granted.bytes + bytes);
    granted.files = Math.max(0, granted.files + files);
  }

  function weigh(removed: readonly RemovedRow[]): BodyWeights {
    return bodies.weigh(removed.flatMap(({ id, inFile }) => (inFile === 1 ? id : [])));
  }

  // Each begins by taking the right to write, so that none fails half-way because somebody else has it.
  const evictAtOnce = database.transaction(() => evictExcess(spareShare)).immediate;

  const removeAtOnce = database.transaction(<Result>(work: (removed: RemovedRow[]) => Result) => {
    const removed: RemovedRow[] = [];
    const result = work(removed);
    return { result, count: removed.length, weighed: weigh(removed) };
  }).immediate;

  function removeWith<Result>(work: (removed: RemovedRow[]) => Result): { result: Result; count: number } {
    const { result, count, weighed } = removeAtOnce(work);
    bodies.disposeWeighed(weighed);
    return { result: result as Result, count };
  }

  return {
    grant(space) {
      add(space);
      if (isWithinBounds()) return true;
      bodies.disposeWeighed(weigh(evictAtOnce()));
      // At once where those that had to go have no files.
      if (isWithinBounds()) return true;
      add({ bytes: -space.bytes, files: -space.files });
      return false;
    },
    giveBack: ({ bytes, files }) => add({ bytes: -bytes, files: -files }),
    leave(bytes, files) {
      leaving.bytes += bytes;
      leaving.files += files;
    },
    left(bytes, files) {
      leaving.bytes -= bytes;
      leaving.files -= files;
    },
    evictExcess: () => evictExcess(0),
    removeWith,
    removeIds(ids) {
      if (ids.length === 0) return 0;
      return removeWith((removed) => void removed.push(...ids.flatMap(rows.removeId))).count;
    },
    futureSpace,
  };
}
