/**
 * The tags in a pattern as Magento writes it, `((^|,)cat_p_1(,|$))|((^|,)cat_p_2(,|$))`: a regular expression for a list of tags
 * with commas, that finds exactly these; or as Proxy Cache Purge does, with the bars alone. It is read and never run. "all" is
 * for the one that finds any list; null is for all others. In time that grows with the text.
 */
export function tagsOfPattern(pattern: string): readonly string[] | "all" | null {
  if (pattern === ".*") return "all";
  const tags: string[] = [];
  let at = 0;
  // What ends with a bar has an empty one behind it, which is none.
  while (at <= pattern.length) {
    oneTag.lastIndex = at;
    const [whole, bracketed, bare, alone] = oneTag.exec(pattern) ?? [];
    const tag = bracketed ?? bare ?? alone;
    if (whole === undefined || tag === undefined) return null;
    tags.push(tag.replaceAll(/\\(.)/g, "$1"));
    at += whole.length + "|".length;
  }
  return tags;
}

/** No character that means something in a regular expression, but the dot, which tags have as it is. */
const name = String.raw`((?:[^\\()|,^$*+?[\]{}]|\\[^A-Za-z0-9])+)`;
const between = String.raw`\(\^\|,\)${name}\(,\|\$\)`;
const oneTag = new RegExp(String.raw`(?:\(${between}\)|${between}|${name})(?=\||$)`, "y");
