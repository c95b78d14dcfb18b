import type { Whose } from "../rules/cache-key.ts";
import type { Selector } from "../store/tier.ts";

/** A condition of SQL with the values of its question marks. */
export interface Condition {
  readonly where: string;
  readonly values: readonly string[];
}

/** What of a key comes after the target, with a space at its end, so that each part has one behind it: see rules/cache-key. */
const ending = "substr(primaryKey || ' ', instr(primaryKey, ' ') + 1)";
/** The same without the host. */
const afterHost = `substr(${ending}, instr(${ending}, ' '))`;

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
      return all([keysBeginWith(`${selector.target} ${selector.host ?? ""}`), ...ofWhom(selector)]);
    case "prefix":
      return all([keysBeginWith(selector.targetPrefix), ...ofWhom(selector)]);
    case "group":
      return all([
        { where: "seq IN (SELECT seq FROM groups WHERE name = ?)", values: [selector.group] },
        ...ofWhom(selector),
      ]);
    case "all":
      return { where: "TRUE", values: [] };
  }
}

/** No UTF-8 text has the byte FF, so this is every key that begins with the text, by way of the index. */
function keysBeginWith(text: string): Condition {
  return { where: "primaryKey >= ? AND primaryKey < ? || CAST(x'ff' AS TEXT)", values: [text, text] };
}

function ofWhom({ host, site }: Whose): Condition[] {
  return [
    ...(host === null ? [] : [beginsWith(ending, `${host} `)]),
    ...(site === null ? [] : [ofSite(site)]),
  ];
}

function ofSite(site: string): Condition {
  if (site !== "") return beginsWith(afterHost, ` @${site} `);
  const { where, values } = beginsWith(afterHost, " @");
  return { where: `NOT ${where}`, values };
}

function beginsWith(expression: string, text: string): Condition {
  return { where: `(substr(${expression}, 1, length(?)) = ?)`, values: [text, text] };
}

function all(conditions: readonly Condition[]): Condition {
  return {
    where: conditions.map(({ where }) => where).join(" AND "),
    values: conditions.flatMap(({ values }) => values),
  };
}
