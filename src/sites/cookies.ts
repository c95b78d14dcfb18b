import { anyMatcher, nameMatcher } from "../rules/glob.ts";
import { cookieMark } from "./marks.ts";
import { phpName } from "./php-name.ts";

/** What is left of a Cookie field of which only some names count. */
export interface KeptCookies {
  /** Null for none. */
  readonly cookie: string | null;
  readonly marks: readonly string[];
}

/**
 * Keeps those with one of these names. They are sent in the order of their names, so that what the origin gets is what
 * the marks say; what has the same name keeps its order.
 */
export function compileKeptCookies(names: readonly string[]): (cookie: string) => KeptCookies {
  const isKept = anyMatcher(names.map(nameMatcher));
  return (cookie) => {
    const byName = new Map<string, Cookie[]>();
    for (const each of cookiesIn(cookie)) {
      if (isKept(each.name)) byName.set(each.name, [...(byName.get(each.name) ?? []), each]);
    }
    const kept = [...byName].sort(([one], [other]) => (one < other ? -1 : 1));
    if (kept.length === 0) return { cookie: null, marks: [] };
    return {
      cookie: kept.flatMap(([, same]) => same.map(written)).join("; "),
      marks: kept.map(([name, same]) =>
        cookieMark(
          name,
          same.map(({ value }) => value),
        ),
      ),
    };
  };
}

/**
 * Whether a Cookie field has a cookie of which the name is one of these. Two fields may have been joined by a comma, and
 * what follows it counts as a cookie, too, if it has a name: see rules/identity. PHP may know it by another one. Nothing is cut but the names: this is
 * asked of most requests.
 */
export function cookieCondition(names: readonly string[]): (cookie: string) => boolean {
  const isNamed = anyMatcher(names.map(nameMatcher));
  return (cookie) => {
    let isAfterComma = false;
    let equals = cookie.indexOf("=");
    for (let start = 0; start < cookie.length; ) {
      const end = endOfPart(cookie, start);
      if (equals !== -1 && equals < start) equals = cookie.indexOf("=", start);
      const hasValue = equals !== -1 && equals < end;
      if (hasValue || !isAfterComma) {
        const name = cookie.slice(start, hasValue ? equals : end).trim();
        if (isNamed(name)) return true;
        const toPhp = phpName(name);
        if (toPhp !== null && isNamed(toPhp)) return true;
      }
      isAfterComma = cookie[end] === ",";
      start = end + 1;
    }
    return false;
  };
}

/** Where the next ";" or "," is, or the end. */
function endOfPart(cookie: string, start: number): number {
  let end = start;
  while (end < cookie.length && cookie[end] !== ";" && cookie[end] !== ",") end++;
  return end;
}

interface Cookie {
  readonly name: string;
  /** As it is written, quotes and all; null where there is no "=". */
  readonly value: string | null;
}

function cookiesIn(cookie: string): Cookie[] {
  const pairs = cookie.split(";").map((pair) => pair.trim());
  return pairs.filter((pair) => pair !== "").map(cookieOf);
}

function cookieOf(pair: string): Cookie {
  const equals = pair.indexOf("=");
  if (equals === -1) return { name: pair, value: null };
  return { name: pair.slice(0, equals).trimEnd(), value: pair.slice(equals + 1).trimStart() };
}

function written({ name, value }: Cookie): string {
  return value === null ? name : `${name}=${value}`;
}
