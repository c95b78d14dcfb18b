import { join } from "node:path";

/** Where the keeper of a cache directory is reached by those who hand it what is to be written. */
export function keeperSocketPath(cacheDirectory: string): string {
  return join(cacheDirectory, "keeper.sock");
}

/** The file that says which keeper's the index of a cache directory is. */
export function keeperLockPath(cacheDirectory: string): string {
  return join(cacheDirectory, "keeper.lock");
}
