import { Database } from "bun:sqlite";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../config/usage-error.ts";

export interface CacheLock {
  release(): void;
}

/**
 * Takes the cache directory for this supervisor, creating it when needed. The lock is SQLite's on an empty file: the
 * system lets go of it however the process ends, so there is nothing stale to judge. Throws a `UsageError` when another
 * supervisor has it; other errors are the system's.
 */
export function lockCacheDirectory(directory: string): CacheLock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, "lock");
  closeSync(openSync(path, "a", 0o600));
  const database = new Database(path);
  try {
    database.run("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && "code" in error && error.code === "SQLITE_BUSY") {
      throw new UsageError(`--cache-dir ${directory}: the cache directory is in use by another cacheproxy`);
    }
    throw error;
  }
  return { release: () => database.close() };
}
