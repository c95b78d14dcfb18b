import { believedFields } from "../origin/request.ts";
import type { Fields } from "../rules/fields.ts";

/** A request as the machine sees it. */
export interface Inbound {
  readonly method: string;
  /** Path and query as the client asked, without fragment. Begins with "/" but for `OPTIONS *`. */
  readonly target: string;
  /** As far as they are believed: see origin/request. */
  readonly fields: Fields;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  readonly clientAddress: string | null;
  readonly protocol: "http" | "https";
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** What the server knows of a request beside the request. */
export interface Arrival {
  readonly clientAddress: string | null;
  readonly protocol: "http" | "https";
}

/** The request as the machine sees it. `receivedAt` is milliseconds since the epoch. */
export function inboundOf(request: Request, arrival: Arrival, receivedAt: number): Inbound {
  const { method, headers } = request;
  const { clientAddress: address, protocol } = arrival;
  return {
    method,
    target: targetOf(request.url),
    fields: believedFields(method, headers, { address, protocol, host: headers.get("host") }),
    body: request.body,
    // Bun makes one only for those who ask, and most requests are answered before anybody could leave.
    get signal() {
      return request.signal;
    },
    clientAddress: arrival.clientAddress,
    protocol: arrival.protocol,
    receivedAt,
  };
}

/**
 * Path and query of `Request.url`, which is absolute, or relative when the Host is odd or missing.
 * No URL object: this is on the path of every hit.
 */
export function targetOf(url: string): string {
  const start = url.charCodeAt(0) === slash ? 0 : url.indexOf("/", url.indexOf("://") + 3);
  const fragment = url.indexOf("#", start);
  return fragment === -1 ? url.slice(start) : url.slice(start, fragment);
}

const slash = 47;
