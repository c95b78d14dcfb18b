import { join } from "node:path";

/** Where the keeper of a cache directory is reached by those who hand it what is to be written. */
export function keeperSocketPath(cacheDirectory: string): string {
  return join(cacheDirectory, "keeper.sock");
}
