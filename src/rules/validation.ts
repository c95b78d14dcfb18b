import { isWeak, parseEntityTag } from "./entity-tag.ts";
import type { FieldList, FieldReader } from "./fields.ts";
import { isHopByHop } from "./hop-by-hop.ts";
import { formatHttpDate, parseHttpDate } from "./http-date.ts";
import type { Policy, Validators } from "./policy.ts";

/**
 * The conditions that ask the origin to confirm a stored response (RFC 9111 §4.3.1): the validators of the one the
 * request selects, or, where Vary lets it select none, the strong entity tags of all that are stored under its key.
 * A weak tag will not do for those: it is shared by codings of one content, of which the client may take only some.
 * Empty when there is nothing to confirm them by.
 */
export function validatingFields(candidates: readonly Policy[], selected: Policy | null): FieldList {
  const entityTags =
    selected === null
      ? candidates.flatMap(strongTag)
      : selected.entityTag === null
        ? []
        : [selected.entityTag];
  const lastModifiedAt = selected?.lastModifiedAt ?? null;
  const fields: [string, string][] = [];
  if (entityTags.length > 0) fields.push(["if-none-match", [...new Set(entityTags)].join(", ")]);
  if (lastModifiedAt !== null) fields.push(["if-modified-since", formatHttpDate(lastModifiedAt)]);
  return fields;
}

/** The validators of a response that came at `receivedAt`, in milliseconds since the epoch. */
export function validatorsIn(response: FieldReader, receivedAt: number): Validators {
  return {
    entityTag: parseEntityTag(response.get("etag")),
    lastModifiedAt: dateField(response, "last-modified", receivedAt),
    dateAt: dateField(response, "date", receivedAt) ?? receivedAt,
  };
}

/**
 * The stored responses that a 304 to those conditions confirms (§4.3.4). None: it is about something else.
 *
 * Where the request selects a response, only that was asked about, and the 304 can mean no other, whatever validator
 * it bears: servers that compress are known to send the tag of the plain representation. Else the 304 confirms those
 * with its strong entity tag.
 */
export function selectForFreshening<T extends { readonly response: { readonly policy: Policy } }>(
  candidates: readonly T[],
  notModified: FieldReader,
  selected: T | null,
): readonly T[] {
  if (selected !== null) return [selected];
  const entityTag = parseEntityTag(notModified.get("etag"));
  if (entityTag === null) return [];
  return candidates.filter(({ response }) => strongTag(response.policy).includes(entityTag));
}

/**
 * The stored fields after a 304, or a HEAD that confirms (§3.2). Fields that describe the stored body stay as they
 * are. Age and Date are the new response's or none: the old ones would make it old. A Set-Cookie is for the client
 * that asked, and for the store only where cookies are shared.
 */
export function freshenedFields(
  stored: FieldList,
  notModified: FieldList,
  { shareSetCookie }: { readonly shareSetCookie: boolean },
): FieldList {
  const storedNames = new Set(stored.map(([name]) => name));
  const isUpdate = (name: string) =>
    !fixedFields.has(name) &&
    !isHopByHop(name) &&
    !(name === "etag" && storedNames.has("etag")) &&
    (shareSetCookie || name !== "set-cookie");
  const updates = notModified.filter(([name]) => isUpdate(name));
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
  return fields.filter(([name]) => !isConditional(name));
}

/** Whether a request field of that name is about the client's copy, or about a part: the cache itself answers it. */
export function isConditional(name: string): boolean {
  return conditionalFields.has(name);
}

function strongTag({ entityTag }: Policy): readonly string[] {
  return entityTag === null || isWeak(entityTag) ? [] : [entityTag];
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
]);

function dateField(fields: FieldReader, name: string, now: number): number | null {
  const value = fields.get(name);
  return value === null ? null : parseHttpDate(value, now);
}
