import { normalAuthority, type Scheme } from "../rules/authority.ts";
import type { FieldReader } from "../rules/fields.ts";
import { tellsOfClient, toldByProxies } from "../rules/forwarded.ts";
import { compileNetworks } from "../rules/networks.ts";
import { remembered } from "../rules/remembered.ts";
import type { ClientFacts } from "./request.ts";

export interface ClientReaderOptions {
  /** Networks whose proxies may name the client: see rules/networks. Mostly none. */
  readonly trust: readonly string[];
  /** By which this listener is reached. */
  readonly protocol: Scheme;
  /**
   * It listens on a unix socket, whose peers have no address. They are of this machine, so they are trusted where
   * 127.0.0.1 is.
   */
  readonly isUnix: boolean;
}

/** Who asks for what. The address of the peer is only looked up where it matters: that costs more than the rest. */
export interface ClientReader {
  /** Null where no proxy that is trusted tells anything of the client: the request is what it looks like then. */
  told(fields: FieldReader, peer: () => string | null): ClientFacts | null;
  /** What is told; else the peer, the scheme of the listener and the Host field. */
  facts(fields: FieldReader, peer: () => string | null): ClientFacts;
}

/** Reads, for one listener, what is known of a client: the short cut and the long way ask the same reader. */
export function createClientReader({ trust, protocol, isUnix }: ClientReaderOptions): ClientReader {
  const isTrusted = remembered(compileNetworks(trust));
  const isTrustedPeer = (address: string | null) =>
    isUnix ? isTrusted("127.0.0.1") : address !== null && isTrusted(address);

  function toldTo(fields: FieldReader, address: string | null): ClientFacts | null {
    if (!isTrustedPeer(address)) return null;
    const told = toldByProxies(fields, address, isTrusted);
    const scheme = told.protocol ?? protocol;
    const { speaksForOthers } = told;
    const host = hostOf(told.host ?? fields.get("host"), scheme);
    return { address: told.address, protocol: scheme, host, speaksForOthers };
  }

  return {
    told(fields, peer) {
      return trust.length > 0 && tellsOfClient(fields) ? toldTo(fields, peer()) : null;
    },
    facts(fields, peer) {
      const address = peer();
      const told = trust.length > 0 && tellsOfClient(fields) ? toldTo(fields, address) : null;
      return told ?? { address, protocol, host: hostOf(fields.get("host"), protocol) };
    },
  };
}

function hostOf(named: string | null, protocol: Scheme): string {
  return named === null ? "" : (normalAuthority(named, protocol) ?? "");
}
