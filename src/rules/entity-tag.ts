/** The value when it is an entity tag (RFC 9110 §8.8.3), else null. An unquoted one is none. */
export function parseEntityTag(value: string | null): string | null {
  return value !== null && entityTagPattern.test(value) ? value : null;
}

/** The entity tags of If-Match or If-None-Match. What is none is left out; "*" is the caller's. */
export function parseEntityTags(value: string): string[] {
  return [...value.matchAll(listMemberPattern)].flatMap((match) => parseEntityTag(match[1] ?? null) ?? []);
}

/** RFC 9110 §8.8.3.2: both strong and alike. */
export function strongMatch(one: string, other: string): boolean {
  return one === other && !isWeak(one);
}

/** RFC 9110 §8.8.3.2: alike, weak or not. */
export function weakMatch(one: string, other: string): boolean {
  return opaqueTag(one) === opaqueTag(other);
}

export function isWeak(entityTag: string): boolean {
  return entityTag.startsWith("W/");
}

const entityTagPattern = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
// A backslash in an entity tag is a backslash, so this is no list of quoted strings.
const listMemberPattern = /(?:^|,)[ \t]*((?:W\/)?"[^"]*")[ \t]*(?=,|$)/g;

function opaqueTag(entityTag: string): string {
  return isWeak(entityTag) ? entityTag.slice(2) : entityTag;
}
