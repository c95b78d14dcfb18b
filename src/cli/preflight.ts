import { networkInterfaces } from "node:os";
import { resolve } from "node:path";
import { options } from "../config/options.ts";
import { originAddress, originName } from "../config/origin-address.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import { checkOriginCa, checkTls } from "./preflight-tls.ts";

/** What is wrong with the settings themselves, found before anything is touched. Rejects with a `UsageError`. */
export async function preflight(settings: Settings): Promise<void> {
  refuseToAskItself(settings);
  await checkTls(settings);
  await checkOriginCa(settings);
  refuseOnePortForTwo(settings);
}

function refuseOnePortForTwo({ admin, port }: Settings): void {
  if (admin === undefined || Number(new URL(`tcp://${admin}`).port) !== port) return;
  throw new UsageError(`--${options.admin.name} ${admin} is the port of the cache; it should be another`);
}

/** An origin that is the proxy itself would be asked without end. */
function refuseToAskItself({ origin, host, port, cacheDir }: Settings): void {
  const address = originAddress(origin);
  if (address === undefined) return;
  const named = `--${options.origin.name} ${originName(address)}`;
  if (address.socketPath !== null) refuseOddSocket(named, address.socketPath, cacheDir);
  else if (isOwn(address.origin, host, port))
    throw new UsageError(`${named} is where cacheproxy itself would listen; it should be another port`);
}

function isOwn(origin: string, host: string, port: number): boolean {
  const url = new URL(origin);
  if (Number(url.port || (url.protocol === "https:" ? 443 : 80)) !== port) return false;
  const originHost = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const everywhere = host === "0.0.0.0" || host === "::";
  return originHost === host || (everywhere && ownAddresses().includes(originHost));
}

/** What the system's address of a socket holds, but for its end (unix(7)). */
const longestSocketPath = 107;

function refuseOddSocket(named: string, path: string, cacheDir: string): void {
  if (Buffer.byteLength(path) > longestSocketPath) {
    throw new UsageError(
      `${named} is longer than a socket's path may be; it should have ${longestSocketPath} bytes at the most`,
    );
  }
  if (resolve(path).startsWith(`${resolve(cacheDir)}/`)) {
    throw new UsageError(`${named} lies in the folder of the cache, whose sockets are cacheproxy's own`);
  }
}

function ownAddresses(): string[] {
  const assigned = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return ["localhost", "0.0.0.0", "::", ...assigned.map(({ address }) => address)];
}
