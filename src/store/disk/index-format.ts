import type { Database } from "bun:sqlite";
import { closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../tier.ts";

/** Of what lies in the cache directory: another format has another number, and is never misread. */
export const formatVersion = 8;
/** The folder of this format within the cache directory. */
export const formatFolder = `v${formatVersion}`;
/** "Cach" in ASCII: tells our file from another SQLite database. */
export const applicationId = 0x43616368;

/** Where the index of a cache directory lies. */
export function indexPath(directory: string): string {
  return join(directory, formatFolder, "index.sqlite");
}

/** Leaves a note that rows are in the index which should be gone: the next keeper begins anew. It needs next to no room. */
export function noteUnremoved(index: string, areThere: boolean): void {
  if (areThere) closeSync(openSync(unremovedPath(index), "a", 0o600));
  else rmSync(unremovedPath(index), { force: true });
}

export function unremovedPath(index: string): string {
  return `${index}.unremoved`;
}

/** Throws a `StoreError` where the database is another program's, or of another format. */
export function refuseForeign(database: Database): void {
  const application = numberOf(database, "PRAGMA application_id");
  const version = numberOf(database, "PRAGMA user_version");
  if (application === applicationId && version === formatVersion) return;
  const what = `application ${application}, version ${version} (ours: ${formatVersion})`;
  throw new StoreError("FOREIGN_INDEX", what);
}

/** One number that SQLite answers with. */
export function numberOf(database: Database, sql: string): number {
  return Number(database.query(sql).values()[0]?.[0]);
}

/** Whether a trouble of that code is a reason to look through the index. */
export function suggestsDamage(code: string): boolean {
  return /^(SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)|SHARED_MEMORY_CUT)/.test(code);
}
