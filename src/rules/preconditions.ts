import { parseEntityTags, weakMatch } from "./entity-tag.ts";
import type { FieldList, FieldReader } from "./fields.ts";
import { parseHttpDate } from "./http-date.ts";
import type { Validators } from "./policy.ts";

/**
 * Whether the conditions of a GET or HEAD make a 304 of the stored response that would answer it (RFC 9110 §13.2.2). They
 * count only for a successful response (§13.2.1). Dates that are none are ignored. If-Match and If-Unmodified-Since are
 * the origin's to judge: see `asksOfPresent`.
 */
export function isUnmodified(
  request: FieldReader,
  stored: { readonly status: number; readonly policy: Validators },
  now: number,
): boolean {
  if (stored.status > 299) return false;
  const { entityTag, lastModifiedAt, dateAt } = stored.policy;
  const ifNoneMatch = request.get("if-none-match");
  if (ifNoneMatch !== null) return namesTag(ifNoneMatch, entityTag);
  const since = request.get("if-modified-since");
  const sinceAt = since === null ? null : parseHttpDate(since, now);
  // RFC 9111 §4.3.2: without a Last-Modified, Date serves.
  return sinceAt !== null && inSeconds(lastModifiedAt ?? dateAt) <= inSeconds(sinceAt);
}

/** Whether there is anything to evaluate. */
export function hasPreconditions(request: FieldReader): boolean {
  return request.get("if-none-match") !== null || request.get("if-modified-since") !== null;
}

/**
 * The fields of a 304 made from a stored response (RFC 9110 §15.4.5): without those that describe the body it does
 * not carry. Last-Modified stays only where no ETag does its work.
 */
export function notModifiedFields(fields: FieldList): FieldList {
  const hasEntityTag = fields.some(([name]) => name === "etag");
  return fields.filter(([name]) => !(bodyFields.has(name) || (hasEntityTag && name === "last-modified")));
}

const bodyFields: ReadonlySet<string> = new Set([
  "content-digest",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-range",
  "content-type",
  "digest",
  "repr-digest",
]);

/** Whether an If-None-Match names that tag, by weak comparison (RFC 9110 §13.1.2). */
export function namesTag(condition: string, entityTag: string | null): boolean {
  // "*" stands for any current representation, and there is one.
  if (condition.trim() === "*") return true;
  // What clients send back is nearly always the one tag they were given: no list to take apart.
  if (condition === entityTag) return true;
  return entityTag !== null && parseEntityTags(condition).some((listed) => weakMatch(listed, entityTag));
}

function inSeconds(instant: number): number {
  return Math.floor(instant / 1000);
}
