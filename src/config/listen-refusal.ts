import { options } from "./options.ts";
import type { Settings } from "./schema.ts";

/** How the operator has written where to listen: "--port 8888", "--host 192.0.2.1". */
export interface WrittenAddress {
  readonly port: string;
  readonly host: string;
}

export function writtenAddress({ host, port }: Pick<Settings, "host" | "port">): WrittenAddress {
  return { port: `--${options.port.name} ${port}`, host: `--${options.host.name} ${host}` };
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

/** The code of a system's error; undefined for any other. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
