import type { FieldReader } from "./fields.ts";
import { parseGroups } from "./groups.ts";

/**
 * The fields by which origins give names to responses that are purged together, and how their products separate them.
 * Cache-Groups (RFC 9875) does it, too, and is read by its own rules. A name is what stands between, as it was sent.
 */
export const tagFields: ReadonlyMap<string, (value: string) => readonly string[]> = new Map([
  // Fastly; names may have commas in them.
  ["surrogate-key", betweenSpaces],
  // Drupal's purge module, and its kin for Varnish.
  ["purge-cache-tags", betweenSpaces],
  ["cache-tags", betweenEither],
  // Cloudflare, Google and Netlify with commas, KeyCDN with spaces; none permits the other in a name.
  ["cache-tag", betweenEither],
  // The module of Varnish takes both.
  ["xkey", betweenEither],
  // FOSHttpCache; names may have spaces in them.
  ["x-cache-tags", betweenCommas],
  ["x-magento-tags", betweenCommas],
]);

/** All names of a response by which it is purged together with others: as sent, each once. */
export function tagsOf(response: FieldReader): readonly string[] {
  const tags = new Set(parseGroups(response.get("cache-groups")));
  for (const [field, namesIn] of tagFields) {
    const value = response.get(field);
    // Most responses have none of them, and this is asked of each.
    if (value === null) continue;
    for (const tag of namesIn(value)) if (tag !== "") tags.add(tag);
  }
  return tags.size === 0 ? none : [...tags];
}

const none: readonly string[] = [];

/** Whether nobody could be sure to find it by all of its names: they are kept for so many, and so much text. */
export function areTooMany(tags: readonly string[]): boolean {
  if (tags.length > mostTags) return true;
  return tags.reduce((sum, tag) => sum + tag.length, 0) > mostBytes;
}

const mostTags = 1000;
const mostBytes = 64 * 1024;

/**
 * The name as it stands in fields, for one that a person or a program writes elsewhere: fields are bytes, of which each is read
 * as one character, and what is beyond ASCII in them is UTF-8.
 */
export function tagAsSent(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The other way round, for people to read. */
export function tagAsText(tag: string): string {
  return Buffer.from(tag, "latin1").toString("utf8");
}

// In UTF-8 the last byte of "à" is what JavaScript takes for a space: only spaces and tabs separate, as in all of HTTP.

/** Several lines of the field come joined by ", ": that comma is of no name. */
function betweenSpaces(value: string): readonly string[] {
  return value.split(/[ \t]+/).map(withoutCommasAtEnd);
}

function betweenEither(value: string): readonly string[] {
  return value.split(/[ \t,]+/);
}

function betweenCommas(value: string): readonly string[] {
  return value.split(",").map(withoutSpacesAround);
}

function withoutCommasAtEnd(name: string): string {
  let end = name.length;
  while (name[end - 1] === ",") end--;
  return name.slice(0, end);
}

function withoutSpacesAround(name: string): string {
  let [start, end] = [0, name.length];
  while (isSpace(name[start])) start++;
  while (end > start && isSpace(name[end - 1])) end--;
  return name.slice(start, end);
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
