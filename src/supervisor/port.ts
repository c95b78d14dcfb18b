import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { codeOf, listenRefusal, type WrittenAddress, writtenAddress } from "../config/listen-refusal.ts";
import { options } from "../config/options.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import { bindRefusal, listenerOn } from "../system/sockets.ts";
import type { Place } from "./takeover.ts";

/** The port is this supervisor's: no other of the same user listens there. */
export interface Port {
  release(): void;
}

type PortSettings = Pick<Settings, "host" | "port" | "http3">;

/**
 * The port on which the workers will listen. They share it (`SO_REUSEPORT`), which the system allows to every process of
 * the same user: a second cacheproxy would get half of the first one's clients, and nobody would be told. So it is asked
 * whether anybody listens there, and the port is claimed under a name that one process can have, until its workers stop
 * listening.
 *
 * Where this is not Linux nothing is claimed, and the workers are told when they begin to listen.
 */
export async function portPlace(settings: PortSettings): Promise<Place<Port>> {
  const where = writtenAddress(settings);
  const addresses = await addressesOf(settings.host, where);
  let refusal = "";

  return {
    async take() {
      const claim = claimAll(addresses, settings.port);
      if ("holder" in claim) {
        refusal = `${where.port} is taken by another cacheproxy, process ${claim.holder}; it should be a free port`;
        return undefined;
      }
      const taken = await takenPort(addresses, settings, where);
      if (taken === undefined) return claim;
      claim.release();
      refusal = taken;
      return undefined;
    },
    // Nobody listens while it drains.
    isKept: async () => true,
    leaving: `${where.port} is taken`,
    kept: () => refusal,
    overdue: () => refusal,
  };
}

async function addressesOf(host: string, where: WrittenAddress): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    throw new UsageError(`${listenRefusal("ENOTFOUND", where)}`);
  }
}

/** Claims the port on each of the addresses, or tells which process has it, as far as the system does. */
function claimAll(
  addresses: readonly string[],
  port: number,
): Port | { readonly holder: number | undefined } {
  const claims: { stop(closeConnections: boolean): void }[] = [];
  const release = () => {
    for (const claim of claims.splice(0)) claim.stop(true);
  };
  for (const address of process.platform === "linux" ? addresses : []) {
    // An abstract name: it is gone with its process, and belongs to the same network as the port. See unix(7).
    const name = `cacheproxy/${address}/${port}`;
    try {
      claims.push(
        Bun.listen({
          unix: `\0${name}`,
          socket: { open: (socket) => void socket.end(), data: () => undefined },
        }),
      );
    } catch (error) {
      if (codeOf(error) !== "EADDRINUSE") continue;
      const holder = listenerOn(name);
      // Another user may take any name, but cannot share the port.
      if (holder !== undefined && holder.uid !== process.getuid?.()) continue;
      release();
      return { holder: holder?.pid };
    }
  }
  return { release };
}

/** What is taken, in words; undefined when nothing is. Rejects with a `UsageError` when nobody may listen there. */
async function takenPort(
  addresses: readonly string[],
  { port, http3 }: PortSettings,
  where: WrittenAddress,
): Promise<string | undefined> {
  const udp = {
    ...where,
    port: `--${options.http3.name} has the UDP port of the same number: --${options.port.name} ${port}`,
  };
  for (const address of addresses) {
    const refused =
      refusalOf(bindRefusal(address, port), where) ??
      (http3 ? refusalOf(await udpRefusal(address, port), udp) : undefined);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

function refusalOf(code: string | undefined, where: WrittenAddress): string | undefined {
  if (code === undefined) return undefined;
  const refusal = listenRefusal(code, where) ?? `${where.port} cannot be listened on (${code})`;
  if (code !== "EADDRINUSE") throw new UsageError(refusal);
  return refusal;
}

/** HTTP/3 has the UDP port of the same number, where nobody listens: to bind it takes nothing from anybody. */
async function udpRefusal(address: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  socket.once("error", (error) => resolve(codeOf(error) ?? error.message));
  socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
  return promise;
}
