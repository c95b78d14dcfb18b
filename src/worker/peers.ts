import type { Settings } from "../config/schema.ts";
import { workerSocketPath } from "../control/worker-socket.ts";
import { createDeadlines } from "../origin/deadlines.ts";
import { abortWith, type Clocks, createForward, type Forward, type OriginAnswer } from "../origin/forward.ts";
import type { Peers } from "../serve/context.ts";
import { answerPeer, readPeerAnswer } from "../serve/flight/peer.ts";
import { type Question, questionSchema } from "../serve/flight/peer-answer.ts";
import type { ServedSites } from "../serve/site.ts";
import type { SupervisorLink } from "./link.ts";

/** Names of workers that have ended are forgotten beyond so many. */
const mostWays = 256;
/** What an answer may take beyond the time that the other worker waits for the origin's. */
const graceMilliseconds = 250;

/** The way to the other workers. */
export function createPeers(
  link: Pick<SupervisorLink, "claim">,
  cacheDirectory: string,
  settings: Pick<Settings, "collapseWait" | "originTimeout" | "originIdleTimeout">,
  clocks: Clocks,
): Peers {
  const ways = new Map<string, Forward>();
  const heads = createDeadlines(settings.collapseWait + graceMilliseconds);
  const { originTimeout, originIdleTimeout: idleTimeout } = settings;
  const timeouts = { firstByteTimeout: originTimeout, clientTimeout: originTimeout, idleTimeout };

  /** The same one each time: its deadlines share a timer, which runs on for a while when all have ended. */
  function wayTo(worker: string): Forward {
    const known = ways.get(worker);
    if (known !== undefined) return known;
    const unixSocket = workerSocketPath(cacheDirectory, worker);
    const way = createForward({ origin: "http://worker", unixSocket, ...timeouts, ...clocks });
    ways.set(worker, way);
    const [oldest] = ways.keys();
    if (ways.size > mostWays && oldest !== undefined) ways.delete(oldest);
    return way;
  }

  /** Undefined when the head of its answer does not come in time: it may have been stopped. */
  async function ask(
    worker: string,
    question: Question,
    signal: AbortSignal,
  ): Promise<OriginAnswer | undefined> {
    const abort = new AbortController();
    abortWith(signal, abort);
    let isLate = false;
    const deadline = heads.begin(() => {
      isLate = true;
      abort.abort();
    });
    try {
      const { body } = new Response(JSON.stringify(question));
      return await wayTo(worker)({ method: "POST", target: "/", fields: new Headers(), body }, abort);
    } catch (error) {
      if (isLate && !signal.aborted) return undefined;
      throw error;
    } finally {
      heads.end(deadline);
    }
  }

  return {
    claim: (name) => link.claim(name),
    async ask(worker, name, { inbound, key, target, verdict }) {
      const { method, host, fields, protocol, signal } = inbound;
      const { clientCacheControl, areCookiesKeyed } = verdict;
      const question = {
        ...{ flight: name.text, method, target, key, host, protocol, clientCacheControl, areCookiesKeyed },
        fields: fields.lines.map(([field, value]): [string, string] => [field, value]),
      };
      const answer = await ask(worker, question, signal);
      return answer === undefined ? { kind: "lost" } : readPeerAnswer(answer);
    },
  };
}

/** Answers the other workers under the name, which no other life of a worker has had. */
export function listenToPeers(
  sites: () => ServedSites,
  onError: (error: unknown) => void,
  cacheDirectory: string,
  name: string,
): { stop(): Promise<void> } {
  const previousMask = process.umask(0o177);
  try {
    const server = Bun.serve({
      unix: workerSocketPath(cacheDirectory, name),
      development: false,
      async fetch(request, server) {
        // A body that is read along may come slowly.
        server.timeout(request, 0);
        const question = questionSchema.safeParse(await request.json());
        if (!question.success) return new Response(null, { status: 400 });
        return await answerPeer(sites(), question.data, request.signal);
      },
      error(error) {
        onError(error);
        return new Response(null, { status: 500 });
      },
    });
    return { stop: () => server.stop(true) };
  } finally {
    process.umask(previousMask);
  }
}
