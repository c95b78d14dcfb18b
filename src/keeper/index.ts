import type { Database } from "bun:sqlite";
import { type After, systemAfter } from "../store/after.ts";
import { type BodyFiles, openBodyFiles } from "../store/disk/body-files.ts";
import { type IndexFiles, watchIndexFiles } from "../store/disk/index-files.ts";
import { indexPath } from "../store/disk/index-format.ts";
import type { Batch, Committed, DiskSpace, PieceChange, PieceOutcome } from "../store/disk/keeper.ts";
import type { Selector, Trouble } from "../store/tier.ts";
import { toStoreError } from "../store/writer.ts";
import { isAlive } from "../system/process-alive.ts";
import { type Bounds, keepBounds } from "./bounds.ts";
import { prepareCommit } from "./commit.ts";
import { type OnEvicted, prepareChoice } from "./eviction.ts";
import { createRescue } from "./full-disk.ts";
import { preparePieceChanges } from "./piece-changes.ts";
import { preparePieceRows } from "./piece-rows.ts";
import { type Listing, prepareListing } from "./listing.ts";
import { continueRowNumbers } from "./row-numbers.ts";
import { prepareRowRemoval, type Removed } from "./row-removal.ts";
import { prepareRows, type Rows } from "./rows.ts";
import { damageOf, openDatabase } from "./schema.ts";
import { prepareSelection } from "./selection.ts";
import { sweep } from "./sweep.ts";
import { prepareTagDisposal } from "./tags.ts";
import { prepareUpkeep, type Upkeep } from "./upkeep.ts";
import { prepareVariants } from "./variants.ts";

export interface IndexOptions {
  /** The cache directory; the index and the bodies lie in a folder of it that is named for the format. */
  readonly directory: string;
  readonly now: () => number;
  readonly onTrouble: (trouble: Trouble) => void;
  /** Random: see store/removals. */
  readonly seed: number;
  /** 32 by default; what was never used goes first, see keeper/variants.ts. */
  readonly maxVariantsPerKey?: number;
  /** Hard bounds for all that lies on the disk. None by default. */
  readonly maxBytes?: number;
  readonly maxFiles?: number;
  /** Hears of rows that had to go, and why. */
  readonly onEvicted?: OnEvicted;
  /** See `DatabaseOptions`. */
  readonly knownDamage?: string | undefined;
  /** Milliseconds a body stays when its row is gone: somebody may be about to open it. 250 by default. */
  readonly disposalDelay?: number;
  /** By default the system's clock. */
  readonly after?: After;
}

/** What lies on the disk: rows in SQLite, with small bodies, and the larger ones beside them. Every call may throw what SQLite says (busy, full, …). */
export interface Index
  extends Pick<Bounds, "grant" | "giveBack" | "futureSpace">,
    Pick<Rows, "has" | "rowsAfter">,
    Upkeep {
  readonly bodies: BodyFiles;
  /** False after an end that was not orderly. */
  readonly wasClosedCleanly: boolean;
  /**
   * One transaction. What a removal has overtaken does not become a row. Afterwards the rows, and what is on its way,
   * are within the bounds: what is least worth keeping goes. When it throws there are no such rows, and, unless somebody
   * else holds the index just now (`isBusy`), their bodies are gone.
   */
  commit(batch: Batch): Committed;
  /**
   * Removes the rows that are selected, or makes them stale, some hundred at a time, so that others come to their turn. From
   * its beginning on nothing that it selects and that was asked for before can become a row, or fresh. Throws where it could
   * not begin.
   */
  remove(selectors: readonly Selector[]): Promise<Removed>;
  /** What such a removal would name, as many turns. */
  list(selectors: readonly Selector[], limit: number): Promise<Listing>;
  /** One transaction; afterwards as after `commit`. Undefined where the response is gone. */
  changePieces(change: PieceChange): PieceOutcome | undefined;
  /** The number of the last removal. */
  lastRemoval(): number;
  /** What SQLite finds wrong with its file, if anything; reads all of it: a second for a million rows. */
  damage(): string | undefined;
  /** What somebody has done to its files, that only a new one mends: see disk/index-files.ts. */
  whatIsWrong(): string | undefined;
  /** Kept at hand, not counted. Bytes of bodies in whole file-system blocks, and of their rows. */
  totals(): { readonly bytes: number; readonly objects: number };
  /** Ids of the rows least worth their room, of `excess` together: spent ones, then by SIEVE. Repeated, it goes on. */
  evictionCandidates(excess: DiskSpace): string[];
  /** Rows and bodies, in one transaction: some hundreds at a time. How many there were. */
  deleteRows(ids: readonly string[]): number;
  /** Removes some of what rows have left that have gone: see keeper/tags. Whether there is more. */
  disposeOfTags(): boolean;
  /** Removes what processes were writing that have ended. */
  discardEnded(): void;
  /**
   * Removes rows without a file, files without a row and folders of older formats; how many. A file is left alone
   * until nothing was written to it since `modifiedBefore`, by the wall clock: its row comes last.
   */
  sweepOrphans(modifiedBefore: number): Promise<number>;
  /** Does not throw. Leaves the mark of a clean stop. */
  close(): void;
  /** The same where another index takes its place: bodies whose removal is due soon stay until then, as some are just being sent. */
  leave(): void;
}

