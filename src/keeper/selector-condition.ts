import { primaryKey as primaryKeyOf } from "../rules/cache-key.ts";
import type { Selector } from "../store/tier.ts";

/** No UTF-8 text has the byte FF, so this is every key that begins with a text (given twice), by way of the index. */
const withPrefix = "primaryKey >= ? AND primaryKey < ? || CAST(x'ff' AS TEXT)";
/** Every key of a host, or where it is null (given twice) of every one: see rules/cache-key. */
const ofHost = "(? IS NULL OR substr(primaryKey, instr(primaryKey, ' ') + 1) = ?)";

/** The rows that a selector names, as a condition of SQL with its values. */
export function conditionOf(selector: Selector): { where: string; values: (string | null)[] } {
  switch (selector.by) {
    case "key":
      return { where: "primaryKey = ?", values: [selector.primaryKey] };
    case "variant":
      return {
        where: "primaryKey = ? AND variantKey = ?",
        values: [selector.primaryKey, selector.variantKey],
      };
    case "target": {
      const beginning = primaryKeyOf({ target: selector.target, host: "" });
      return { where: withPrefix, values: [beginning, beginning] };
    }
    case "prefix": {
      const { targetPrefix, host } = selector;
      return { where: `${withPrefix} AND ${ofHost}`, values: [targetPrefix, targetPrefix, host, host] };
    }
    case "group":
      return {
        where: `seq IN (SELECT seq FROM groups WHERE name = ?) AND ${ofHost}`,
        values: [selector.group, selector.host, selector.host],
      };
    case "all":
      return { where: "TRUE", values: [] };
  }
}
