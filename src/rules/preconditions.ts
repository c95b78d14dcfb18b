import { parseEntityTags, strongMatch, weakMatch } from "./entity-tag.ts";
import type { FieldList, FieldReader } from "./fields.ts";
import { parseHttpDate } from "./http-date.ts";
import type { Validators } from "./policy.ts";

/** "not-modified" is a 304, "failed" a 412. */
export type Precondition = "proceed" | "not-modified" | "failed";

/**
 * The client's conditions against the stored response that would answer it, in the order of RFC 9110 §13.2.2. They
 * count only for a successful response (§13.2.1). Dates that are none are ignored.
 */
export function evaluatePreconditions(
  method: string,
  request: FieldReader,
  stored: { readonly status: number; readonly policy: Validators },
  now: number,
): Precondition {
  if (stored.status > 299) return "proceed";
  const { policy } = stored;
  const isRead = method === "GET" || method === "HEAD";
  const ifMatch = request.get("if-match");
  if (ifMatch !== null) {
    if (!matches(ifMatch, policy.entityTag, strongMatch)) return "failed";
  } else if (modifiedAfter(request.get("if-unmodified-since"), policy.lastModifiedAt, now) === true) {
    return "failed";
  }
  const ifNoneMatch = request.get("if-none-match");
  if (ifNoneMatch !== null) {
    if (!matches(ifNoneMatch, policy.entityTag, weakMatch)) return "proceed";
    return isRead ? "not-modified" : "failed";
  }
  // RFC 9111 §4.3.2: without a Last-Modified, Date serves.
  const modifiedAt = policy.lastModifiedAt ?? policy.dateAt;
  const unmodified = modifiedAfter(request.get("if-modified-since"), modifiedAt, now) === false;
  return isRead && unmodified ? "not-modified" : "proceed";
}

/** Whether there is anything to evaluate. */
export function hasPreconditions(request: FieldReader): boolean {
  return preconditionFields.some((name) => request.get(name) !== null);
}

const preconditionFields = ["if-match", "if-unmodified-since", "if-none-match", "if-modified-since"];

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

function matches(
  condition: string,
  entityTag: string | null,
  compare: (one: string, other: string) => boolean,
): boolean {
  // "*" stands for any current representation, and there is one.
  if (condition.trim() === "*") return true;
  // What clients send back is nearly always the one tag they were given: no list to take apart.
  if (condition === entityTag) return compare(condition, entityTag);
  return entityTag !== null && parseEntityTags(condition).some((listed) => compare(listed, entityTag));
}

/** Whether `modifiedAt` is after the date, to the second; null when either is unknown. */
function modifiedAfter(date: string | null, modifiedAt: number | null, now: number): boolean | null {
  const at = date === null ? null : parseHttpDate(date, now);
  if (at === null || modifiedAt === null) return null;
  return Math.floor(modifiedAt / 1000) > Math.floor(at / 1000);
}
