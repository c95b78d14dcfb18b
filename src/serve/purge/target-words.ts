import { type Misread, misread } from "./wanted.ts";

/** One page, all that begins so, or all that a glob names, without host: "/a?b", "/blog/", "/blog/**.html". */
export interface TargetWord {
  readonly by: "page" | "prefix" | "glob";
  readonly text: string;
}

type TargetReading = TargetWord | Misread;

/**
 * What is meant by a target that begins with a slash, by the way that X-Purge-Method names; null where there is none: then stars
 * mean something where plugins mean something by them, at the end.
 */
export function readTarget(target: string, method: string | null): TargetReading {
  switch (method?.toLowerCase() ?? null) {
    case "exact":
      return { by: "page", text: target };
    case null:
    case "default":
      return target.endsWith(".*") ? readExpression(target) : { by: "page", text: target };
    case "prefix":
      return { by: "prefix", text: target.replace(/\.?\*$/, "") };
    case "wildcard":
      return readWildcard(target.replaceAll(".*", "*"));
    case "regex":
      return readExpression(target);
    default:
      return misread("X-Purge-Method should be one of exact, default, prefix, wildcard and regex");
  }
}

/** "*" stands for anything, slashes too; without one it is that path with any query. */
export function readWildcard(target: string): TargetWord {
  return { by: "glob", text: target.replaceAll(/\*+/g, "**") };
}

/**
 * A regular expression that is a text and perhaps ".*", in it or after it: all that plugins write. It is read and never run. They
 * put paths in it as they are, so that a dot is a dot, and "?" begins the query. Where it does not say that it ends, "$", anything
 * may follow.
 */
function readExpression(expression: string): TargetReading {
  const hasEnd = expression.endsWith("$");
  const pieces = expression
    .replace(/^\/?(?:\^|%5E)\/?/i, "/")
    .slice(0, hasEnd ? -1 : undefined)
    .split(anything);
  const isOpen = pieces.length > 1 && pieces.at(-1) === "";
  const texts = isOpen ? pieces.slice(0, -1) : pieces;
  if (texts.some((text) => special.test(text))) {
    return misread(
      "as a regular expression only a path with .* is understood, such as /blog/.*; or name it by X-Purge-Method: exact, prefix or wildcard",
    );
  }
  const [first = ""] = texts;
  const ends = hasEnd && !isOpen;
  if (texts.length === 1) return { by: ends ? "page" : "prefix", text: first };
  return { by: "glob", text: texts.join("**") + (ends ? "" : "**") };
}

const anything = /(?:\(\.\*\)|\.\*)+/;

/** Some may come percent-encoded. A backslash never comes: Bun's server has made a slash of it. */
const special = /[*+()[\]{}|^$]|%5[BDE]|%7[BCD]/i;
