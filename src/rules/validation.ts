import { isWeak, parseEntityTag, weakMatch } from "./entity-tag.ts";
import type { FieldList, FieldReader } from "./fields.ts";
import { isHopByHop } from "./hop-by-hop.ts";
import { formatHttpDate, parseHttpDate } from "./http-date.ts";
import type { Policy } from "./policy.ts";

/**
 * The conditions that ask the origin to confirm one of the responses stored under a key (RFC 9111 §4.3.1): all their
 * entity tags, and for a single one its Last-Modified too. Empty when there is nothing to confirm them by.
 */
export function validatingFields(policies: readonly Policy[]): FieldList {
  const entityTags = new Set(policies.flatMap(({ entityTag }) => entityTag ?? []));
  const [only, ...others] = policies;
  const lastModifiedAt = others.length === 0 ? (only?.lastModifiedAt ?? null) : null;
  const fields: [string, string][] = [];
  if (entityTags.size > 0) fields.push(["if-none-match", [...entityTags].join(", ")]);
  if (lastModifiedAt !== null) fields.push(["if-modified-since", formatHttpDate(lastModifiedAt)]);
  return fields;
}

/**
 * The stored responses that a 304 confirms (§4.3.4); `candidates` are those whose validators were sent, newest
 * first. A strong entity tag confirms all that have it, a weak one the newest that has it, a Last-Modified the newest
 * that has that. None: the 304 is about something else.
 *
 * Where only one was asked about, the 304 can mean no other: it is confirmed whatever validator comes along.
 * (Servers that compress are known to send the tag of the plain representation in the 304.)
 */
export function selectForFreshening<T extends { readonly response: { readonly policy: Policy } }>(
  candidates: readonly T[],
  notModified: FieldReader,
): readonly T[] {
  if (candidates.length <= 1) return candidates;
  const entityTag = parseEntityTag(notModified.get("etag"));
  if (entityTag !== null && !isWeak(entityTag)) {
    return candidates.filter(({ response }) => response.policy.entityTag === entityTag);
  }
  const lastModifiedAt = dateField(
    notModified,
    "last-modified",
    candidates[0]?.response.policy.responseAt ?? 0,
  );
  const newest = candidates.find(({ response: { policy } }) => {
    if (entityTag !== null) return policy.entityTag !== null && weakMatch(policy.entityTag, entityTag);
    return lastModifiedAt !== null && policy.lastModifiedAt === lastModifiedAt;
  });
  return newest === undefined ? [] : [newest];
}

/**
 * The stored fields after a 304, or a HEAD that confirms (§3.2). Fields that describe the stored body stay as they
 * are. Age and Date are the new response's or none: the old ones would make it old. A Set-Cookie is for the client
 * that asked, never for the store.
 */
export function freshenedFields(stored: FieldList, notModified: FieldList): FieldList {
  const storedNames = new Set(stored.map(([name]) => name));
  const updates = notModified.filter(
    ([name]) => !fixedFields.has(name) && !isHopByHop(name) && !(name === "etag" && storedNames.has("etag")),
  );
  const replaced = new Set([...updates.map(([name]) => name), "age", "date"]);
  return [...stored.filter(([name]) => !replaced.has(name)), ...updates];
}

/**
 * Whether a 200 answer to HEAD confirms the stored response (§4.3.5): no validator and no Content-Length in it says
 * otherwise. If it does, freshen with its fields; if not, the stored response has changed: invalidate it.
 */
export function headConfirms(
  stored: { readonly policy: Policy; readonly size: number },
  headResponse: FieldReader,
): boolean {
  const entityTag = headResponse.get("etag");
  const lastModified = headResponse.get("last-modified");
  const contentLength = headResponse.get("content-length");
  return (
    (entityTag === null || parseEntityTag(entityTag) === stored.policy.entityTag) &&
    (lastModified === null ||
      dateField(headResponse, "last-modified", stored.policy.responseAt) === stored.policy.lastModifiedAt) &&
    (contentLength === null || contentLength === String(stored.size))
  );
}

/**
 * The request fields for a fill: without the client's conditions and ranges, which are about the client's copy and
 * would bring an answer that is no response to store (§4.3.1, §3.3).
 */
export function withoutConditionals(fields: FieldList): FieldList {
  return fields.filter(([name]) => !conditionalFields.has(name));
}

const conditionalFields: ReadonlySet<string> = new Set([
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "range",
]);

const fixedFields: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-length",
  "content-md5",
  "content-range",
  "set-cookie",
]);

function dateField(fields: FieldReader, name: string, now: number): number | null {
  const value = fields.get(name);
  return value === null ? null : parseHttpDate(value, now);
}
