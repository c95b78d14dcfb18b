import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { codeOf, listenRefusal, type WrittenAddress, writtenAddress } from "../config/listen-refusal.ts";
import { options } from "../config/options.ts";
import type { TcpAddress } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import { bindRefusal } from "../system/sockets.ts";
import type { Spot } from "./spot.ts";

/**
 * A port on each address of a host. The workers share it (`SO_REUSEPORT`), which the system allows to every process of the
 * same user: a second cacheproxy would get half of the first one's clients, and nobody would be told. So it is asked whether
 * anybody listens there. `isHttp3`: the UDP port of the same number is needed as well.
 *
 * Where this is not Linux nothing is known, and the workers are told when they begin to listen.
 */
export async function portSpots(address: TcpAddress, isHttp3: boolean): Promise<readonly Spot[]> {
  const { host, port } = address;
  const where = writtenAddress(address);
  const found = await addressesOf(host, where);
  return found.map((each) => ({
    name: `${each}/${port}`,
    written: where.port,
    refusal: () => takenPort(each, port, where, isHttp3),
  }));
}

async function addressesOf(host: string, where: WrittenAddress): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch {
    throw new UsageError(`${listenRefusal("ENOTFOUND", where)}`);
  }
}

async function takenPort(
  address: string,
  port: number,
  where: WrittenAddress,
  isHttp3: boolean,
): Promise<string | undefined> {
  const overUdp = {
    ...where,
    port: `--${options.http3.name} has the UDP port of the same number: ${where.port}`,
  };
  return (
    refusalOf(bindRefusal(address, port), where) ??
    (isHttp3 ? refusalOf(await udpRefusal(address, port), overUdp) : undefined)
  );
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
