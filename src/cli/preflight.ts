import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Option } from "../config/option.ts";
import { options } from "../config/options.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import { checkTls, tryUdp } from "./preflight-tls.ts";

/** What would stop the proxy from serving, found before anything is started. Rejects with a `UsageError`. */
export async function preflight(settings: Settings): Promise<void> {
  refuseToAskItself(settings);
  await checkTls(settings);
  await tryToListen(settings.host, settings.port, {
    port: `--${options.port.name} ${settings.port}`,
    host: `--${options.host.name} ${settings.host}`,
  });
  if (settings.http3) await tryUdp(settings);
  if (settings.admin !== undefined) {
    const { hostname, port } = new URL(`tcp://${settings.admin}`);
    const where = `--${options.admin.name} ${settings.admin}`;
    if (Number(port) === settings.port)
      throw new UsageError(`${where} is the port of the cache; it should be another`);
    await tryToListen(hostname.replace(/^\[(.*)\]$/, "$1"), Number(port), { port: where, host: where });
  }
  await tryToWrite(settings.cacheDir, options.cacheDir);
}

/** An origin that is the proxy itself would be asked without end. */
function refuseToAskItself({ origin, host, port }: Settings): void {
  const url = new URL(origin);
  const originPort = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const originHost = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (originPort !== port) return;
  const everywhere = host === "0.0.0.0" || host === "::";
  if (originHost === host || (everywhere && ownAddresses().includes(originHost))) {
    throw new UsageError(
      `--origin ${origin} is where cacheproxy itself would listen; it should be another port`,
    );
  }
}

function ownAddresses(): string[] {
  const assigned = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return ["localhost", "0.0.0.0", "::", ...assigned.map(({ address }) => address)];
}

/** Without sharing the port, so that another program that shares it is seen, too. */
async function tryToListen(host: string, port: number, where: { port: string; host: string }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const server = createServer();
  server.once("error", reject);
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  try {
    await promise;
  } catch (error) {
    switch (codeOf(error)) {
      case "EADDRINUSE":
        throw new UsageError(`${where.port} is taken by another program; it should be a free port`);
      case "EACCES":
        throw new UsageError(
          `${where.port} needs more rights than you have; it should be a port from 1024 on`,
        );
      case "EADDRNOTAVAIL":
      case "EAFNOSUPPORT":
      case undefined: // A name that nobody knows: Bun gives no code.
        throw new UsageError(
          `${where.host} is not an address of this machine; it should be one, or 0.0.0.0 for all`,
        );
      default:
        throw error;
    }
  }
}

/** Makes the folder where it is not there yet, for its owner alone. */
async function tryToWrite(folder: string, { name }: Option): Promise<void> {
  const probe = join(folder, `.probe-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(probe, "", { mode: 0o600, flag: "wx" });
    await rm(probe);
  } catch (error) {
    const problem = `--${name} ${JSON.stringify(folder)} cannot be written to (${codeOf(error) ?? error})`;
    throw new UsageError(`${problem}; it should be a folder where you may create files`);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
