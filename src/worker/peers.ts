import { existsSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { abortWith, createForward, type Forward } from "../origin/forward.ts";
import { endToEndFields } from "../rules/hop-by-hop.ts";
import type { Peers, ServeContext } from "../serve/context.ts";
import { inboundOf } from "../serve/inbound.ts";
import { answerPeer, readPeerAnswer } from "../serve/peer.ts";
import type { SupervisorLink } from "./link.ts";

/** Where the worker of that number answers the others: a socket that only this user can open. */
function peerSocketPath(cacheDirectory: string, worker: number): string {
  return join(cacheDirectory, `worker-${worker}.sock`);
}

/** The way to the other workers. `firstByteTimeout` is milliseconds: how long a leader may wait for the origin. */
export function createPeers(
  link: Pick<SupervisorLink, "claim" | "release">,
  cacheDirectory: string,
  firstByteTimeout: number,
  now: () => number,
): Peers {
  const holders = new Map<string, number>();
  const ways = new Map<number, Forward>();

  /** The same one each time: its deadlines share a timer, which runs on for a while when all have ended. */
  function wayTo(worker: number): Forward {
    const known = ways.get(worker);
    if (known !== undefined) return known;
    const unixSocket = peerSocketPath(cacheDirectory, worker);
    const way = createForward({ origin: "http://worker", unixSocket, firstByteTimeout, now });
    ways.set(worker, way);
    return way;
  }

  return {
    async claim(key) {
      const leader = holders.has(key) ? null : await link.claim(key);
      if (leader === null) holders.set(key, (holders.get(key) ?? 0) + 1);
      return leader;
    },
    release(key) {
      const others = (holders.get(key) ?? 1) - 1;
      if (others > 0) {
        holders.set(key, others);
        return;
      }
      holders.delete(key);
      link.release(key);
    },
    async ask(worker, inbound) {
      const connection = inbound.fields.get("connection");
      const fields = new Headers(endToEndFields(inbound.fields.lines, connection) as [string, string][]);
      const { method, target, signal } = inbound;
      const abort = new AbortController();
      abortWith(signal, abort);
      return readPeerAnswer(await wayTo(worker)({ method, target, fields, body: null }, abort));
    },
  };
}

const here = { clientAddress: null, protocol: "http" } as const;

/** Answers the other workers. The cache directory is locked: a socket that lies there is a dead worker's. */
export function listenToPeers(
  context: ServeContext,
  cacheDirectory: string,
  worker: number,
): { stop(): Promise<void> } {
  const path = peerSocketPath(cacheDirectory, worker);
  if (existsSync(path)) unlinkSync(path);
  const previousMask = process.umask(0o177);
  try {
    const server = Bun.serve({
      unix: path,
      development: false,
      fetch(request, server) {
        // The leader may wait for the origin longer than a connection may idle.
        server.timeout(request, 0);
        return answerPeer(context, inboundOf(request, here, context.now()));
      },
      error(error) {
        context.onBackgroundError(error);
        return new Response(null, { status: 500 });
      },
    });
    return { stop: () => server.stop(true) };
  } finally {
    process.umask(previousMask);
  }
}
