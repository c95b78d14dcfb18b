import { Hono } from "hono";
import type { Facts } from "../control/explanation.ts";
import type { Clocks } from "../origin/forward.ts";
import { type Answer, ownAnswer, withoutTags } from "./answer/answer.ts";
import type { OnServed } from "./answer/outcome.ts";
import type { ServeContext } from "./context.ts";
import { siteless } from "./explain/explain.ts";
import { factsOf } from "./explain/facts.ts";
import { explainOn } from "./explain/on-answer.ts";
import { answerRequest } from "./machine.ts";
import { enter } from "./request/enter.ts";
import { type Arrival, type KeyedRequest, type Received, receivedOf } from "./request/inbound.ts";
import type { ServedSites } from "./site.ts";

/** For the log: nobody is there to read it. The status is the one that nginx gives its log. */
const leftAnswer: Answer = {
  response: new Response(null, { status: 499 }),
  telling: { word: "LEFT", reason: "client-left", facts: { hit: false } },
  bytes: 0,
};

type Environment = { Bindings: Arrival };

export interface App {
  fetch(request: Request, arrival: Arrival): Promise<Response>;
}

export interface AppOptions extends Pick<Clocks, "now" | "date" | "monotonic"> {
  /** Asked with each request: they may be others from one to the next. */
  readonly sites: () => ServedSites;
  readonly onServed: OnServed;
  readonly onError: (error: unknown) => void;
}

/** The long way: every request that `serve/hit/hit` does not answer goes through this app. */
export function createApp({ sites, now, date, monotonic, onServed, onError }: AppOptions): App {
  const app = new Hono<Environment>();
  app.all("*", async (hono) => {
    const beganAt = monotonic();
    const received = receivedOf(hono.req.raw, hono.env, now());
    const served = sites().siteFor(received.host);
    const site = served?.site.name ?? "";
    const { isExplained } = hono.env;
    if (served === null) return sent(received, site, misdirected(received, isExplained), beganAt);
    try {
      const { context, request } = enter(served, received);
      const facts = isExplained ? await factsBefore(context, request, received) : null;
      const answer = await answerRequest(context, request);
      withoutTags(answer.response.headers, context.options);
      if (facts !== null) explainOn(answer, facts, monotonic() - beganAt);
      return sent(received, site, answer, beganAt);
    } catch (error) {
      // Whatever was done for this client alone ends when it leaves.
      if (received.signal.aborted) return sent(received, site, leftAnswer, beganAt);
      onError(error);
      return sent(received, site, failed(received), beganAt);
    }
  });

  /** RFC 9110 §15.5.20 */
  function misdirected(received: Received, isExplained: boolean): Answer {
    const telling = { word: "ERROR", reason: "host-unknown", facts: { hit: false } } as const;
    const answer = ownAnswer(received.method, 421, "there is no site of this name here", telling, date());
    if (isExplained) explainOn(answer, siteless(received), 0);
    return answer;
  }

  /** Null where it cannot be told, which is no reason not to answer. */
  async function factsBefore(
    context: ServeContext,
    request: KeyedRequest,
    { received }: Received,
  ): Promise<Facts | null> {
    try {
      return await factsOf(context, request, received, null);
    } catch (error) {
      onError(error);
      return null;
    }
  }

  function failed({ method }: Received): Answer {
    const telling = { word: "ERROR", reason: "internal-error", facts: { hit: false } } as const;
    return ownAnswer(method, 500, "the cache failed", telling, date());
  }

  function sent(received: Received, site: string, answer: Answer, beganAt: number): Response {
    const firstByteMilliseconds = monotonic() - beganAt;
    // Whoever sends the response may take its fields from it.
    const { headers } = answer.response;
    const record = (bytes: number) =>
      onServed({
        at: received.receivedAt,
        ...(site === "" ? {} : { site }),
        cache: answer.telling.word,
        reason: answer.reasonAtEnd?.() ?? answer.telling.reason,
        ...(answer.forwarded === undefined ? {} : { forwarded: answer.forwarded }),
        status: answer.status ?? answer.response.status,
        method: received.method,
        host: received.host,
        target: received.target,
        bytes,
        milliseconds: monotonic() - beganAt,
        firstByteMilliseconds,
        client: received.clientAddress,
        protocol: received.protocol,
        received: received.received,
        answered: headers,
        ...(answer.origin === undefined ? {} : { origin: answer.origin }),
      });
    // A WebSocket has a limit of its own.
    if (answer.status === undefined) received.limitIdle(true);
    if (typeof answer.bytes === "number") record(answer.bytes);
    else answer.bytes.then(record).catch(onError);
    return answer.response;
  }
  return {
    async fetch(request, arrival) {
      const response = await app.fetch(request, arrival);
      return request.method === "HEAD" ? withoutLength(response) : response;
    },
  };
}

/**
 * An answer to HEAD of which nobody knows the length. Hono takes the body away, and Bun's server announces a length of 0 for
 * none; for a stream it announces no length, and does not read it.
 */
function withoutLength(response: Response): Response {
  const { status, headers } = response;
  if (!headers.has("transfer-encoding")) return response;
  headers.delete("transfer-encoding");
  return new Response(new ReadableStream(), { status, headers });
}
