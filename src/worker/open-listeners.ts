import { certificateNames } from "../config/certificate-names.ts";
import {
  codeOf,
  listenRefusal,
  socketRefusal,
  writtenAddress,
  writtenFlag,
} from "../config/listen-refusal.ts";
import type { ListenAddress, Settings, TcpAddress } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import type { StartMessage } from "../control/messages.ts";
import { createClientReader } from "../origin/client-reader.ts";
import { clientAddress } from "./client-address.ts";
import type { ClientSocket } from "./client-side.ts";
import type { requestHandlers } from "./listener.ts";
import {
  createPausingListener,
  type Listening,
  type PausingListener,
  pausingTogether,
  type Server,
} from "./pausing-listener.ts";
import type { Entry } from "./serving.ts";
import { listenAtPath } from "./unix-listener.ts";

export interface Doors {
  readonly settings: Pick<Settings, "listen" | "http3" | "trust">;
  readonly certificates: readonly Pair[];
  readonly workerNumber: number;
  /** What answers the requests that come in there. */
  readonly handlersAt: (entry: Entry) => Handlers;
  /** Short and random: a socket bears it until it has its own name. */
  readonly newSuffix: () => string;
}

type Handlers = ReturnType<typeof requestHandlers>;
type Certificates = readonly Bun.TLSOptions[];
/** The texts of a certificate and of its key. */
type Pair = StartMessage["certificates"][number];

/**
 * Listens wherever the settings say it. Ports are shared among the workers; a socket of the file system cannot be, and is
 * the first worker's. Rejects with a `UsageError` where the operator has to mend what keeps it from that.
 */
export async function openListeners(doors: Doors): Promise<Listening> {
  const { settings, workerNumber } = doors;
  const certificates = namedCertificates(doors.certificates);
  const addresses = settings.listen.filter(({ kind }) => kind === "tcp" || workerNumber === 1);
  const opened: PausingListener[] = [];
  try {
    for (const address of addresses) opened.push(openListener(address, certificates, doors));
  } catch (error) {
    await Promise.all(opened.map((one) => one.stop(true)));
    throw error;
  }
  return pausingTogether(opened);
}

function openListener(address: ListenAddress, certificates: Certificates, doors: Doors): PausingListener {
  const { settings, handlersAt, newSuffix } = doors;
  const isUnix = address.kind === "unix";
  const protocol = isUnix ? "http" : address.scheme;
  const handlers = handlersAt({
    protocol,
    clients: createClientReader({ trust: settings.trust, protocol, isUnix }),
    peerOf: (request) => clientAddress(listener.requestIP(request)),
  });
  const http3 = protocol === "https" && settings.http3;
  const transport = protocol === "https" ? { tls: [...certificates], http2: true, http3 } : {};
  const listener: PausingListener = createPausingListener({
    canPause: !http3,
    open: () =>
      isUnix ? atPath(address.path, newSuffix(), handlers) : atPort(address, { ...handlers, ...transport }),
  });
  return listener;
}

type PortOptions = Handlers &
  Pick<Bun.Serve.HostnamePortServeOptions<ClientSocket>, "tls" | "http2" | "http3">;

function atPort(address: TcpAddress, options: PortOptions): Bun.Server<ClientSocket> {
  const { host: hostname, port } = address;
  // Others listen there, too: workers beside this one, and those that take its place.
  const reusePort = process.platform === "linux";
  try {
    return Bun.serve({ ...options, port, hostname, reusePort });
  } catch (error) {
    throw refused(error, listenRefusal(codeOf(error), writtenAddress(address)));
  }
}

function atPath(path: string, suffix: string, { idleTimeout: _, ...timeless }: Handlers): Server {
  const serve = (unix: string) => {
    const options: Bun.Serve.Options<ClientSocket> = { ...timeless, unix };
    // Bun cannot lift the limit there for one request, which may wait for the origin for longer, so there is none. Its types
    // know nothing of either. Who idles stays: he is of this machine, and has been let in.
    return Bun.serve(Object.assign(options, { idleTimeout: 0 }));
  };
  try {
    return listenAtPath(path, suffix, serve);
  } catch (error) {
    throw refused(error, socketRefusal(codeOf(error), writtenFlag({ kind: "unix", path })));
  }
}

function refused(error: unknown, refusal: string | undefined): unknown {
  return refusal === undefined ? error : new UsageError(refusal);
}

/**
 * What the preflight has found to fit, for Bun's server. Clients that name no host, or one that no certificate is for, get the
 * first; of two for one host the first counts.
 */
function namedCertificates(pairs: readonly Pair[]): Certificates {
  const byName = new Map<string, Bun.TLSOptions>();
  for (const pair of pairs) {
    for (const serverName of certificateNames(pair.cert)) {
      if (!byName.has(serverName)) byName.set(serverName, { ...pair, serverName });
    }
  }
  return pairs.length < 2 ? pairs : [...pairs.slice(0, 1), ...byName.values()];
}
