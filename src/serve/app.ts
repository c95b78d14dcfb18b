import { Hono } from "hono";
import { type Answer, ownAnswer } from "./answer/answer.ts";
import type { ServeContext } from "./context.ts";
import { type Arrival, type Inbound, inboundOf } from "./request/inbound.ts";
import type { OnServed } from "./answer/outcome.ts";
import { answerRequest } from "./machine.ts";

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

/** The long way: every request that `serve/hit/hit` does not answer goes through this app. */
export function createApp(context: ServeContext, onServed: OnServed, onError: (error: unknown) => void): App {
  const app = new Hono<Environment>();
  app.all("*", async (hono) => {
    const beganAt = context.monotonic();
    const inbound = inboundOf(hono.req.raw, hono.env, context.now(), context.options);
    try {
      return sent(inbound, await answerRequest(context, inbound), beganAt);
    } catch (error) {
      // Whatever was done for this client alone ends when it leaves.
      if (inbound.signal.aborted) return sent(inbound, leftAnswer, beganAt);
      throw error;
    }
  });
  app.onError((error, hono) => {
    onError(error);
    const inbound = inboundOf(hono.req.raw, hono.env, context.now(), context.options);
    const telling = { word: "ERROR", reason: "internal-error", facts: { hit: false } } as const;
    const answer = ownAnswer(inbound.method, 500, "the cache failed", telling, context.date());
    return sent(inbound, answer, context.monotonic());
  });

  function sent(inbound: Inbound, answer: Answer, beganAt: number): Response {
    const firstByteMilliseconds = context.monotonic() - beganAt;
    const record = (bytes: number) =>
      onServed({
        at: inbound.receivedAt,
        cache: answer.telling.word,
        reason: answer.reasonAtEnd?.() ?? answer.telling.reason,
        ...(answer.forwarded === undefined ? {} : { forwarded: answer.forwarded }),
        status: answer.response.status,
        method: inbound.method,
        target: inbound.target,
        bytes,
        milliseconds: context.monotonic() - beganAt,
        firstByteMilliseconds,
        client: inbound.clientAddress,
        protocol: inbound.protocol,
        received: inbound.received,
      });
    inbound.limitIdle(true);
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
