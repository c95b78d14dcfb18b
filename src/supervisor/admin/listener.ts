import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Hono } from "hono";
import { codeOf, listenRefusal } from "../../config/listen-refusal.ts";
import { options } from "../../config/options.ts";
import type { Door } from "../../control/kept-socket.ts";
import { UsageError } from "../../config/usage-error.ts";
import { type AdminAppOptions, createAdminApp } from "./app.ts";

/** What is behind it. */
export type AdminDoor = Omit<AdminAppOptions, "hostName">;

/** A purge may take two minutes; Bun cuts off an answer that takes longer than ten seconds unless told otherwise. */
const ANSWER_SECONDS = 180;
/** A thousand names of tags, together 64 KB as on a response, are more in JSON. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Where `cacheproxy purge` and its like find the supervisor. */
export function adminSocketPath(cacheDirectory: string): string {
  return join(cacheDirectory, "admin.sock");
}

/**
 * Listens on a unix socket that only this user can open. The caller holds the lock of the cache directory: a socket that
 * lies there already is a dead supervisor's.
 */
export function listenOnSocket(path: string, door: AdminDoor): Door {
  rmSync(path, { force: true });
  const app = createAdminApp(door);
  const previousMask = process.umask(0o177);
  try {
    const server = Bun.serve({
      unix: path,
      fetch: patiently(app),
      development: false,
      maxRequestBodySize: MAX_BODY_BYTES,
    });
    return { stop: () => server.stop(true) };
  } finally {
    process.umask(previousMask);
  }
}

/** Throws a `UsageError` when the address is not `HOST:PORT` or cannot be listened on. */
export function listenOnAddress(address: string, door: AdminDoor): Door {
  const { hostname, port } = parseAddress(address);
  const app = createAdminApp({ ...door, hostName: hostname });
  try {
    const server = Bun.serve({
      hostname,
      port,
      // Bun shares a port where it is told that this is not development.
      reusePort: false,
      fetch: patiently(app),
      development: false,
      maxRequestBodySize: MAX_BODY_BYTES,
    });
    return { stop: () => server.stop(true) };
  } catch (error) {
    const where = `--${options.admin.name} ${address}`;
    const refusal = listenRefusal(codeOf(error), { port: where, host: where });
    throw new UsageError(refusal ?? `${where} cannot be listened on (${error})`);
  }
}

function patiently(app: Hono) {
  return (request: Request, server: Bun.Server<undefined>) => {
    server.timeout(request, ANSWER_SECONDS);
    return app.fetch(request);
  };
}

function parseAddress(address: string): { hostname: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  const hostname = match?.[1] ?? match?.[2];
  if (hostname === undefined || port < 1 || port > 65_535) {
    throw new UsageError(`--admin ${address}: should be HOST:PORT, for example 127.0.0.1:9090`);
  }
  return { hostname, port };
}
