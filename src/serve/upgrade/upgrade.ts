import { abortWith, type OriginResponse } from "../../origin/forward.ts";
import type { OriginSide } from "../../origin/websocket/side.ts";
import type { FieldList } from "../../rules/fields.ts";
import { isOffered, offer } from "../../rules/websocket/deflate.ts";
import { version } from "../../rules/websocket/handshake.ts";
import { type Answer, answerHeaders, type Telling, told } from "../answer/answer.ts";
import type { ServeContext } from "../context.ts";
import { askOrigin } from "../fetch/ask.ts";
import { rulesOn } from "../fetch/ruled.ts";
import type { Inbound, KeyedRequest } from "../request/inbound.ts";
import type { Step } from "../step.ts";

/**
 * Asks the origin for the WebSocket that a client wants, and joins both. The origin is asked first: then the client learns
 * which subprotocol it has chosen, and where it refuses the client has its answer, as any other that is passed on.
 */
export async function upgrade(
  context: ServeContext,
  request: KeyedRequest,
  { why }: Extract<Step, { step: "upgrade" }>,
): Promise<Step> {
  const { inbound } = request;
  const abort = new AbortController();
  abortWith(inbound.signal, abort);
  const answer = await askOrigin(context, request, handshakeOf(inbound), null, abort);
  if (!answer.ok) return { step: "failure", why, failure: answer.failure };
  const { response } = answer;
  const { webSocket } = response;
  if (webSocket === undefined) return { step: "relay", why, response, reason: why.reason };
  return { step: "deliver", answer: joined(context, request, why, response, webSocket) };
}

/** The client's key is passed on, and so its answer. Of extensions there is one: see rules/websocket/deflate. */
export function handshakeOf({ fields, received }: Inbound): FieldList {
  const compression = isOffered(received.get("sec-websocket-extensions")) ? offer : null;
  const passed = fields.lines.filter(([name]) => !name.startsWith("sec-websocket-") || name === protocol);
  return [
    ...passed,
    ["connection", "Upgrade"],
    ["upgrade", "websocket"],
    ["sec-websocket-version", version],
    ["sec-websocket-key", received.get("sec-websocket-key") ?? ""],
    ...(compression === null ? [] : [["sec-websocket-extensions", compression] as const]),
  ];
}

const protocol = "sec-websocket-protocol";

function joined(
  { options, webSockets }: ServeContext,
  request: KeyedRequest,
  why: Extract<Step, { step: "upgrade" }>["why"],
  response: OriginResponse,
  origin: OriginSide,
): Answer {
  const { inbound } = request;
  const facts = { hit: false, forward: why.forward, forwardStatus: response.status } as const;
  const telling: Telling = told(
    options,
    request.key,
    { word: "JOINED", reason: why.reason, facts },
    rulesOn(request, response),
  );
  const { promise, resolve } = Promise.withResolvers<number>();
  const isUpgraded = inbound.upgrade({
    fields: clientsFields(response, telling),
    mayCompress: origin.mayCompress,
    onOpen: (client) => webSockets.join(client, origin, ({ toClient }) => resolve(toClient)),
  });
  if (!isUpgraded) {
    origin.cut();
    throw new Error("Bun's server did not go over to frames");
  }
  // Nobody gets it: Bun's server has answered.
  return { response: new Response(null, { status: 204 }), telling, bytes: promise, status: 101 };
}

function clientsFields({ fields }: OriginResponse, telling: Telling): Headers {
  const passed = fields.filter(([name]) => !name.startsWith("sec-websocket-") || name === protocol);
  const headers = answerHeaders(passed, telling, null);
  // Of nothing Bun's server would make the first subprotocol that the client has named.
  if (!headers.has(protocol)) headers.set(protocol, "");
  return headers;
}
