import { percentDecoded } from "./escapes.ts";
import { type Matcher, pathMatcher } from "./glob.ts";

/**
 * A glob over what is asked for: over its path, whatever query goes with it, or over both where the glob has a "?". "*"
 * stands for anything within a segment, "**" for anything: see `pathMatcher`. It begins with a slash.
 */
export function targetMatcher(glob: string): Matcher {
  const matches = pathMatcher(glob);
  if (glob.includes("?")) return (target) => matches(percentDecoded(target));
  return (target) => matches(percentDecoded(pathOf(target)));
}

/** All targets that a glob can name begin so: what comes before its first star, as it is written. */
export function literalStart(glob: string): string {
  return glob.replace(/\*.*$/s, "");
}

function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query === -1 ? target : target.slice(0, query);
}
