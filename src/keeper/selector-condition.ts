import { keyEnding, type Whose } from "../rules/cache-key.ts";
import { literalStarts } from "../rules/target-glob.ts";
import type { Selector } from "../store/tier.ts";

/** A condition of SQL with the values of its question marks. */
export interface Condition {
  readonly where: string;
  readonly values: readonly string[];
}

/** What of a key comes after the target, with a space at its end, so that each part has one behind it: see rules/cache-key. */
const ending = "substr(primaryKey || ' ', instr(primaryKey, ' ') + 1)";
/** The same without the site. */
const fromHost = `CASE WHEN ${ending} LIKE '@%' THEN substr(${ending}, instr(${ending}, ' ') + 1) ELSE ${ending} END`;

/** The rows that a selector names. */
export function conditionOf(selector: Selector): Condition {
  switch (selector.by) {
    case "key":
      return { where: "primaryKey = ?", values: [selector.primaryKey] };
    case "variant":
      return {
        where: "primaryKey = ? AND variantKey = ?",
        values: [selector.primaryKey, selector.variantKey],
      };
    case "target":
      return all([keysBeginWith(selector.target + endingOf(selector)), ...ofWhom(selector)]);
    case "prefix":
      return all([keysBeginWith(selector.targetPrefix), ...ofWhom(selector)]);
    case "group":
      return all([
        { where: "seq IN (SELECT seq FROM groups WHERE name = ?)", values: [selector.group] },
        ...ofWhom(selector),
      ]);
    case "tag":
      return all([
        { where: "seq IN (SELECT seq FROM groups WHERE name = ?)", values: [selector.tag] },
        ...ofWhom(selector),
      ]);
    case "glob":
      return all([any(literalStarts(selector.glob).map(keysBeginWith)), ...ofWhom(selector)]);
    case "all":
      return { where: "TRUE", values: [] };
  }
}

/** No UTF-8 text has the byte FF, so this is every key that begins with the text, by way of the index. */
function keysBeginWith(text: string): Condition {
  return { where: "primaryKey >= ? AND primaryKey < ? || CAST(x'ff' AS TEXT)", values: [text, text] };
}

/** As much of the keys as is known of what comes after their target. */
function endingOf({ host, site }: Whose): string {
  if (site === null) return " ";
  return keyEnding({ host: host ?? "", site });
}

function ofWhom({ host, site }: Whose): Condition[] {
  return [
    ...(host === null ? [] : [beginsWith(fromHost, `${host} `)]),
    ...(site === null ? [] : [site === "" ? ofNoSite : beginsWith(ending, `@${site} `)]),
  ];
}

const ofNoSite: Condition = { where: `${ending} NOT LIKE '@%'`, values: [] };

function beginsWith(expression: string, text: string): Condition {
  return { where: `substr(${expression}, 1, length(?)) = ?`, values: [text, text] };
}

function any(conditions: readonly Condition[]): Condition {
  return {
    where: `(${conditions.map(({ where }) => where).join(" OR ")})`,
    values: conditions.flatMap(({ values }) => values),
  };
}

function all(conditions: readonly Condition[]): Condition {
  return {
    where: conditions.map(({ where }) => where).join(" AND "),
    values: conditions.flatMap(({ values }) => values),
  };
}
