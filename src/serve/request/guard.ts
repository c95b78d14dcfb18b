import { normalAuthority } from "../../rules/authority.ts";
import type { FieldReader } from "../../rules/fields.ts";
import type { Inbound } from "./inbound.ts";

/** Why a request is refused before anything looks at it. */
export interface Refusal {
  readonly status: 400 | 405 | 501 | 508;
  readonly explanation: string;
}

type Request = Pick<Inbound, "method" | "target" | "received" | "protocol">;

/**
 * Refuses what Bun's server lets through and no proxy may pass on: two Host or Content-Length lines (they arrive
 * joined by a comma), a Host that is none, CONNECT (no tunnel here), TRACE (it would echo the fields we add), and a
 * target that is no path, which `fetch` cannot ask for. GET and HEAD with content mean nothing that HTTP defines
 * (RFC 9110 §9.3.1), and Bun's server drops that content: better no answer than one to another question.
 */
export function refusalOf({ method, target, received, protocol }: Request): Refusal | null {
  const host = received.get("host");
  if (host !== null && normalAuthority(host, protocol) === null) {
    return { status: 400, explanation: "the Host field is not one host" };
  }
  const length = received.get("content-length");
  if (length !== null && !/^\d+$/.test(length)) {
    return { status: 400, explanation: "the Content-Length field is not one number" };
  }
  if (hasContent(received) && (method === "GET" || method === "HEAD")) {
    return { status: 400, explanation: `a ${method} with content cannot be passed on` };
  }
  if (method === "CONNECT")
    return { status: 501, explanation: "this is no tunnel: CONNECT is not supported" };
  if (method === "TRACE") return { status: 405, explanation: "TRACE is not passed on" };
  // "*" of OPTIONS over HTTP/2; a space would let one key be mistaken for another.
  if (!target.startsWith("/") || target.includes(" ")) {
    return { status: 400, explanation: "the target is not one path, perhaps with a query" };
  }
  return null;
}

/**
 * Whether the target is what the client sent. Bun's server puts U+FFFD for bytes that are no UTF-8, so that targets
 * which differ arrive as one: none of them may get what was stored, or is being fetched, for another.
 */
export function isCertain(target: string): boolean {
  return !target.includes("%EF%BF%BD");
}

function hasContent(fields: FieldReader): boolean {
  return fields.get("transfer-encoding") !== null || (fields.get("content-length") ?? "0") !== "0";
}
