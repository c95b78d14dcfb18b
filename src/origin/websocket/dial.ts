import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { isIP, type Socket } from "node:net";
import { Readable } from "node:stream";
import tls from "node:tls";
import { type FieldList, fieldsOf } from "../../rules/fields.ts";
import { faultOf } from "../../rules/websocket/handshake.ts";
import type { Way } from "../pool.ts";
import { type NewMask, originSide } from "./origin-side.ts";
import type { OriginSide } from "./side.ts";

export interface Dialling extends Way {
  /** Scheme and authority, and what all paths begin with. */
  readonly origin: string;
  readonly newMask: NewMask;
}

/** The origin has gone over to frames. */
export interface Switched {
  readonly side: OriginSide;
  /** Of the answer that says so. */
  readonly fields: FieldList;
}

/** The origin says that it goes over to frames, and does not say it right. */
export class SwitchFault extends Error {
  override readonly name = "SwitchFault";
}

/**
 * Asks the origin for a WebSocket, over a connection of its own, in the words of `fields`. Bun's own client cannot tell how an
 * origin refuses: here that is an answer as any other. Rejects as `fetch` does.
 */
export function dial(
  dialling: Dialling,
  target: string,
  fields: Headers,
  signal: AbortSignal,
): Promise<Response | Switched> {
  const { promise, resolve, reject } = Promise.withResolvers<Response | Switched>();
  const request = requestTo(dialling, target, fields);
  const abort = () => void request.destroy(new Error("nobody waits for the answer"));
  signal.addEventListener("abort", abort, { once: true });
  request.on("error", reject);
  request.on("response", (answer) => resolve(refusal(answer)));
  request.on("upgrade", (answer, socket, first) => {
    // From here on it ends as its sides say.
    signal.removeEventListener("abort", abort);
    const received = [...headersOf(answer)];
    const asked = {
      key: fields.get("sec-websocket-key") ?? "",
      protocols: fields.get("sec-websocket-protocol"),
      extensions: fields.get("sec-websocket-extensions"),
    };
    const fault = faultOf(fieldsOf(received), asked);
    if (fault === undefined) {
      const mayCompress = received.some(([name]) => name === "sec-websocket-extensions");
      const side = originSide(settled(socket), first, { newMask: dialling.newMask, mayCompress });
      return resolve({ side, fields: received });
    }
    socket.destroy();
    reject(new SwitchFault(fault));
  });
  if (signal.aborted) abort();
  else request.end();
  return promise;
}

function requestTo(
  { origin, unixSocket, authorities }: Dialling,
  target: string,
  fields: Headers,
): http.ClientRequest {
  const { protocol, hostname, port, pathname } = new URL(origin);
  const isSecure = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const ways = {
    method: "GET",
    path: pathname.replace(/\/$/, "") + target,
    headers: [...fields].flat(),
    setHost: false,
    agent: false,
    ...(unixSocket === undefined
      ? { host, port: port || (isSecure ? 443 : 80) }
      : { socketPath: unixSocket }),
  } as const;
  if (!isSecure) return http.request(ways);
  // The name of the origin is to be vouched for, whatever Host it is asked for.
  const checkServerIdentity = (_: string, certificate: tls.PeerCertificate) =>
    tls.checkServerIdentity(host, certificate);
  // An address is no name that a server could be asked by (RFC 6066 §3).
  const servername = isIP(host) === 0 ? host : "";
  return https.request({ ...ways, checkServerIdentity, servername, ca: authorities });
}

function refusal(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 0;
  // A body that breaks off is told to who reads it.
  answer.on("error", () => undefined);
  const isBodiless = status === 204 || status === 205 || status === 304;
  if (isBodiless) answer.resume();
  const body = isBodiless ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>);
  return new Response(body, { status, statusText: answer.statusMessage ?? "", headers: headersOf(answer) });
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  }
  return headers;
}

/** Small frames are sent at once, and one that has gone without a word is found out about. */
function settled(socket: Socket): Socket {
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, aliveMilliseconds);
  return socket;
}

const aliveMilliseconds = 60_000;
