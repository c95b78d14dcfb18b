import type { ClientFacts } from "../../origin/request.ts";
import type { Heard, Side } from "../../origin/websocket/side.ts";
import type { Scheme } from "../../rules/authority.ts";
import type { FieldReader, Fields } from "../../rules/fields.ts";
import type { RequestVerdict } from "../../sites/site.ts";
import { normalTarget, targetOf } from "../../rules/target.ts";

/** A request as it has come, before it is known which site answers it. */
export interface Received {
  readonly method: string;
  /** Path and query as the client asked, without fragment. Begins with "/" but for `OPTIONS *`. */
  readonly target: string;
  /** As it is keyed: see rules/authority. "" where the client named none, or none that is one. */
  readonly host: string;
  /** What the client sent: for those who refuse requests, for the conditions of rules, and for nobody else. */
  readonly received: ReceivedFields;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** See `Arrival`. */
  readonly limitIdle: (isLimited: boolean) => void;
  readonly upgrade: Upgrade;
  readonly clientAddress: string | null;
  /** See `ClientFacts`. */
  readonly speaksForOthers?: boolean | undefined;
  readonly protocol: Scheme;
  /** By the steady clock. */
  readonly receivedAt: number;
}

/** A request as the machine sees it. */
export interface Inbound extends Omit<Received, "received"> {
  readonly received: FieldReader;
  /** What the origin is sent: see origin/request. */
  readonly fields: Fields;
}

type ReceivedFields = Iterable<[name: string, value: string]> & FieldReader;

/** The request on its way through the steps: what the client sent and what it comes to. */
export interface KeyedRequest {
  readonly inbound: Inbound;
  /** What the rules of its site say of it. */
  readonly verdict: RequestVerdict;
  /** Path and query the origin is asked for. */
  readonly target: string;
  readonly key: string;
}

/** What the server knows of a request beside the request. */
export interface Arrival {
  /** Who has sent it, by which scheme, to which host. */
  readonly client: ClientFacts;
  /**
   * Whether the connection ends when nothing passes over it for a while. It begins without: who waits for the origin, which
   * has limits of its own, is not idle. Who does not take what is there for it is.
   */
  readonly limitIdle: (isLimited: boolean) => void;
  readonly upgrade: Upgrade;
  /** The answer is to tell how it came about: see explain/on-answer. */
  readonly isExplained: boolean;
}

/** Answers 101 and goes over to frames. False where the client has left. */
export type Upgrade = (how: {
  /** Beside those of the handshake. */
  readonly fields: Headers;
  /** Messages may be compressed, if the client offers it. */
  readonly mayCompress: boolean;
  /** Is given the client's side; what it returns is told all that the client says. */
  readonly onOpen: (client: Side) => Heard;
}) => boolean;

/** A client's request as it comes. `receivedAt` is by the steady clock. */
export function receivedOf(request: Request, arrival: Arrival, receivedAt: number): Received {
  const { method, headers } = request;
  const { address: clientAddress, protocol, host, speaksForOthers } = arrival.client;
  return {
    ...{ method, host, clientAddress, speaksForOthers, protocol, receivedAt },
    // Where the URL is relative, nothing in it is resolved or encoded.
    target: request.url.startsWith("/") ? normalTarget(request.url) : targetOf(request.url),
    received: headers,
    body: request.body,
    // Bun makes one only for those who ask, and most requests are answered before anybody could leave.
    get signal() {
      return request.signal;
    },
    limitIdle: arrival.limitIdle,
    upgrade: arrival.upgrade,
  };
}
