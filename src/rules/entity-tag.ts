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

/**
 * Whether two entity tags are of one content, alike but for what a server that compresses makes of a tag: it makes it
 * weak, or adds a suffix, and sends a 304 with the one where it was asked for the other.
 */
export function isSameContent(one: string, other: string): boolean {
  const [first, second] = [opaqueTag(one), opaqueTag(other)];
  return first === second || withoutSuffix(first) === second || first === withoutSuffix(second);
}

/** What stands before the closing quote, and who puts it there. */
const compressionSuffixes: readonly (readonly [suffix: string, server: string])[] = [
  ["-gzip", "Apache mod_deflate, Caddy"],
  ["-br", "Apache mod_brotli, Caddy"],
  ["-zstd", "Caddy"],
  ["--gzip", "Jetty"],
  ["--br", "Jetty"],
  ["--zstd", "Jetty"],
  ["--deflate", "Jetty"],
  [";gz", "LiteSpeed"],
  [";gzip", "LiteSpeed"],
  [";br", "LiteSpeed"],
  [";zstd", "LiteSpeed"],
];

/** The longest suffix goes: of `"v1--gzip"` two hyphens. */
function withoutSuffix(tag: string): string {
  const suffixes = compressionSuffixes
    .map(([suffix]) => `${suffix}"`)
    .filter((suffix) => tag.endsWith(suffix));
  const longest = suffixes.sort((one, other) => other.length - one.length)[0];
  return longest === undefined ? tag : `${tag.slice(0, -longest.length)}"`;
}

const entityTagPattern = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
// A backslash in an entity tag is a backslash, so this is no list of quoted strings.
const listMemberPattern = /(?:^|,)[ \t]*((?:W\/)?"[^"]*")[ \t]*(?=,|$)/g;

function opaqueTag(entityTag: string): string {
  return isWeak(entityTag) ? entityTag.slice(2) : entityTag;
}
