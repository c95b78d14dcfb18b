import { Database } from "bun:sqlite";
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../config/listen-refusal.ts";
import { options } from "../config/options.ts";
import { UsageError } from "../config/usage-error.ts";
import { adminSocketPath } from "./admin-listener.ts";
import { STOPPING } from "./health.ts";
import type { Place } from "./takeover.ts";

export interface CacheLock {
  release(): void;
}

/** The file that says whose the cache directory is. */
export function lockPath(directory: string): string {
  return join(directory, "lock");
}

/**
 * Takes the cache directory for this supervisor, creating it when needed; undefined when another has it. The lock is
 * SQLite's on an empty file: the system lets go of it however the process ends, so there is nothing stale to judge.
 * Throws the system's errors.
 */
export function lockCacheDirectory(directory: string): CacheLock | undefined {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = lockPath(directory);
  closeSync(openSync(path, "a", 0o600));
  const database = new Database(path);
  try {
    database.run("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (codeOf(error) === "SQLITE_BUSY") return undefined;
    throw error;
  }
  return { release: () => database.close() };
}

/** The cache directory, made where it is not there yet. Rejects with a `UsageError` when it cannot be written to. */
export async function cachePlace(directory: string): Promise<Place<CacheLock>> {
  await tryToWrite(directory);
  const where = `--${options.cacheDir.name} ${directory}`;
  return {
    take: async () => lockCacheDirectory(directory),
    isKept: () => isServing(directory),
    leaving: `${where}: the cache directory is in use by a cacheproxy that stops or does not answer`,
    kept: () => `${where}: the cache directory is in use by another cacheproxy`,
    overdue: (seconds) =>
      `${where}: the cacheproxy that has the cache directory did not end within ${seconds} s; end it, or wait longer with --${options.takeover.name}`,
  };
}

/** Makes the folder where it is not there yet, for its owner alone. */
async function tryToWrite(folder: string): Promise<void> {
  const probe = join(folder, `.probe-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(probe, "", { mode: 0o600, flag: "wx" });
    await rm(probe);
  } catch (error) {
    const problem = `--${options.cacheDir.name} ${JSON.stringify(folder)} cannot be written to (${codeOf(error) ?? error})`;
    throw new UsageError(`${problem}; it should be a folder where you may create files`);
  }
}

/** One that serves says so at once. */
const ANSWER_MILLISECONDS = 500;

async function isServing(directory: string): Promise<boolean> {
  try {
    const response = await fetch("http://localhost/healthz", {
      unix: adminSocketPath(directory),
      proxy: false as unknown as string,
      signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
    });
    return !(await response.text()).includes(STOPPING);
  } catch {
    return false;
  }
}
