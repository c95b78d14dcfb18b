/**
 * Path and query of a URL as Bun's server and `URL` write it: absolute, or relative when the Host is odd or missing.
 * No URL object: this is on the path of every hit.
 */
export function targetOf(url: string): string {
  const start = url.charCodeAt(0) === slash ? 0 : url.indexOf("/", url.indexOf("://") + 3);
  const fragment = url.indexOf("#", start);
  return fragment === -1 ? url.slice(start) : url.slice(start, fragment);
}

const slash = 47;

/**
 * A target as Bun's server gives it where it can read the Host, and as `fetch` asks for it: dot segments resolved, what
 * needs it encoded, no fragment. Begins with "/".
 */
export function normalTarget(target: string): string {
  const url = URL.parse(`http://any${target}`);
  return url === null ? target : targetOf(url.href);
}

/** The target that the origin is asked for where a client names this one. `index`: what "/" asks for, without slash. */
export function targetAsked(target: string, index: string | null): string {
  if (target === "/" && index !== null) return `/${index}`;
  // Bun's fetch sends a path that begins with several slashes with one: the key is of what is asked.
  return target.startsWith("//") ? target.replace(/^\/+/, "/") : target;
}
