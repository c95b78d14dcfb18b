import { isSameContent, isWeak, parseEntityTag } from "./entity-tag.ts";
import type { FieldList, FieldReader } from "./fields.ts";
import { isHopByHop } from "./hop-by-hop.ts";
import { formatHttpDate, parseHttpDate } from "./http-date.ts";
import type { Policy, Validators } from "./policy.ts";
import { isAcceptable } from "./vary.ts";

interface Stored {
  readonly response: { readonly policy: Policy; readonly variantKey: string };
}

/** What the origin is asked to confirm, and how. */
export interface Conditions<Each> {
  /** The stored response that the request selects, or those that it may be given although it selects none. */
  readonly about: readonly Each[];
  readonly isSelected: boolean;
  /** Empty when there is nothing to confirm them by. */
  readonly fields: FieldList;
}

/**
 * The conditions that ask the origin to confirm a stored response (RFC 9111 §4.3.1): the validators of the one the
 * request selects, or, where Vary lets it select none, the strong entity tags of those that it may be given. A weak tag
 * will not do for those: it is shared by codings of one content. The tags of others are not sent: an origin that has one
 * strong tag for all codings would confirm the gzip of a page for a client that cannot read it.
 */
export function conditionsFor<Each extends Stored>(
  candidates: readonly Each[],
  selected: Each | null,
  request: FieldReader,
): Conditions<Each> {
  if (selected === null) return conditionsForNone(candidates, request);
  const { entityTag, lastModifiedAt } = selected.response.policy;
  const fields: [string, string][] = [];
  if (entityTag !== null && entityTag.length <= mostTagBytes) fields.push(["if-none-match", entityTag]);
  if (lastModifiedAt !== null) fields.push(["if-modified-since", formatHttpDate(lastModifiedAt)]);
  return { about: [selected], isSelected: true, fields };
}

/** A request with more is refused by many servers; the newest are the likeliest. */
const mostTags = 8;
const mostTagBytes = 2048;

function conditionsForNone<Each extends Stored>(
  candidates: readonly Each[],
  request: FieldReader,
): Conditions<Each> {
  const about: Each[] = [];
  let tags: readonly string[] = [];
  for (const each of candidates) {
    const { entityTag } = each.response.policy;
    if (entityTag === null || isWeak(entityTag) || !isAcceptable(each.response, request)) continue;
    const withThis = tags.includes(entityTag) ? tags : [...tags, entityTag];
    if (withThis.length > mostTags || withThis.join(", ").length > mostTagBytes) continue;
    tags = withThis;
    about.push(each);
  }
  const fields: FieldList = tags.length === 0 ? [] : [["if-none-match", tags.join(", ")]];
  return { about, isSelected: false, fields };
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
 * The stored responses that a 304 to those conditions confirms (§4.3.4), of those that were asked about. None: it is
 * about something else. Where the request selects a response, a 304 without an entity tag can mean no other, and one
 * with the tag as a compressing server writes it means that; else the 304 confirms those with its strong entity tag.
 */
export function confirmedBy<Each extends Stored>(
  { about, isSelected }: Conditions<Each>,
  notModified: FieldReader,
): readonly Each[] {
  const named = parseEntityTag(notModified.get("etag"));
  return about.filter(({ response: { policy } }) =>
    isSelected ? isMeant(policy, named, notModified) : named !== null && named === policy.entityTag,
  );
}

function isMeant(
  { entityTag, lastModifiedAt, dateAt }: Policy,
  named: string | null,
  notModified: FieldReader,
): boolean {
  if (named !== null && entityTag !== null) return isSameContent(entityTag, named);
  // Without a tag to compare, a later date says that it has been modified after all.
  const modifiedAt = dateField(notModified, "last-modified", dateAt);
  return modifiedAt === null || lastModifiedAt === null || modifiedAt <= lastModifiedAt;
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