/** Opens the index for the one process that writes it. Throws a `StoreError` when it cannot be used. */
export function openIndex(options: IndexOptions): Index {
  const { directory, now, onTrouble, seed, maxVariantsPerKey = 32 } = options;
  const { disposalDelay = 250, after = systemAfter, onEvicted = () => undefined } = options;
  const { maxBytes = Number.POSITIVE_INFINITY, maxFiles = Number.POSITIVE_INFINITY } = options;
  const bodies = openBodyFiles({
    ...{ directory, disposalDelay, after, onTrouble },
    onLeaving: (bytes, files) => bounds.leave(bytes, files),
    onLeft: (bytes, files) => bounds.left(bytes, files),
  });
  const path = indexPath(directory);
  const rescue = createRescue({ bodies, path, onTrouble });
  const { database, wasClosedCleanly } = rescue.withRoom(() => openDatabase({ ...options, path }));
  const variants = prepareVariants(database, maxVariantsPerKey, onEvicted);
  const numbers = continueRowNumbers(database);
  const rows = prepareRows(database, variants, numbers);
  const changePieceRows = preparePieceRows(database, variants, numbers, bodies, (id, error) => {
    onTrouble({ code: "BAD_ROW", message: `a row of the index is not readable: ${String(error)}` });
    bounds.removeIds([id]);
  });
  const chooseVictims = prepareChoice(database, now, onEvicted);
  const bounds = keepBounds({ database, bodies, rows, chooseVictims, maxBytes, maxFiles });
  const { has, rowsAfter } = rows;
  const { grant, giveBack, futureSpace } = bounds;
  const upkeep = prepareUpkeep(database, maxBytes);
  const readTotals = database.query<{ bytes: number; objects: number }, []>(
    "SELECT bytes, objects FROM state",
  );
  const selection = prepareSelection(database);
  const removal = prepareRowRemoval({
    ...{ database, rows, selection, numbers, bounds, rescue, now, seed, checkpoint: upkeep.checkpoint },
    mend: () => files.mend(),
  });
  // After the last removal was read from the database: only then are all of its files there.
  const files = watchIndexFiles(path, now, onTrouble);

  const index: Index = {
    bodies,
    wasClosedCleanly,
    commit: prepareCommit({ bodies, rows, bounds, removal }),
    remove: removal.remove,
    list: prepareListing({ selection, numbers, mend: () => files.mend() }),
    changePieces: preparePieceChanges({ changeRows: changePieceRows, bounds, removal }),
    lastRemoval: removal.last,
    ...{ grant, giveBack, futureSpace, has, rowsAfter },
    damage: () => damageOf(database),
    whatIsWrong: files.whatIsWrong,
    totals: () => readTotals.get() ?? { bytes: 0, objects: 0 },
    evictionCandidates: database.transaction(chooseVictims).immediate,
    deleteRows: bounds.removeIds,
    disposeOfTags: prepareTagDisposal(database),
    ...upkeep,
    /** On a full disk see keeper/full-disk.ts. */
    checkpoint() {
      rescue.withRoom(upkeep.checkpoint);
      rescue.removeBereft(bounds.removeIds);
    },
    discardEnded: () => bodies.discardTemporaries((pid) => !isAlive(pid)),
    sweepOrphans: (modifiedBefore) => sweep({ rows, bodies, modifiedBefore, onTrouble }),
    close() {
      bodies.close();
      closeDatabase(database, files, onTrouble);
    },
    leave: () => closeDatabase(database, files, onTrouble),
  };
  return preceded(index, files.mend);
}

function closeDatabase(database: Database, files: IndexFiles, onTrouble: (trouble: Trouble) => void): void {
  try {
    database.run("UPDATE state SET closedCleanly = 1");
    database.query("PRAGMA wal_checkpoint(TRUNCATE)").all();
  } catch (error) {
    onTrouble(toStoreError(error, "the index could not be closed cleanly"));
  }
  files.close();
  // With its statements, or the files stay open until they are collected.
  database.close(true);
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
