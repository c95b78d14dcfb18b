import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, existsSync, openSync, readdirSync, renameSync, statSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { refuseLink } from "../store/disk/body-files.ts";
import {
  applicationId,
  formatVersion,
  noteUnremoved,
  numberOf,
  refuseForeign,
  unremovedPath,
} from "../store/disk/index-format.ts";
import { StoreError, type Trouble } from "../store/tier.ts";
import { toStoreError } from "../store/writer.ts";

/** Milliseconds for which the keeper waits until somebody else, such as an operator's shell, lets go of the index. */
const patienceMilliseconds = 250;
/** The same while the index is opened: a worker may just be recovering its log. */
const openingMilliseconds = 3000;

export interface DatabaseOptions {
  readonly path: string;
  readonly now: () => number;
  readonly onTrouble: (trouble: Trouble) => void;
  /** What somebody has found to be wrong with the index that is there: it is set aside. */
  readonly knownDamage?: string | undefined;
}

export interface OpenedDatabase {
  readonly database: Database;
  /** False after an end that was not orderly: then the file should be looked through. */
  readonly wasClosedCleanly: boolean;
}

/** Short columns first: what eviction reads lies on the first page of a row, the body of a small response on its last. */
const schema = `
  CREATE TABLE responses (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    footprint INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    spentAt INTEGER,
    version INTEGER NOT NULL,
    lastUsedAt INTEGER NOT NULL,
    -- Requests that it has answered, as far as workers have told.
    hits INTEGER NOT NULL DEFAULT 0,
    status INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    -- Whether the body lies in a file: then the next two are about it.
    inFile INTEGER NOT NULL,
    modifiedAt INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    primaryKey TEXT NOT NULL,
    variantKey TEXT NOT NULL,
    policy TEXT NOT NULL,
    fields TEXT NOT NULL,
    -- Null for a complete response.
    pieces TEXT,
    -- Null for one in a file.
    body BLOB,
    UNIQUE (primaryKey, variantKey)
  );
  CREATE INDEX responsesBySpentAt ON responses (spentAt) WHERE spentAt IS NOT NULL;
  CREATE INDEX responsesInFiles ON responses (inFile) WHERE inFile = 1;

  -- See keeper/tags.
  CREATE TABLE tags (hash INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (hash, seq)) WITHOUT ROWID;
  CREATE TABLE tagsOfRows (seq INTEGER NOT NULL, hash INTEGER NOT NULL, PRIMARY KEY (seq, hash)) WITHOUT ROWID;
  -- Rows that have gone, and have left tags.
  CREATE TABLE goneRows (seq INTEGER PRIMARY KEY);

  CREATE TABLE state (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    bytes INTEGER NOT NULL,
    objects INTEGER NOT NULL,
    files INTEGER NOT NULL,
    hand INTEGER NOT NULL,
    closedCleanly INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    -- The number of the last one.
    lastRemoval INTEGER NOT NULL
  );

  -- Insertions are counted a batch at a time: see Rows.insert.
  CREATE TRIGGER recounted AFTER UPDATE OF footprint ON responses BEGIN
    UPDATE state SET bytes = bytes + NEW.footprint - OLD.footprint;
  END;
  CREATE TRIGGER uncounted AFTER DELETE ON responses BEGIN
    UPDATE state SET bytes = bytes - OLD.footprint, objects = objects - 1, files = files - OLD.inFile;
    INSERT INTO goneRows SELECT OLD.seq WHERE EXISTS (SELECT 1 FROM tagsOfRows WHERE seq = OLD.seq);
  END;
`;

/**
 * Opens or begins the index. A damaged or foreign file is renamed to `….damaged-<now>`, which is told, and an empty one is
 * begun. Throws a `StoreError`.
 */
export function openDatabase(options: DatabaseOptions): OpenedDatabase {
  try {
    const damage = options.knownDamage ?? unremovedIn(options);
    if (damage !== undefined) throw new StoreError("SQLITE_CORRUPT", damage);
    return openChecked(options);
  } catch (error) {
    if (!isDamage(error)) {
      throw toStoreError(error, `the index ${options.path} cannot be opened`);
    }
    const aside = setAside(options);
    const { code, message } = toStoreError(error, "the index is damaged or not ours");
    const renamed = aside === undefined ? "" : `it was renamed to ${aside}, `;
    options.onTrouble({ code, message: `the index: ${message}; ${renamed}the disk cache begins empty` });
    const opened = openChecked(options);
    noteUnremoved(options.path, false);
    return opened;
  }
}

