import { join } from "node:path";

/** Where the worker of that name answers the others: a socket that only this user can open. */
export function workerSocketPath(cacheDirectory: string, name: string): string {
  return join(cacheDirectory, `${name}.sock`);
}

/** Whether a file of the cache folder is such a socket. */
export function isWorkerSocket(fileName: string): boolean {
  return /^worker-[a-z0-9-]+\.sock$/.test(fileName);
}
