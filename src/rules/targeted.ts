import {
  type BareItem,
  type InnerList,
  type Item,
  isInnerList,
  ParseError,
  parseDictionary,
} from "structured-headers";
import {
  type Argument,
  type CacheControl,
  cacheControlOf,
  type Directive,
  parseCacheControl,
  parseDirective,
} from "./cache-control.ts";
import type { FieldReader } from "./fields.ts";
import { splitList } from "./list-field.ts";

/** The directives a response has for this cache, and where they stand. */
export interface ResponseDirectives {
  readonly directives: CacheControl;
  /** "cache-control", or a targeted field: then Cache-Control and Expires say nothing to this cache (RFC 9213 §2.2). */
  readonly field: string;
}

/** How this cache is called in Surrogate-Control: `max-age=60;cacheproxy`. */
export const surrogateDevice = "cacheproxy";

/** What the origin is told in Surrogate-Capability when Surrogate-Control is obeyed (W3C Edge Architecture §2.2). */
export const surrogateCapability = `${surrogateDevice}="Surrogate/1.0"`;

/**
 * The first of the targeted fields that is there and well-formed, else Cache-Control (RFC 9213 §2.2). Names are
 * lower-case. Surrogate-Control has a syntax of its own; all others are structured fields.
 */
export function responseDirectives(
  response: FieldReader,
  targetedFields: readonly string[],
): ResponseDirectives {
  for (const name of targetedFields) {
    const value = response.get(name);
    if (value === null) continue;
    const found = name === "surrogate-control" ? surrogateDirectives(value) : dictionaryDirectives(value);
    if (found.length > 0) return { directives: cacheControlOf(found), field: name };
  }
  return { directives: parseCacheControl(response.get("cache-control")), field: "cache-control" };
}

/**
 * RFC 9213 §2.1: parameters are ignored; a field that cannot be parsed, is empty, or gives a directive a value of another
 * type than it has is as good as absent. `max-age="60"` beside `Cache-Control: no-store` stores nothing.
 */
function dictionaryDirectives(value: string): Directive[] {
  let members: readonly (readonly [string, Item | InnerList])[];
  try {
    members = [...parseDictionary(value)];
  } catch (error) {
    if (error instanceof ParseError) return [];
    throw error;
  }
  const written = writtenValues(value);
  const directives = members.map(
    ([name, member]): Directive => [name, argumentOf(member, written.get(name) ?? "")],
  );
  return directives.every(hasItsType) ? directives : [];
}

/** What stands behind the "=" of each member: the parser gives 60 for the Decimal 60.0 as well. The last of a name counts. */
function writtenValues(value: string): ReadonlyMap<string, string> {
  return new Map(
    splitList(value).map((member) => {
      const [name = "", text = ""] = member.split("=", 2);
      return [name, text];
    }),
  );
}

/** "none" is the Boolean true, "token" an Integer that is not negative, "quoted" a String, "malformed" all else. */
function argumentOf(member: Item | InnerList, written: string): Argument {
  if (isInnerList(member)) return { text: "", form: "malformed" };
  const value: BareItem = member[0];
  if (value === true) return { text: "", form: "none" };
  if (typeof value === "number" && /^\d+(?:;|$)/.test(written)) return { text: String(value), form: "token" };
  if (typeof value === "string") return { text: value, form: "quoted" };
  return { text: "", form: "malformed" };
}

function hasItsType([name, { form }]: Directive): boolean {
  return directiveForms.get(name)?.includes(form) ?? true;
}

/** What RFC 9111 §5.2.2, RFC 5861 and RFC 8246 give these directives, by the mapping of RFC 9213 §2.1. */
const directiveForms: ReadonlyMap<string, readonly Argument["form"][]> = new Map([
  ["max-age", ["token"]],
  ["s-maxage", ["token"]],
  ["stale-while-revalidate", ["token"]],
  ["stale-if-error", ["token"]],
  ["no-cache", ["none", "quoted"]],
  ["private", ["none", "quoted"]],
  ["no-store", ["none"]],
  ["no-transform", ["none"]],
  ["must-revalidate", ["none"]],
  ["must-understand", ["none"]],
  ["proxy-revalidate", ["none"]],
  ["public", ["none"]],
  ["immutable", ["none"]],
]);

/**
 * Members may end in ";device": those for another device are not for us. "60+30" is a lifetime of 60. This is no
 * structured field, so that its directives are read as those of Cache-Control are: what makes no sense is 0.
 */
function surrogateDirectives(value: string): Directive[] {
  return splitList(value).flatMap((member) => {
    const targetAt = member.lastIndexOf(";");
    const device = targetAt === -1 ? surrogateDevice : member.slice(targetAt + 1).trim();
    if (device !== surrogateDevice) return [];
    const directive = targetAt === -1 ? member : member.slice(0, targetAt).trim();
    return parseDirective(directive.replace(/(=\d+)\+\d+$/, "$1"));
  });
}
