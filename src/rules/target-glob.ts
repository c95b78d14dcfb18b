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

/**
 * How targets begin that the glob can name: each of these begins with one of them. They may be written as the glob is up to its
 * first star, or so far and then with a character that is percent-encoded: "/img/*" is also "/%69mg/a.png".
 */
export function literalStarts(glob: string): readonly string[] {
  const [start = "/"] = alikeInTargets.exec(percentDecoded(glob.replace(/\*.*$/s, ""))) ?? [];
  const spelt = Array.from({ length: start.length - 1 }, (_, index) => `${start.slice(0, index + 1)}%`);
  return [start, ...spelt];
}

/** ASCII that stands for itself wherever it stands; of a long text the beginning says enough. */
const alikeInTargets = /^[!-$&-)+-~]{1,32}/;

/**
 * The path of a target, as a glob that a rule of the file may have for it. It stands for that path alone: a star in it, which
 * whoever asks may have chosen, is percent-encoded, and so is what no file has, or nobody would see.
 */
export function pathGlobOf(target: string): string {
  const path = percentDecoded(pathOf(target));
  return path.startsWith("/") ? path.replaceAll(/[\s?#%*\p{Cc}\p{Cf}]/gu, encoded) : "/";
}

function encoded(character: string): string {
  return character === "*" ? "%2A" : encodeURIComponent(character);
}

function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query === -1 ? target : target.slice(0, query);
}
