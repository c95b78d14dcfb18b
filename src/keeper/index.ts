import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type After, systemAfter } from "../store/after.ts";
import type { Selectable } from "../store/arrivals.ts";
import { type BodyFiles, formatFolder, openBodyFiles } from "../store/disk/body-files.ts";
import { createAbsence } from "./absence.ts";
import { keepBounds } from "./bounds.ts";
import { prepareChoice } from "./eviction.ts";
import { watchIndexFiles } from "../store/disk/index-files.ts";
import { type PartialRow, type PieceRows, preparePieceRows } from "./piece-rows.ts";
import { createRelief, isFull } from "./full-disk.ts";
import { prepareRemovals } from "./removals.ts";
import { prepareRoom } from "./shared-room.ts";
import { type Changes, type InspectedRow, isInFile, prepareRows, type Row, type RowLimit } from "./rows.ts";
import { damageOf, type IndexRole, noteUnremoved, openDatabase, patienceOf } from "./schema.ts";
import { sweep } from "./sweep.ts";
import { prepareTransactions } from "./transactions.ts";
import { prepareUpkeep } from "./upkeep.ts";
import { type Gone, prepareVariants } from "./variants.ts";
import type { Extent, Room } from "../store/disk/room.ts";
import type { Selector, Trouble } from "../store/tier.ts";
import { toStoreError } from "../store/writer.ts";

export interface IndexOptions {
  /** The cache directory; the index and the bodies lie in a folder of it that is named for the format. */
  readonly directory: string;
  /** "keeper" for the one process that keeps house; it must have opened before a worker does. */
  readonly role: IndexRole;
  readonly now: () => number;
  readonly onTrouble: (trouble: Trouble) => void;
  /** 32 by default; what was never used goes first, see index/variants.ts. */
  readonly maxVariantsPerKey?: number;
  /** Hard bounds for all processes together: see disk/room.ts. None by default. */
  readonly maxBytes?: number;
  readonly maxFiles?: number;
  /** See `DatabaseOptions`. */
  readonly knownDamage?: string | undefined;
  /** Milliseconds a body stays when its row is gone: somebody may be about to open it. 250 by default. */
  readonly disposalDelay?: number;
  /** By default the system's clock. */
  readonly after?: After;
}

/** What lies on the disk: rows in SQLite, with small bodies, and the larger ones beside them. Every call may throw what SQLite says (busy, full, …). */
export interface Index {
  readonly bodies: BodyFiles;
  /** For bodies of this process that have no row. */
  readonly room: Room;
  /** Of rows whose bodies are known to be right: see `Row.generation`. */
  readonly generation: number;
  /** Complete responses. `mayLag`: see `Store.find`. */
  find(primaryKey: string, mayLag?: boolean): Row[];
  has(id: string): boolean;
  /** The next rows in the order of `seq`, with what their bodies should be. */
  rowsAfter(seq: number, limit: number): InspectedRow[];
  /** False after an end that was not orderly. */
  readonly wasClosedCleanly: boolean;
  /** What SQLite finds wrong with its file, if anything; reads all of it: a second for a million rows. */
  damage(): string | undefined;
  /** What somebody has done to its files, that only a new one mends: see index/index-files.ts. */
  whatIsWrong(): string | undefined;
  /** Responses held in part; at once when `find` has just seen that nothing at all is there. */
  findPieces(primaryKey: string): PartialRow[];
  /** One transaction, with the rows of responses held in pieces. Afterwards as after `apply`. */
  changePieces<Result>(change: (rows: PieceRows, removed: Gone[]) => Result): Result;
  /**
   * One transaction. What a removal has overtaken does not become a row. Afterwards the rows, and what is on its way,
   * are within the bounds: what is least worth keeping goes.
   */
  apply(changes: Changes): void;
  /** The number of the last removal that `find` saw, or made here: what was asked for after it is not concerned by it. */
  lastRemoval(): number;
  /** Whether a removal after that number concerns the response. */
  isOvertaken(response: Selectable, afterRemoval: number): boolean;
  /**
   * Removes the rows it selects, some hundred at a time, so that others can write meanwhile; how many there were. From
   * its beginning on nothing it selects that had begun can become a row.
   */
  remove(selector: Selector): Promise<number>;
  /** The same for rows that are no newer than that version, though it was asked for long ago. The keeper makes room for it. */
  removeEarlier(selector: Selector, version: number): Promise<number>;
  /** Leaves a note, which needs next to no room, that rows are there which should be gone: the next keeper begins anew. */
  noteUnremoved(areThere: boolean): void;
  /** Kept at hand, not counted. Bytes of bodies in whole file-system blocks, and of their rows. */
  totals(): { readonly bytes: number; readonly objects: number };
  /** Rows and bodies on their way in, of all processes: what will be there when what leaves has left. */
  extent(): Extent;
  /** Ids of the rows least worth their room, of `excess` together: spent ones, then by SIEVE. Repeated, it goes on. */
  evictionCandidates(excess: Extent): string[];
  /** Rows and bodies, in one transaction: some hundreds at a time, or the workers wait. How many there were. */
  deleteRows(ids: readonly string[]): number;
  /** See index/upkeep.ts; on a full disk see index/full-disk.ts. */
  checkpoint(): void;
  checkpointIfGrown(): void;
  giveBackPages(): boolean;
  /** Removes what processes that have ended were writing, and forgets the room it took. */
  forgetEnded(): void;
  /**
   * Removes rows without a file, files without a row and folders of older formats; how many. A file is left alone
   * until nothing was written to it since `modifiedBefore`, by the wall clock: its row comes last.
   */
  sweepOrphans(modifiedBefore: number): Promise<number>;
  /** Does not throw. The keeper leaves the mark of a clean stop: close it after the workers have ended. */
  close(): void;
}

