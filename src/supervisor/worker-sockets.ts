import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isWorkerSocket, workerSocketPath } from "../control/worker-socket.ts";

/** The sockets of an earlier start, whose workers have ended, or serve what they began and nobody new. */
export function removeWorkerSockets(cacheDirectory: string): void {
  // It cannot be made where the disk is broken.
  if (!existsSync(cacheDirectory)) return;
  for (const fileName of readdirSync(cacheDirectory)) {
    if (isWorkerSocket(fileName)) rmSync(join(cacheDirectory, fileName), { force: true });
  }
}

/** The socket of a worker that has ended and could not remove it itself. */
export function removeWorkerSocket(cacheDirectory: string, name: string): void {
  rmSync(workerSocketPath(cacheDirectory, name), { force: true });
}
