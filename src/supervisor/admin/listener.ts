import { rmSync } from "node:fs";
import { hostname as ownHostName } from "node:os";
import { join } from "node:path";
import { codeOf, listenRefusal } from "../../config/listen-refusal.ts";
import { options } from "../../config/options.ts";
import type { Door } from "../../control/kept-socket.ts";
import { UsageError } from "../../config/usage-error.ts";
import { type AdmissionOptions, createAdmission } from "./admission.ts";
import { type AdminAppOptions, createAdminApp } from "./app.ts";

/** What is behind it. */
export type AdminDoor = Omit<AdminAppOptions, "admission">;

/** Who is let in over the network. */
export type NetworkGuard = Omit<AdmissionOptions, "hostNames">;

/** A purge may take two minutes; Bun cuts off an answer that takes longer than ten seconds unless told otherwise. */
const ANSWER_SECONDS = 180;
/** On a unix socket Bun does not heed what it is told of a single request, but this, of which its types do not know. */
const patient: object = { idleTimeout: ANSWER_SECONDS };
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
  const previousMask = process.umask(0o177);
  try {
    return doorOf(Bun.serve({ unix: path, ...patient, ...servedBy(createAdminApp(door)) }));
  } finally {
    process.umask(previousMask);
  }
}

/** Throws a `UsageError` when the address is not `HOST:PORT` or cannot be listened on. */
export function listenOnAddress(address: string, door: AdminDoor, guard: NetworkGuard): Door {
  const { hostname, port } = parseAddress(address);
  const admission = createAdmission({ ...guard, hostNames: [hostname, ownHostName()] });
  try {
    // Bun shares a port where it is told that this is not development.
    return doorOf(
      Bun.serve({ hostname, port, reusePort: false, ...servedBy(createAdminApp({ ...door, admission })) }),
    );
  } catch (error) {
    const where = `--${options.admin.name} ${address}`;
    const refusal = listenRefusal(codeOf(error), { port: where, host: where });
    throw new UsageError(refusal ?? `${where} cannot be listened on (${error})`);
  }
}

/** Who has not been let in has Bun's ten seconds. */
function servedBy(app: ReturnType<typeof createAdminApp>) {
  return {
    fetch(request: Request, server: Bun.Server<undefined>) {
      return app.fetch(request, {
        address: server.requestIP(request)?.address ?? "",
        admitted: () => server.timeout(request, ANSWER_SECONDS),
      });
    },
    development: false,
    maxRequestBodySize: MAX_BODY_BYTES,
  };
}

function doorOf(server: Bun.Server<undefined>): Door {
  return { stop: () => server.stop(true) };
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
