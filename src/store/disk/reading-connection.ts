import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { StoreError } from "../tier.ts";
import { toStoreError } from "../writer.ts";
import { refuseForeign, unremovedPath } from "./index-format.ts";

/** While a log is recovered after a kill, which takes milliseconds, nobody can read. */
const recoveryMilliseconds = 20;

/**
 * Opens the index at that path for those who only read, and prepares what they ask of it. SQLite's shared memory has to be
 * written to by them as well: so the file is not opened for reading alone. Throws a `StoreError` when there is no index of this
 * format that could be read, where its tables are not ours, or when it is about to be replaced.
 */
export function openToRead<Prepared>(
  path: string,
  prepare: (database: Database) => Prepared,
): Prepared & { readonly database: Database } {
  refuseCondemned(path);
  let database: Database | undefined;
  try {
    database = new Database(path, { readwrite: true, create: false });
    database.run(`PRAGMA busy_timeout = ${recoveryMilliseconds}`);
    database.run("PRAGMA query_only = ON");
    database.run("PRAGMA cache_size = -8192");
    refuseForeign(database);
    return { database, ...prepare(database) };
  } catch (error) {
    database?.close(true);
    throw toStoreError(error, `the index ${path} cannot be read`);
  }
}

/** Removals did not reach it before its cacheproxy ended: until the keeper has begun another it has what was removed. */
function refuseCondemned(path: string): void {
  if (!existsSync(unremovedPath(path))) return;
  throw new StoreError(
    "INDEX_ABSENT",
    `the keeper has not replaced ${path} yet, which removals had not reached`,
  );
}
