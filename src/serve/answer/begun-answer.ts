import { type Answer, type Telling, untypedBody } from "./answer.ts";
import type { Begun } from "./begin.ts";
import type { Inbound } from "../request/inbound.ts";
import { isUntyped } from "./stored-body.ts";
import { streamOf } from "./stream.ts";
import { wholeStream } from "./whole-stream.ts";

/** Bytes: the system's buffers take at once what is no larger; what is larger is charged until the client has it. */
const mostHandedOver = 64 * 1024;

/** The answer with a body that has begun: with its length if that is known by now. */
export function begunAnswer(
  begun: Begun,
  status: number,
  headers: Headers,
  telling: Telling,
  inbound: Inbound,
): Answer {
  if (begun.kind === "whole" && begun.size <= mostHandedOver) {
    const { chunks, size, holding } = begun;
    holding.giveAll();
    const bytes = Buffer.concat(chunks);
    const body = size === 0 ? null : isUntyped(headers) ? untypedBody(bytes) : bytes;
    return { response: new Response(body, { status, headers }), telling, bytes: size };
  }
  const { promise, resolve } = Promise.withResolvers<number>();
  const body =
    begun.kind === "whole"
      ? wholeStream(() => begun.chunks.splice(0), begun.size, begun.holding, resolve)
      : streamOf(begun.body, resolve, inbound);
  return { response: new Response(body, { status, headers }), telling, bytes: promise };
}
