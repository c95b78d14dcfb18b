/** A rule that somebody is to copy into the file. */
export interface WrittenRule {
  /** Where it counts: "below [[site]] "shop", before its other rules". */
  readonly place: string;
  /** In TOML. */
  readonly text: string;
}

/** Where requests that the rule is for are answered. */
export interface RuleScene {
  /** The name of the site; "" where the file has none. */
  readonly site: string;
  /** Whom it asks. */
  readonly origins: readonly string[];
}

/**
 * A rule of that site, before its others or after them, as for each setting the first that says it decides. Where there is no
 * site in the file there has to be one, which is served as before. Without conditions it holds for all requests.
 */
export function writtenRule(
  { site, origins }: RuleScene,
  conditions: readonly string[],
  settings: readonly string[],
  order: "before" | "after" = "before",
): WrittenRule {
  const condition = conditions.length === 0 ? [] : [`if = { ${conditions.join(", ")} }`];
  const lines = ["[[site.rule]]", ...condition, ...settings];
  if (site === "") {
    const whole = ["[[site]]", 'name = "main"', ...usualOriginIn(origins), "", ...lines];
    return { place: "at the end of cacheproxy.toml", text: whole.join("\n") };
  }
  return { place: `below [[site]] ${quoted(site)}, ${order} its other rules`, text: lines.join("\n") };
}

/** "path = …" for these globs. */
export function pathCondition(globs: readonly string[]): string {
  const [first = "/", ...more] = globs.map(quoted);
  return `path = ${more.length === 0 ? first : `[${[first, ...more].join(", ")}]`}`;
}

/** A site of the file has the origin that somebody has said, but not the one that is asked where nobody has said any. */
function usualOriginIn([first]: readonly string[]): readonly string[] {
  return first === usualOrigin ? [`origins = [${quoted(usualOrigin)}]`] : [];
}

/** Where a server is looked for when nobody has said where it is. */
export const usualOrigin = "http://127.0.0.1:8000";

/** A text as TOML has it, in quotes. */
export function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
