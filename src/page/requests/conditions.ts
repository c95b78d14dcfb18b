/** What somebody may want to look for, to begin with. */
export const examples: readonly string[] = [
  "cache=MISS,PASS",
  "status=5xx",
  "ms>200",
  "bytes>1MB",
  "reason=set-cookie",
  "path=/img/**",
];

/** A condition that only such requests meet; undefined where the value cannot be written as one. */
export function conditionFor(name: string, value: string): string | undefined {
  // A space ends a condition, and the others have a meaning of their own in one.
  return value === "" || /[\s*,?\\[\]{}]/.test(value) ? undefined : `${name}=${value}`;
}

/** The conditions with that one more, in place of what they say of the same so far. */
export function narrowed(where: string, condition: string): string {
  const name = nameIn(condition);
  return [...partsOf(where).filter((part) => nameIn(part) !== name), condition].join(" ");
}

export function isPartOf(where: string, condition: string): boolean {
  return partsOf(where).includes(condition);
}

/** The conditions without that one. */
export function widened(where: string, condition: string): string {
  return partsOf(where)
    .filter((part) => part !== condition)
    .join(" ");
}

function partsOf(where: string): string[] {
  return where.split(/\s+/).filter((part) => part !== "");
}

function nameIn(condition: string): string {
  return /^[a-z-]*/.exec(condition)?.[0] ?? "";
}
