import { type ClientFacts, fieldsToSend, type SendingOptions } from "../../origin/request.ts";
import { normalAuthority, type Scheme } from "../../rules/authority.ts";
import type { FieldReader, Fields } from "../../rules/fields.ts";
import { normalTarget, targetOf } from "../../rules/target.ts";

/** A request as the machine sees it. */
export interface Inbound {
  readonly method: string;
  /** Path and query as the client asked, without fragment. Begins with "/" but for `OPTIONS *`. */
  readonly target: string;
  /** As it is keyed: see rules/authority. "" where the client named none, or none that is one. */
  readonly host: string;
  /** What the client sent: for those who refuse requests, and nobody else. */
  readonly received: FieldReader;
  /** What the origin is sent: see origin/request. */
  readonly fields: Fields;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** See `Arrival`. */
  readonly limitIdle: (isLimited: boolean) => void;
  readonly clientAddress: string | null;
  readonly protocol: Scheme;
  /** By the steady clock. */
  readonly receivedAt: number;
}

/** What the server knows of a request beside the request. */
export interface Arrival {
  readonly clientAddress: string | null;
  readonly protocol: Scheme;
  /**
   * Whether the connection ends when nothing passes over it for a while. It begins without: who waits for the origin, which
   * has limits of its own, is not idle. Who does not take what is there for it is.
   */
  readonly limitIdle: (isLimited: boolean) => void;
}

/** A client's request as the machine sees it. `receivedAt` is by the steady clock. */
export function inboundOf(
  request: Request,
  arrival: Arrival,
  receivedAt: number,
  options: SendingOptions,
): Inbound {
  const { method, headers } = request;
  const { clientAddress, protocol } = arrival;
  const named = headers.get("host");
  const host = named === null ? "" : (normalAuthority(named, protocol) ?? "");
  const client: ClientFacts = { address: clientAddress, protocol, host };
  return {
    ...{ method, host, clientAddress, protocol, receivedAt },
    // Where the URL is relative, nothing in it is resolved or encoded.
    target: request.url.startsWith("/") ? normalTarget(request.url) : targetOf(request.url),
    received: headers,
    fields: fieldsToSend(method, headers, client, options),
    body: request.body,
    // Bun makes one only for those who ask, and most requests are answered before anybody could leave.
    get signal() {
      return request.signal;
    },
    limitIdle: arrival.limitIdle,
  };
}
