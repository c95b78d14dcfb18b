import type { FieldList, FieldReader } from "./fields.ts";

/**
 * The request fields for a fill: without the client's conditions and ranges, which are about the client's copy and
 * would bring an answer that is no response to store (RFC 9111 §4.3.1, §3.3).
 */
export function withoutConditionals(fields: FieldList): FieldList {
  return fields.filter(([name]) => !isConditional(name));
}

/** Whether a request field of that name is about the client's copy, or about a part: the cache itself answers it. */
export function isConditional(name: string): boolean {
  return conditionalFields.has(name);
}

/**
 * Whether the request has a condition that is the origin's to judge: If-Match and If-Unmodified-Since are not for caches
 * (RFC 9111 §4.3.2). Who sends them wants to know of what is there now; a 412 made from a stored page would be about the
 * page of a minute ago.
 */
export function asksOfPresent(request: FieldReader): boolean {
  return request.get("if-match") !== null || request.get("if-unmodified-since") !== null;
}

const conditionalFields: ReadonlySet<string> = new Set([
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "range",
]);
