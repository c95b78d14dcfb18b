import type { FieldReader } from "../rules/fields.ts";

/** Why a request is refused before anything looks at it. */
export interface Refusal {
  readonly status: 400 | 405 | 501 | 508;
  readonly explanation: string;
}

/** uri-host and port of RFC 9110 §7.2: a registered name, an IPv4 address, or a bracketed IPv6 address. */
const hostForm = /^(?:[A-Za-z0-9._~!$&'()*+;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;

/**
 * Refuses what Bun's server lets through and no proxy may pass on: two Host or Content-Length lines (they arrive
 * joined by a comma), a Host that is none, CONNECT (no tunnel here), TRACE (it would echo the fields we add). GET and
 * HEAD with content mean nothing that HTTP defines (RFC 9110 §9.3.1), and Bun's server drops that content: better no
 * answer than one to another question.
 */
export function refusalOf(method: string, target: string, fields: FieldReader): Refusal | null {
  const host = fields.get("host");
  if (host !== null && !isHost(host)) return { status: 400, explanation: "the Host field is not one host" };
  // Bun's server puts a replacement for bytes that are not UTF-8: different targets would become the same.
  if (target.includes("%EF%BF%BD"))
    return { status: 400, explanation: "the target has bytes that no URL has" };
  const length = fields.get("content-length");
  if (length !== null && !/^\d+$/.test(length)) {
    return { status: 400, explanation: "the Content-Length field is not one number" };
  }
  if (hasContent(fields) && (method === "GET" || method === "HEAD")) {
    return { status: 400, explanation: `a ${method} with content cannot be passed on` };
  }
  if (method === "CONNECT")
    return { status: 501, explanation: "this is no tunnel: CONNECT is not supported" };
  if (method === "TRACE") return { status: 405, explanation: "TRACE is not passed on" };
  return null;
}

/** Whether a Host field names one host, with or without a port. */
export function isHost(host: string): boolean {
  return hostForm.test(host);
}

function hasContent(fields: FieldReader): boolean {
  return fields.get("transfer-encoding") !== null || (fields.get("content-length") ?? "0") !== "0";
}
