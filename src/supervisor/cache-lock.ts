import { Database } from "bun:sqlite";
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../config/listen-refusal.ts";
import { options } from "../config/options.ts";
import { UsageError } from "../config/usage-error.ts";
import { adminSocketPath } from "./admin-listener.ts";
import { STOPPING } from "./health.ts";
import type { Place } from "./takeover.ts";

export interface CacheLock {
  /**
   * Whether the directory is this supervisor's; takes it where it is not, as after somebody has removed it, or its disk
   * was full. False when another supervisor has it. Throws the system's errors.
   */
  keep(): boolean;
  /** Whether it is, without taking it. */
  isHeld(): boolean;
  release(): void;
}

/** The file that says whose the cache directory is. */
export function lockPath(directory: string): string {
  return join(directory, "lock");
}

/**
 * The lock of the cache directory, which is made when needed; nobody has it yet. It is SQLite's on an empty file: the
 * system lets go of it however the process ends, so there is nothing stale to judge.
 */
export function cacheLock(directory: string): CacheLock {
  const path = lockPath(directory);
  let held: { readonly database: Database; readonly ino: number } | undefined;

  function release(): void {
    held?.database.close();
    held = undefined;
  }

  function isHeld(): boolean {
    return held !== undefined && fileAt(path) === held.ino;
  }

  return {
    isHeld,
    keep() {
      if (isHeld()) return true;
      release();
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      closeSync(openSync(path, "a", 0o600));
      const database = new Database(path);
      try {
        database.run("BEGIN EXCLUSIVE");
        held = { database, ino: fileAt(path) ?? 0 };
        return true;
      } catch (error) {
        database.close();
        if (codeOf(error) === "SQLITE_BUSY") return false;
        throw error;
      }
    },
    release,
  };
}

/** Which file it is; undefined while there is none. */
function fileAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/** Undefined when another supervisor has it. Throws the system's errors. */
export function lockCacheDirectory(directory: string): CacheLock | undefined {
  const lock = cacheLock(directory);
  return lock.keep() ? lock : undefined;
}

/** Codes of a disk that may mend. Others are for the operator to mend: a wrong folder, too few rights. */
const UNFIT = /^(ENOSPC|EDQUOT|EIO|EROFS|ESTALE|EMFILE|ENFILE|SQLITE_(FULL|IOERR.*|CANTOPEN.*|READONLY.*))$/;

/**
 * The lock for a start: on a disk that is full or broken it is not held yet, for a cache serves without a disk as well.
 * Undefined when another supervisor has it.
 */
function lockIfFit(directory: string): CacheLock | undefined {
  const lock = cacheLock(directory);
  try {
    return lock.keep() ? lock : undefined;
  } catch (error) {
    if (UNFIT.test(codeOf(error) ?? "")) return lock;
    throw error;
  }
}

/** The cache directory, made where it is not there yet. Rejects with a `UsageError` when the operator has to mend it. */
export async function cachePlace(directory: string): Promise<Place<CacheLock>> {
  await tryToWrite(directory);
  const where = `--${options.cacheDir.name} ${directory}`;
  return {
    take: async () => lockIfFit(directory),
    isKept: () => isServing(directory),
    leaving: `${where}: the cache directory is in use by a cacheproxy that stops or does not answer`,
    kept: () => `${where}: the cache directory is in use by another cacheproxy`,
    overdue: (seconds) =>
      `${where}: the cacheproxy that has the cache directory did not end within ${seconds} s; end it, or wait longer with --${options.takeover.name}`,
  };
}

/** Makes the folder where it is not there yet, for its owner alone. That the disk is full or broken is no reason to refuse. */
async function tryToWrite(folder: string): Promise<void> {
  const probe = join(folder, `.probe-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(probe, "", { mode: 0o600, flag: "wx" });
    await rm(probe);
  } catch (error) {
    if (UNFIT.test(codeOf(error) ?? "")) return;
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
