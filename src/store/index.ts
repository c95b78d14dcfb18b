import { join } from "node:path";
import { type BodyFiles, formatFolder, openBodyFiles } from "./body-files.ts";
import { prepareChoice } from "./index-eviction.ts";
import { type PartialRow, type PieceRows, preparePieceRows } from "./index-pieces.ts";
import { type Changes, prepareRows, type Row } from "./index-rows.ts";
import { type IndexRole, openDatabase } from "./index-schema.ts";
import { sweep } from "./index-sweep.ts";
import type { Selector, Trouble } from "./store.ts";
import { toStoreError } from "./writer.ts";

export interface IndexOptions {
  /** The cache directory; the index and the bodies lie in a folder of it that is named for the format. */
  readonly directory: string;
  /** "keeper" for the one process that keeps house; it must have opened before a worker does. */
  readonly role: IndexRole;
  readonly now: () => number;
  readonly onTrouble: (trouble: Trouble) => void;
  /** 32 by default; the oldest goes. */
  readonly maxVariantsPerKey?: number;
}

/** What lies on the disk: rows in SQLite, bodies beside them. Every call may throw what SQLite says (busy, full, …). */
export interface Index {
  readonly bodies: BodyFiles;
  /** Of rows whose bodies are known to be right: see `Row.generation`. */
  readonly generation: number;
  find(primaryKey: string): Row[];
  findPieces(primaryKey: string): PartialRow[];
  /** One transaction, with the rows of responses held in pieces. Afterwards as after `apply`. */
  changePieces<Result>(maxBytes: number, change: (rows: PieceRows, removed: string[]) => Result): Result;
  /** One transaction. Afterwards the rows take `maxBytes` at the most: what is least worth keeping goes. */
  apply(changes: Changes, maxBytes: number): void;
  /** At most `limit` rows that were there at `upToSeq`; returns how many were removed. */
  removeSelected(selector: Selector, upToSeq: number, limit: number): number;
  lastSeq(): number;
  /** Kept at hand, not counted. Bytes of bodies in whole file-system blocks, and of their rows. */
  totals(): { readonly bytes: number; readonly objects: number };
  /** Ids of the rows least worth their room, of `bytesToFree` together: spent ones, then by SIEVE. Repeated, it goes on. */
  evictionCandidates(bytesToFree: number): string[];
  /** Rows and bodies, in one transaction: some hundreds at a time, or the workers wait. How many there were. */
  deleteRows(ids: readonly string[]): number;
  /** Moves the write-ahead log into the database as far as nobody is in the way. Waits for the disk. */
  checkpoint(): void;
  /**
   * Removes rows without a file, files without a row and folders of older formats; how many. A file is left alone until nothing was written to
   * it for `graceMilliseconds`: its row comes last.
   */
  sweepOrphans(graceMilliseconds: number): Promise<number>;
  /** Does not throw. The keeper leaves the mark of a clean stop: close it after the workers have ended. */
  close(): void;
}

/** Throws a `StoreError` when the directory or the index cannot be used. */
export function openIndex(options: IndexOptions): Index {
  const { directory, role, now, onTrouble, maxVariantsPerKey = 32 } = options;
  const bodies = openBodyFiles(directory, onTrouble);
  const path = join(directory, formatFolder, "index.sqlite");
  const database = openDatabase({ path, role, now, onTrouble });
  const rows = prepareRows(database, maxVariantsPerKey, onTrouble);
  const pieceRows = preparePieceRows(database, onTrouble);
  const chooseVictims = prepareChoice(database, now);
  const readTotals = database.query<{ bytes: number; objects: number }, []>(
    "SELECT bytes, objects FROM state",
  );

  const { generation } = database.query<{ generation: number }, []>("SELECT generation FROM state").get() ?? {
    generation: 0,
  };

  function totals(): { bytes: number; objects: number } {
    return readTotals.get() ?? { bytes: 0, objects: 0 };
  }

  function apply(changes: Changes, maxBytes: number): string[] {
    const removed = rows.apply(changes);
    return [...removed, ...evictExcess(maxBytes)];
  }

  function evictExcess(maxBytes: number): string[] {
    const excess = totals().bytes - maxBytes;
    if (excess <= 0) return [];
    const victims = chooseVictims(excess);
    for (const id of victims) rows.removeId(id);
    return victims;
  }

  function leaveMark(): void {
    database.run("UPDATE state SET closedCleanly = 1");
    database.query("PRAGMA wal_checkpoint(TRUNCATE)").all();
  }

  const applyAtOnce = database.transaction(apply).immediate;
  const chooseAtOnce = database.transaction(chooseVictims).immediate;
  const deleteAtOnce = database.transaction((ids: readonly string[]) => ids.filter(rows.removeId)).immediate;

  return {
    bodies,
    generation,
    find: rows.find,
    findPieces: pieceRows.find,
    changePieces(maxBytes, change) {
      const removed: string[] = [];
      const changeAtOnce = database.transaction(() => {
        const result = change(pieceRows, removed);
        removed.push(...evictExcess(maxBytes));
        return result;
      });
      const result = changeAtOnce.immediate();
      bodies.dispose(removed);
      return result;
    },
    apply: (changes, maxBytes) => bodies.dispose(applyAtOnce(changes, maxBytes)),
    removeSelected(selector, upToSeq, limit) {
      const ids = rows.removeSelected(selector, upToSeq, limit);
      bodies.dispose(ids);
      return ids.length;
    },
    lastSeq: rows.lastSeq,
    totals,
    evictionCandidates: chooseAtOnce,
    deleteRows(ids) {
      const deleted = deleteAtOnce(ids);
      bodies.dispose(deleted);
      return deleted.length;
    },
    checkpoint: () => void database.query("PRAGMA wal_checkpoint(PASSIVE)").all(),
    sweepOrphans: (graceMilliseconds) =>
      sweep({ rows, bodies, modifiedBefore: now() - graceMilliseconds, onTrouble }),
    close() {
      bodies.close();
      try {
        if (role === "keeper") leaveMark();
      } catch (error) {
        onTrouble(toStoreError(error, "the index could not be closed cleanly"));
      }
      // With its statements, or the files stay open until they are collected.
      database.close(true);
    },
  };
}
