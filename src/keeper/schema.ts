import { Database, SQLiteError } from "bun:sqlite";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { formatVersion, refuseLink } from "../store/disk/body-files.ts";
import { StoreError, type Trouble } from "../store/tier.ts";
import { toStoreError } from "../store/writer.ts";

/** The keeper is the one process that opens first, checks the index, evicts and checkpoints; workers read and write. */
export type IndexRole = "keeper" | "worker";

/** Milliseconds for which a process waits until another lets go of the index. A worker would rather try again later. */
export const patienceOf: Readonly<Record<IndexRole, number>> = { keeper: 2000, worker: 250 };
/** The same while several processes may be about to make the tables. */
const openingPatience = 3000;

export interface DatabaseOptions {
  readonly path: string;
  readonly role: IndexRole;
  readonly now: () => number;
  readonly onTrouble: (trouble: Trouble) => void;
  /** The keeper sets aside what is there, of which somebody has found that it is damaged: this is what. */
  readonly knownDamage?: string | undefined;
}

export interface OpenedDatabase {
  readonly database: Database;
  /** False after an end that was not orderly: then the file should be looked through. */
  readonly wasClosedCleanly: boolean;
}

/** "Cach" in ASCII: tells our file from another SQLite database. */
const applicationId = 0x43616368;

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

  CREATE TABLE groups (name TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (name, seq)) WITHOUT ROWID;
  CREATE INDEX groupsBySeq ON groups (seq);

  CREATE TABLE state (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    bytes INTEGER NOT NULL,
    objects INTEGER NOT NULL,
    files INTEGER NOT NULL,
    hand INTEGER NOT NULL,
    closedCleanly INTEGER NOT NULL,
    generation INTEGER NOT NULL
  );
  INSERT INTO state VALUES (1, 0, 0, 0, 0, 1, 1);

  -- What each process has on the disk without a row: see room.ts.
  CREATE TABLE beside (
    owner TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    files INTEGER NOT NULL,
    leavingBytes INTEGER NOT NULL,
    leavingFiles INTEGER NOT NULL
  );

  CREATE TABLE removals (number INTEGER PRIMARY KEY, selector TEXT NOT NULL);

  -- Insertions are counted a batch at a time: see Rows.apply.
  CREATE TRIGGER recounted AFTER UPDATE OF footprint ON responses BEGIN
    UPDATE state SET bytes = bytes + NEW.footprint - OLD.footprint;
  END;
  CREATE TRIGGER uncounted AFTER DELETE ON responses BEGIN
    UPDATE state SET bytes = bytes - OLD.footprint, objects = objects - 1, files = files - OLD.inFile;
    DELETE FROM groups WHERE seq = OLD.seq;
  END;
`;

/**
 * Opens or begins the index. The keeper renames a damaged or foreign file to `….damaged-<now>`, tells of it and begins
 * an empty one; a worker throws. Throws a `StoreError`. Any number of processes may open at the same time.
 */
export function openDatabase(options: DatabaseOptions): OpenedDatabase {
  try {
    const damage = options.knownDamage ?? unremovedIn(options);
    if (damage !== undefined) throw new StoreError("SQLITE_CORRUPT", damage);
    return openChecked(options);
  } catch (error) {
    if (options.role !== "keeper" || !isDamage(error)) {
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

/** See `Index.noteUnremoved`. */
export function noteUnremoved(path: string, areThere: boolean): void {
  if (areThere) closeSync(openSync(unremovedPath(path), "a", 0o600));
  else rmSync(unremovedPath(path), { force: true });
}

function unremovedPath(path: string): string {
  return `${path}.unremoved`;
}

/** What was removed in an earlier life and is still there must not be found: the rows are not told apart any more. */
function unremovedIn({ path, role }: DatabaseOptions): string | undefined {
  const areThere = role === "keeper" && existsSync(unremovedPath(path));
  return areThere ? "removals had not reached it when its cacheproxy ended" : undefined;
}

function openChecked({ path, role }: DatabaseOptions): OpenedDatabase {
  for (const suffix of ["", "-wal", "-shm"]) refuseLink(path + suffix);
  // Made beforehand for its mode: SQLite gives the files beside it the same.
  closeSync(openSync(path, "a", 0o600));
  const database = new Database(path, { readwrite: true, create: true });
  try {
    database.run(`PRAGMA busy_timeout = ${openingPatience}`);
    // Bodies come and go in it, and the room they took must be for files as well. Of another file it would change a byte.
    if (statSync(path).size === 0) database.run("PRAGMA auto_vacuum = INCREMENTAL");
    // Before anything is written: it may be another program's.
    const look = database.transaction(() => begin(database, role));
    // A worker only reads where there are tables, so that it can begin while another process writes.
    const wasClosedCleanly = role === "worker" && hasTables(database) ? look.deferred() : look.immediate();
    switchToWal(database);
    database.run("PRAGMA synchronous = NORMAL");
    database.run("PRAGMA cache_size = -8192");
    // A checkpoint waits for the disk: the keeper does it. This bound is for the time without a keeper.
    database.run("PRAGMA wal_autocheckpoint = 32768");
    database.run(`PRAGMA busy_timeout = ${patienceOf[role]}`);
    return { database, wasClosedCleanly };
  } catch (error) {
    database.close(true);
    throw error;
  }
}

/** SQLite does not wait by itself when two processes switch one new file to WAL. */
function switchToWal(database: Database): void {
  for (let attempt = 1; ; attempt++) {
    try {
      database.run("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (!isBusy(error) || attempt === 100) throw error;
      Bun.sleepSync(10);
    }
  }
}

/** Makes the tables in a new file, checks whose file an older one is. Returns whether the last keeper closed it. */
function begin(database: Database, role: IndexRole): boolean {
  if (!hasTables(database)) {
    database.run(schema);
    database.run(`PRAGMA application_id = ${applicationId}`);
    database.run(`PRAGMA user_version = ${formatVersion}`);
  }
  const application = count(database, "PRAGMA application_id");
  const version = count(database, "PRAGMA user_version");
  if (application !== applicationId || version !== formatVersion) {
    throw new StoreError(
      "FOREIGN_INDEX",
      `application ${application}, version ${version} (ours: ${formatVersion})`,
    );
  }
  if (namesIn(database) !== namesAsMade()) {
    throw new StoreError("FOREIGN_INDEX", "its tables are not those of this version");
  }
  const wasClosedCleanly = count(database, "SELECT closedCleanly FROM state") === 1;
  if (role === "keeper") {
    // Rows of an earlier generation have bodies that may not have reached the disk: see Row.generation.
    database.run("UPDATE state SET generation = generation + 1 - closedCleanly, closedCleanly = 0");
    // What processes of an earlier start had on the disk without a row is gone, or nobody's.
    database.run("DELETE FROM beside");
  }
  return wasClosedCleanly;
}

function hasTables(database: Database): boolean {
  return count(database, "SELECT count(*) FROM sqlite_schema") > 0;
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

function count(database: Database, sql: string): number {
  return Number(database.query(sql).values()[0]?.[0]);
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