/** What was removed in an earlier life and is still there must not be found: the rows are not told apart any more. */
function unremovedIn({ path }: DatabaseOptions): string | undefined {
  const areThere = existsSync(unremovedPath(path));
  return areThere ? "removals had not reached it when its cacheproxy ended" : undefined;
}

function openChecked({ path, now }: DatabaseOptions): OpenedDatabase {
  for (const suffix of ["", "-wal", "-shm"]) refuseLink(path + suffix);
  // Made beforehand for its mode: SQLite gives the files beside it the same.
  closeSync(openSync(path, "a", 0o600));
  const database = new Database(path, { readwrite: true, create: true });
  try {
    database.run(`PRAGMA busy_timeout = ${openingMilliseconds}`);
    // Bodies come and go in the index, and the room that they took must be for files as well. Set in a new file alone:
    // one that is there may be another program's, of which no byte may change.
    if (statSync(path).size === 0) database.run("PRAGMA auto_vacuum = INCREMENTAL");
    // Before anything is written: it may be another program's.
    const wasClosedCleanly = database.transaction(() => begin(database, now())).immediate();
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = NORMAL");
    database.run("PRAGMA cache_size = -8192");
    // A checkpoint waits for the disk: it is done at its own time.
    database.run("PRAGMA wal_autocheckpoint = 32768");
    database.run(`PRAGMA busy_timeout = ${patienceMilliseconds}`);
    return { database, wasClosedCleanly };
  } catch (error) {
    database.close(true);
    throw error;
  }
}

/** Makes the tables in a new file, checks whose file an older one is. Returns whether the last keeper closed it. */
function begin(database: Database, now: number): boolean {
  if (!hasTables(database)) {
    database.run(schema);
    // Numbers of removals go on from those of an index that was there before, which processes may still remember.
    database.run("INSERT INTO state VALUES (1, 0, 0, 0, 0, 1, 1, ?)", [Math.trunc(now) * 1000]);
    database.run(`PRAGMA application_id = ${applicationId}`);
    database.run(`PRAGMA user_version = ${formatVersion}`);
  }
  refuseForeign(database);
  if (namesIn(database) !== namesAsMade()) {
    throw new StoreError("FOREIGN_INDEX", "its tables are not those of this version");
  }
  const wasClosedCleanly = numberOf(database, "SELECT closedCleanly FROM state") === 1;
  // Rows of an earlier generation have bodies that may not have reached the disk: see RowBody.
  database.run("UPDATE state SET generation = generation + 1 - closedCleanly, closedCleanly = 0");
  return wasClosedCleanly;
}

function hasTables(database: Database): boolean {
  return numberOf(database, "SELECT count(*) FROM sqlite_schema") > 0;
}

/** Of tables, with their columns, of indexes and triggers. */
function namesIn(database: Database): string {
  const names = database.query(
    `SELECT entry.name, column.name FROM sqlite_schema AS entry LEFT JOIN pragma_table_info(entry.name) AS column
       ORDER BY entry.name, column.cid`,
  );
  return names.values().join("\n");
}

function namesAsMade(): string {
  const database = new Database(":memory:");
  try {
    database.run(schema);
    return namesIn(database);
  } finally {
    database.close();
  }
}

/** What is wrong with the file, if anything; reads all of it. */
export function damageOf(database: Database): string | undefined {
  const answer = database.query<Record<string, string>, []>("PRAGMA quick_check(1)").values()[0]?.[0];
  return answer === "ok" ? undefined : `quick_check: ${answer}`;
}

/**
 * With its log: that of another database must not be replayed into the new one. Of those set aside the last is kept.
 * Undefined when there is nothing.
 */
function setAside({ path, now }: DatabaseOptions): string | undefined {
  const aside = `${path}.damaged-${now()}`;
  const earlier = readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.damaged-`));
  for (const name of earlier) unlinkSync(join(dirname(path), name));
  const there = ["", "-wal", "-shm"].filter((suffix) => existsSync(path + suffix));
  for (const suffix of there) renameSync(path + suffix, aside + suffix);
  return there.length > 0 ? aside : undefined;
}

/** Whether the error says that the file is damaged or not ours; whatever wraps it has the same code. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  // SQLITE_ERROR: a table of ours is not there, or not as we made it. A short read: a file was cut short.
  return /^(FOREIGN_INDEX$|SQLITE_(NOTADB|CORRUPT|ERROR|CONSTRAINT|MISMATCH|IOERR_SHORT_READ))/.test(
    String(error.code),
  );
}

export function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code ?? "");
}
