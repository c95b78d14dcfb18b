import { Hono } from "hono";
import { type Answer, ownAnswer } from "./answer.ts";
import type { ServeContext } from "./context.ts";
import { type Arrival, type Inbound, inboundOf } from "./inbound.ts";
import type { OnServed } from "./outcome.ts";
import { answerRequest } from "./request.ts";

type Environment = { Bindings: Arrival };

/** The long way: every request that `serve/hit` does not answer goes through this app. */
export function createApp(context: ServeContext, onServed: OnServed, onError: (error: unknown) => void) {
  const app = new Hono<Environment>();
  app.all("*", async (hono) => {
    const inbound = inboundOf(hono.req.raw, hono.env, context.now());
    return sent(inbound, await answerRequest(context, inbound));
  });
  app.onError((error, hono) => {
    onError(error);
    const inbound = inboundOf(hono.req.raw, hono.env, context.now());
    const telling = { word: "ERROR", reason: "internal-error", facts: { hit: false } } as const;
    return sent(inbound, ownAnswer(inbound.method, 500, "the cache failed", telling, context.now()));
  });

  function sent(inbound: Inbound, answer: Answer): Response {
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
        milliseconds: context.now() - inbound.receivedAt,
        client: inbound.clientAddress,
      });
    if (typeof answer.bytes === "number") record(answer.bytes);
    else answer.bytes.then(record).catch(onError);
    return answer.response;
  }
  return app;
}
