import { chmodSync, renameSync, statSync, unlinkSync } from "node:fs";
import { codeOf } from "../config/listen-refusal.ts";
import type { Server } from "./pausing-listener.ts";

/** The owner and his group may connect, nobody else. */
const mode = 0o660;

/**
 * Listens on a unix socket. It is bound under a name of its own and then put in the place of whatever lies at the path, in
 * one step: of a worker that it replaces, of a process that was killed. So no connection is refused meanwhile, nobody can
 * connect before the rights are right, and Bun, which removes the path it was given when it stops, removes nothing of
 * another's. Who else might listen there has been looked at before: see supervisor/socket-path. Throws what the system says.
 */
export function listenAtPath(path: string, suffix: string, serve: (path: string) => Server): Server {
  const own = `${path}.${suffix}`;
  const server = serve(own);
  const socket = statSync(own).ino;
  try {
    chmodSync(own, mode);
    renameSync(own, path);
  } catch (error) {
    // Detached: nobody has connected yet, so there is nothing to wait for.
    server.stop(true).catch(() => undefined);
    throw error;
  }
  return {
    port: undefined,
    requestIP: () => null,
    get pendingRequests() {
      return server.pendingRequests;
    },
    get pendingWebSockets() {
      return server.pendingWebSockets;
    },
    stop(isHurried) {
      removeIfStill(path, socket);
      return server.stop(isHurried);
    },
  };
}

/** Who listens there now may be the next worker. */
function removeIfStill(path: string, socket: number): void {
  try {
    if (statSync(path).ino === socket) unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}
