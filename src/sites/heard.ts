import type { FieldReader } from "../rules/fields.ts";
import { isNominable, nominatedBy } from "../rules/hop-by-hop.ts";

/**
 * A field as rules hear it: not one that Connection names, for the origin is not told it (RFC 9110 §7.6.1). A client could
 * else have an answer that was made without the field kept for all who send it.
 */
export function heard(fields: FieldReader, name: string): string | null {
  const value = fields.get(name);
  if (value === null || !isNominable(name)) return value;
  return nominatedBy(fields.get("connection")).has(name) ? null : value;
}
