import type { Range, Wanted } from "../../control/entries-request.ts";
import type { FieldList } from "../../rules/fields.ts";
import { currentAge } from "../../rules/freshness.ts";
import type { Policy } from "../../rules/policy.ts";
import { type Judged, typeOf } from "./row.ts";

/**
 * Whether a row is one of those that are wanted. What costs least is asked first. Throws a `SyntaxError` or a `TypeError` where
 * the row is not readable.
 */
export type IsWanted = (row: Judged, policy: Policy | null) => boolean;

export function wantedBy(wanted: Wanted, now: number): IsWanted {
  const { tag, type, isStale, isPartial } = wanted;
  return (row, policy) => {
    if (!isIn(wanted.size, row.size) || !isIn(wanted.status, row.status)) return false;
    if (!isIn(wanted.hits, row.hits)) return false;
    if (!isIn(wanted.unusedFor, now - row.lastUsedAt)) return false;
    if (isPartial !== null && isPartial !== (row.isPartial === 1)) return false;
    if (policy === null) return type === null || isOfType(row, type);
    const age = currentAge(policy, now);
    const left = policy.freshnessLifetime - age;
    if (!isIn(wanted.age, age) || !isIn(wanted.left, left)) return false;
    if (isStale !== null && isStale !== left <= 0) return false;
    if (tag !== null && !policy.tags.includes(tag)) return false;
    return type === null || isOfType(row, type);
  };
}

/** Whether the policy says something that is asked for. */
export function needsPolicy({ age, left, isStale, tag }: Wanted): boolean {
  return (
    isStale !== null || tag !== null || [age, left].some(({ least, most }) => least !== null || most !== null)
  );
}

function isIn({ least, most }: Range, value: number): boolean {
  return (least === null || value >= least) && (most === null || value <= most);
}

/** "image/*" is each of its kind. */
function isOfType({ fields }: Judged, type: string): boolean {
  const own = typeOf(JSON.parse(fields ?? "[]") as FieldList);
  if (own === null) return false;
  return type.endsWith("/*") ? own.startsWith(type.slice(0, -1)) : own === type;
}