/** Rows deleted in one transaction: others that want to write wait meanwhile. */
const removedAtATime = 256;

export function indexPath(directory: string): string {
  return join(directory, formatFolder, "index.sqlite");
}

/** Throws a `StoreError` when the directory or the index cannot be used. */
export function openIndex(options: IndexOptions): Index {
  const { directory, role, now, onTrouble, maxVariantsPerKey = 32 } = options;
  const { disposalDelay = 250, after = systemAfter } = options;
  const { maxBytes = Number.POSITIVE_INFINITY, maxFiles = Number.POSITIVE_INFINITY } = options;
  const bodies = openBodyFiles({
    directory,
    disposalDelay,
    after,
    onTrouble,
    onLeaving(bytes, files) {
      bounds.room.leave(bytes, files);
      bounds.enterSoon();
    },
    onLeft(bytes, files) {
      bounds.room.left(bytes, files);
      bounds.enterSoon();
    },
  });
  const path = indexPath(directory);
  const relief = createRelief({ bodies, path, onTrouble });
  const open = () => openDatabase({ ...options, path });
  const { database, wasClosedCleanly } = role === "keeper" ? relief.withRoom(open) : open();
  const atomically = prepareTransactions(database, patienceOf[role]);
  const variants = prepareVariants(database, maxVariantsPerKey);
  const rows = prepareRows(database, variants, removeUnreadable);
  const pieceRows = preparePieceRows(database, variants, bodies, removeUnreadable);
  const removals = prepareRemovals(database);
  const shared = prepareRoom(database);
  const chooseVictims = prepareChoice(database, now);
  const beforeUse = () => files.mend();
  const bounds = keepBounds({
    ...{ atomically, bodies, rows, shared, chooseVictims, maxBytes, maxFiles, beforeUse },
  });
  const upkeep = prepareUpkeep(database, maxBytes);
  const readTotals = database.query<{ bytes: number; objects: number }, []>(
    "SELECT bytes, objects FROM state",
  );
  const { generation } = database.query<{ generation: number }, []>("SELECT generation FROM state").get() ?? {
    generation: 0,
  };

  const absence = createAbsence();
  let seenRemoval = removals.last();
  const files = watchIndexFiles(path, now, onTrouble);

  function find(primaryKey: string, mayLag = false): Row[] {
    if (mayLag && absence.isRemembered(primaryKey)) return [];
    const { isThere, lastRemoval } = rows.look(primaryKey);
    seenRemoval = lastRemoval;
    absence.note(primaryKey, isThere, mayLag);
    return isThere ? rows.find(primaryKey) : [];
  }

  function findPieces(primaryKey: string): PartialRow[] {
    return absence.takeLast(primaryKey) ? [] : pieceRows.find(primaryKey);
  }

  function totals(): { bytes: number; objects: number } {
    return readTotals.get() ?? { bytes: 0, objects: 0 };
  }

  function apply(changes: Changes): Gone[] {
    const last = removals.last();
    const overtaken = changes.inserts.filter(
      ({ afterRemoval, response }) => afterRemoval < last && removals.overtook(response, afterRemoval),
    );
    const inserts = changes.inserts.filter((row) => !overtaken.includes(row));
    const removed = rows.apply({ ...changes, inserts });
    for (const { response } of inserts) absence.end(response.primaryKey);
    // Counted as rows from here on.
    bounds.enter();
    const refused = overtaken.map(({ response, body }) => ({
      id: response.id,
      inFile: isInFile(body) ? 1 : 0,
    }));
    return [...refused, ...removed, ...bounds.evictExcess()];
  }

  function deleteRows(ids: readonly string[]): number {
    return ids.length === 0 ? 0 : bounds.removeWith(() => ids.flatMap(rows.removeId));
  }

  async function removeUpTo(selector: Selector, upTo: RowLimit): Promise<number> {
    const removeSome = () => bounds.removeWith(() => rows.removeSelected(selector, upTo, removedAtATime));
    for (let removed = 0; ; await nextTurn()) {
      const count = role === "keeper" ? relief.withRoom(() => withLogAnew(removeSome)) : removeSome();
      removed += count;
      if (count < removedAtATime) return removed;
    }
  }

  /** On a full disk the log cannot grow; what it holds lies in the database as well after a checkpoint, and it begins anew. */
  function withLogAnew<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!isFull(error)) throw error;
      upkeep.checkpoint();
      return work();
    }
  }

  function removeUnreadable(id: string, error: unknown): void {
    onTrouble({ code: "BAD_ROW", message: `a row of the index is not readable: ${String(error)}` });
    deleteRows([id]);
  }

  function leaveMark(): void {
    database.run("UPDATE state SET closedCleanly = 1");
    database.query("PRAGMA wal_checkpoint(TRUNCATE)").all();
  }

  const chooseAtOnce = atomically(chooseVictims);
  const beginRemovalAtOnce = atomically((selector: Selector) => {
    return { number: removals.add(selector), lastSeq: rows.lastSeq() };
  });

  const index: Index = {
    bodies,
    room: bounds.room,
    generation,
    wasClosedCleanly,
    find,
    has: rows.has,
    rowsAfter: rows.rowsAfter,
    damage: () => damageOf(database),
    whatIsWrong: files.whatIsWrong,
    findPieces,
    changePieces(change) {
      absence.endAll();
      const changeAtOnce = atomically(() => {
        const replaced: Gone[] = [];
        const result = change(pieceRows, replaced);
        bounds.enter();
        return { result, weighed: bounds.enterLeaving([...replaced, ...bounds.evictExcess()]) };
      });
      const { result, weighed } = changeAtOnce();
      bodies.disposeWeighed(weighed);
      return result;
    },
    apply: (changes) => void bounds.removeWith(() => apply(changes)),
    lastRemoval: () => seenRemoval,
    isOvertaken: (response, afterRemoval) => removals.overtook(response, afterRemoval),
    remove(selector) {
      const { number, lastSeq } = beginRemovalAtOnce(selector);
      seenRemoval = number;
      return removeUpTo(selector, { seq: lastSeq, version: Number.MAX_SAFE_INTEGER });
    },
    async removeEarlier(selector, version) {
      const removed = await removeUpTo(selector, { seq: rows.lastSeq(), version });
      relief.settle(deleteRows);
      return removed;
    },
    noteUnremoved: (areThere) => noteUnremoved(path, areThere),
    totals,
    extent: shared.future,
    evictionCandidates: chooseAtOnce,
    deleteRows,
    ...upkeep,
    checkpoint() {
      relief.withRoom(upkeep.checkpoint);
      relief.settle(deleteRows);
    },
    forgetEnded: () => bodies.discardOf(shared.forgetEnded()),
    sweepOrphans: (modifiedBefore) => sweep({ rows, bodies, modifiedBefore, onTrouble }),
    close() {
      bodies.close();
      bounds.close();
      try {
        shared.leave();
        if (role === "keeper") leaveMark();
      } catch (error) {
        onTrouble(toStoreError(error, "the index could not be closed cleanly"));
      }
      files.close();
      // With its statements, or the files stay open until they are collected.
      database.close(true);
    },
  };
  return preceded(index, beforeUse);
}

/** The same, with something done before each call. */
function preceded(index: Index, before: () => void): Index {
  const calls = Object.entries(index).map(([name, member]) => {
    if (typeof member !== "function") return [name, member];
    const call = (...args: unknown[]): unknown => {
      before();
      return member(...args);
    };
    return [name, call];
  });
  return Object.fromEntries(calls) as Index;
}
