import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../config/listen-refusal.ts";
import { options } from "../config/options.ts";
import { UsageError } from "../config/usage-error.ts";
import { adminSocketPath } from "./admin/listener.ts";
import { STOPPING } from "./health.ts";
import { type FileLock, fileLock } from "../system/file-lock.ts";
import type { Place } from "./takeover.ts";

/** That of the cache directory; one supervisor at a time has it. */
export type CacheLock = FileLock;

/** The file that says whose the cache directory is. */
export function lockPath(directory: string): string {
  return join(directory, "lock");
}

/** The lock of the cache directory; nobody has it yet. */
export function cacheLock(directory: string): CacheLock {
  return fileLock(lockPath(directory));
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
