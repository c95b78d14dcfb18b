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

/** The directives a response has for this cache, and whether they came from a targeted field. */
export interface ResponseDirectives {
  readonly directives: CacheControl;
  /** Then Cache-Control and Expires say nothing to this cache (RFC 9213 §2.2). */
  readonly targeted: boolean;
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
    if (found.length > 0) return { directives: cacheControlOf(found), targeted: true };
  }
  return { directives: parseCacheControl(response.get("cache-control")), targeted: false };
}

/** RFC 9213 §2.1: parameters are ignored; a field that cannot be parsed, or is empty, is as good as absent. */
function dictionaryDirectives(value: string): Directive[] {
  try {
    return [...parseDictionary(value)].map(([name, member]) => [name, argumentOf(member)]);
  } catch (error) {
    if (error instanceof ParseError) return [];
    throw error;
  }
}

function argumentOf(member: Item | InnerList): Argument {
  if (isInnerList(member)) return { text: "", form: "malformed" };
  const value: BareItem = member[0];
  if (value === true) return { text: "", form: "none" };
  if (typeof value === "number" && Number.isInteger(value)) return { text: String(value), form: "token" };
  if (typeof value === "string") return { text: value, form: "quoted" };
  return { text: "", form: "malformed" };
}

/** Members may end in ";device": those for another device are not for us. "60+30" is a lifetime of 60. */
function surrogateDirectives(value: string): Directive[] {
  return splitList(value).flatMap((member) => {
    const targetAt = member.lastIndexOf(";");
    const device = targetAt === -1 ? surrogateDevice : member.slice(targetAt + 1).trim();
    if (device !== surrogateDevice) return [];
    const directive = targetAt === -1 ? member : member.slice(0, targetAt).trim();
    return parseDirective(directive.replace(/(=\d+)\+\d+$/, "$1"));
  });
}
