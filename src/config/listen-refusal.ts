import { options } from "./options.ts";
import type { ListenAddress, TcpAddress } from "./schema.ts";
import { writtenListen } from "./written-addresses.ts";

/** How the operator has written where to listen: "--port 8888", "--host 192.0.2.1", or twice "--listen http://192.0.2.1:80". */
export interface WrittenAddress {
  readonly port: string;
  readonly host: string;
}

export function writtenAddress(address: TcpAddress): WrittenAddress {
  const { host, port, isShort = false } = address;
  if (!isShort) return { port: writtenFlag(address), host: writtenFlag(address) };
  return { port: `--${options.port.name} ${port}`, host: `--${options.host.name} ${host}` };
}

/** "--listen unix:/run/cache.sock". */
export function writtenFlag(address: ListenAddress): string {
  return `--${options.listen.name} ${writtenListen(address)}`;
}

/** One line for the operator, from the system's code of why nobody can listen there; undefined for a code of another kind. */
export function listenRefusal(code: string | undefined, where: WrittenAddress): string | undefined {
  switch (code) {
    case "EADDRINUSE":
      return `${where.port} is taken by another program; it should be a free port`;
    case "EACCES":
      return `${where.port} needs more rights than you have; it should be a port from 1024 on`;
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
    case "EINVAL": // An address of a link without the name of its interface.
    case "ENOTFOUND": // A name that nobody knows.
      return `${where.host} is not an address of this machine; it should be one, or 0.0.0.0 for all`;
    default:
      return undefined;
  }
}

/** The same of a socket in the file system. */
export function socketRefusal(code: string | undefined, written: string): string | undefined {
  switch (code) {
    case "EADDRINUSE":
      return `${written} is taken by another program; it should be a path where nobody listens`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `${written} lies where you may not write; it should be in a folder of your own`;
    case "ENOENT":
    case "ENOTDIR":
      return `${written} lies in no folder that is there; it should be in one`;
    case "EISDIR":
    case "EEXIST":
      return `${written} is something else than a socket; it should be a path that is free`;
    default:
      return undefined;
  }
}

/** The code of a system's error; undefined for any other. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
