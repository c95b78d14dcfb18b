import type { OriginAnswer, OriginResponse } from "../../origin/forward.ts";
import { type FieldList, fieldsOf } from "../../rules/fields.ts";
import { endToEndFields } from "../../rules/hop-by-hop.ts";
import type { Target } from "../../rules/invalidation.ts";
import { withoutPathPrefix } from "../../rules/path-prefix.ts";
import type { Exchange } from "../../rules/exchange.ts";
import { fieldOf } from "../answer/answer.ts";
import type { ServeContext } from "../context.ts";
import { ruledFields } from "./ruled.ts";
import { noticeSelfRedirect } from "./self-redirect.ts";
import type { KeyedRequest } from "../request/inbound.ts";

/**
 * Asks the origin on behalf of a client; the answer's fields are end-to-end ones, and it has a Date. `abort` cancels the
 * request, and may be used for nothing else: what takes too long is aborted as well.
 */
export async function askOrigin(
  context: ServeContext,
  request: KeyedRequest,
  sent: FieldList,
  body: ReadableStream<Uint8Array> | null,
  abort: AbortController,
): Promise<OriginAnswer> {
  const { inbound, target } = request;
  const outgoing = new Headers(sent as [string, string][]);
  const answer = await context.forward({ method: inbound.method, target, fields: outgoing, body }, abort);
  if (!answer.ok) return answer;
  const { response } = answer;
  const connection = fieldOf(response.fields, "connection");
  const { origins, pathPrefix: prefix } = context.options;
  const received = endToEndFields(response.fields, connection);
  const endToEnd =
    prefix === "" ? received : withoutPathPrefix(received, { prefix, origins, host: inbound.host });
  // RFC 9110 §6.6.1: who receives a response without a Date adds the time it came.
  const dated: FieldList =
    fieldOf(endToEnd, "date") === null
      ? [...endToEnd, ["date", new Date(response.receivedAt).toUTCString()]]
      : endToEnd;
  const status = response.status;
  // A 304 is about what is stored, whose status and type it does not tell: rules are asked when it is known what it confirms.
  const fields = status === 304 ? dated : ruledFields(request, { status, fields: dated });
  const answered = { ...response, fields };
  noticeSelfRedirect(context, request, answered);
  return { ok: true, response: answered };
}

/** Request and answer as the rules want them. `fields` are the answer's, or those a 304 has made of stored ones. */
export function exchangeOf(
  context: ServeContext,
  request: KeyedRequest,
  response: OriginResponse,
  fields: FieldList,
): Exchange {
  return {
    ...targetUri(context, request),
    method: request.inbound.method,
    request: request.inbound.fields,
    status: response.status,
    response: fieldsOf(fields),
    framing: response.framing,
    requestAt: response.requestAt,
    responseAt: response.responseAt,
    receivedAt: response.receivedAt,
  };
}

/**
 * The target as the client named it. Origins that are not sent the client's Host may name it by their own, in
 * Location or Content-Location.
 */
export function targetUri(context: ServeContext, { inbound, target }: KeyedRequest): Target {
  const { origins, originHost } = context.options;
  if (inbound.host === "") return { target, origin: origins[0] ?? "" };
  const named = `${inbound.protocol}://${inbound.host}`;
  return originHost === null
    ? { target, origin: named }
    : { target, origin: named, upstreamOrigins: origins };
}
