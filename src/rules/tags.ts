import type { FieldReader } from "./fields.ts";
import { parseGroups } from "./groups.ts";

/**
 * The fields by which origins give names to responses that are purged together, and what is between two names there.
 * Cache-Groups (RFC 9875) does it, too, and is read by its own rules.
 */
export const tagFields: ReadonlyMap<string, RegExp> = new Map([
  ["surrogate-key", /\s+/],
  ["cache-tag", /\s*,\s*/],
  ["cache-tags", /[\s,]+/],
  ["x-cache-tags", /[\s,]+/],
  ["xkey", /[\s,]+/],
  ["x-magento-tags", /[\s,]+/],
]);

/** All names of a response by which it is purged together with others: as sent, each once. */
export function tagsOf(response: FieldReader): readonly string[] {
  const tags = new Set(parseGroups(response.get("cache-groups")));
  for (const [field, separator] of tagFields) {
    for (const tag of response.get(field)?.split(separator) ?? []) if (tag !== "") tags.add(tag);
  }
  return tags.size === 0 ? none : [...tags];
}

const none: readonly string[] = [];
