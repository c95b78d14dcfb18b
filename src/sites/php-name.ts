/**
 * The name under which PHP finds a parameter or a cookie of this name, or null where it is the same, or none: spaces before
 * it are dropped, "." and " " become "_", and what begins with "[" names an element of it. So "?rest.route=/" is a
 * rest_route to WordPress, and must be one to the rules.
 */
export function phpName(name: string): string | null {
  if (!isChanged.test(name)) return null;
  const found = name
    .replace(/^ +/, "")
    .replace(/[[\0].*$/s, "")
    .replaceAll(/[ .]/g, "_");
  return found === "" ? null : found;
}

const isChanged = /[ .[\0]/;
