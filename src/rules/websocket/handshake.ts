import type { FieldReader } from "../fields.ts";
import { isAgreed, isOffered } from "./deflate.ts";
import { splitList } from "../list-field.ts";

/** The one version there is (RFC 6455 §4.1). */
export const version = "13";

/**
 * Whether a request is a whole and valid opening handshake (RFC 6455 §4.2.1). Any other one is an ordinary request: what
 * follows it on its connection may not be taken for frames.
 */
export function isHandshake(method: string, fields: FieldReader): boolean {
  // Nearly no request has the field.
  if (fields.get("upgrade") === null) return false;
  return (
    method === "GET" &&
    names(fields.get("upgrade"), "websocket") &&
    names(fields.get("connection"), "upgrade") &&
    fields.get("sec-websocket-version") === version &&
    isKey(fields.get("sec-websocket-key") ?? "")
  );
}

/** What the origin is to answer to a key (RFC 6455 §4.2.2). */
export function acceptOf(key: string): string {
  return new Bun.CryptoHasher("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** What is wrong with an answer of status 101 to a handshake (RFC 6455 §4.1); undefined where nothing is. */
export function faultOf(
  answer: FieldReader,
  asked: { readonly key: string; readonly protocols: string | null; readonly extensions: string | null },
): string | undefined {
  if (!names(answer.get("upgrade"), "websocket")) return "it goes over to something else than WebSocket";
  if (!names(answer.get("connection"), "upgrade")) return "its Connection field lacks Upgrade";
  if (answer.get("sec-websocket-accept") !== acceptOf(asked.key)) {
    return "its Sec-WebSocket-Accept is not for this request";
  }
  const extensions = answer.get("sec-websocket-extensions");
  if (extensions !== null && !(isOffered(asked.extensions) && isAgreed(extensions))) {
    return "it chose an extension that was not offered";
  }
  const chosen = answer.get("sec-websocket-protocol");
  if (chosen !== null && !splitList(asked.protocols ?? "").includes(chosen)) {
    return "it chose a subprotocol that was not offered";
  }
  return undefined;
}

/** Sixteen bytes in base64. */
function isKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(text);
}

function names(list: string | null, token: string): boolean {
  return list !== null && splitList(list.toLowerCase()).includes(token);
}
