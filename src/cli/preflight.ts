import { networkInterfaces } from "node:os";
import { resolve } from "node:path";
import { writtenFlag } from "../config/listen-refusal.ts";
import type { Document } from "../config/file/document.ts";
import { options } from "../config/options.ts";
import { originAddress, originName } from "../config/origin-address.ts";
import type { ListenAddress, Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import type { Plan, SitePlan } from "../sites/plan.ts";
import { refuseUnwritable } from "../supervisor/log-file.ts";
import { allOf } from "./all-of.ts";
import { checkOriginCa, checkTls } from "./preflight-tls.ts";

/**
 * What is wrong with the settings and the plan themselves, found before anything is touched. Rejects with a `UsageError`
 * that has all of it. `file` is what they were read from.
 */
export async function preflight(settings: Settings, plan: Plan, file?: Document): Promise<void> {
  await allOf([
    ...settings.listen.map((address) => () => refuseOddListener(address, settings)),
    ...plan.sites.flatMap((site) =>
      site.origins.map((origin) => () => refuseToAskItself(origin, namedOrigin(site), settings)),
    ),
    () => checkTls(settings, file),
    ...plan.sites.map((site) => () => checkOriginCa(site)),
    () => refuseOnePortForTwo(settings),
    () => settings.logFile !== undefined && refuseUnwritable(settings.logFile),
  ]);
}

/** "--origin", or `site "shop": origin`. */
function namedOrigin({ name }: SitePlan): string {
  return name === "" ? `--${options.origin.name}` : `site ${JSON.stringify(name)}: origin`;
}

function refuseOnePortForTwo({ admin, listen }: Settings): void {
  if (admin === undefined) return;
  const port = Number(new URL(`tcp://${admin}`).port);
  if (!listen.some((each) => each.kind === "tcp" && each.port === port)) return;
  throw new UsageError(`--${options.admin.name} ${admin} is the port of the cache; it should be another`);
}

/** An origin that is the proxy itself would be asked without end. */
function refuseToAskItself(origin: string, named: string, { listen, cacheDir }: Settings): void {
  const address = originAddress(origin);
  if (address === undefined) return;
  const where = `${named} ${originName(address)}`;
  if (address.socketPath !== null) refuseOddSocket(where, address.socketPath, longestSocketPath, cacheDir);
  for (const each of listen) {
    if (address.socketPath === null ? !isOwnPort(address.origin, each) : !isOwnPath(address.socketPath, each))
      continue;
    const right = each.kind === "tcp" ? "another port" : "another path";
    throw new UsageError(`${where} is where cacheproxy itself would listen; it should be ${right}`);
  }
}

function isOwnPort(origin: string, address: ListenAddress): boolean {
  if (address.kind !== "tcp") return false;
  const { host, port } = address;
  const url = new URL(origin);
  if (Number(url.port || (url.protocol === "https:" ? 443 : 80)) !== port) return false;
  const originHost = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const everywhere = host === "0.0.0.0" || host === "::";
  return originHost === host || (everywhere && ownAddresses().includes(originHost));
}

function isOwnPath(path: string, address: ListenAddress): boolean {
  return address.kind === "unix" && resolve(path) === resolve(address.path);
}

/** What the system's address of a socket holds, but for its end (unix(7)). */
const longestSocketPath = 107;
/** A socket to listen at bears a longer name at first: see worker/unix-listener. */
const longestListenPath = longestSocketPath - 9;

function refuseOddListener(address: ListenAddress, { cacheDir }: Settings): void {
  if (address.kind === "unix")
    refuseOddSocket(writtenFlag(address), address.path, longestListenPath, cacheDir);
}

function refuseOddSocket(named: string, path: string, longest: number, cacheDir: string): void {
  if (Buffer.byteLength(path) > longest) {
    throw new UsageError(
      `${named} is longer than a socket's path may be; it should have ${longest} bytes at the most`,
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
