import { isToken, splitList } from "./list-field.ts";
import { remembered } from "./remembered.ts";

/**
 * The directives of a Cache-Control field, in a request or a response (RFC 9111 §5.2). Names are lower-case.
 *
 * A directive that is repeated, contradicts itself or makes no sense is read so that the least may be reused: it is
 * present, its seconds are the least of those given, and 0 where one of them is no number.
 */
export interface CacheControl {
  has(directive: string): boolean;
  /** Present, and nowhere with an argument. */
  isBare(directive: string): boolean;
  /** Delta-seconds (§1.2.2), 2^31 at the most; null when the directive is absent. */
  seconds(directive: string): number | null;
  /**
   * Lower-case field names of a qualified directive (`private="set-cookie"`). Null when the directive is absent, or
   * anywhere without a quoted list of field names: then it stands for the whole response.
   */
  fields(directive: string): readonly string[] | null;
}

/** What stands behind the "=" of a directive. */
export interface Argument {
  readonly text: string;
  readonly form: "none" | "token" | "quoted" | "malformed";
}

export type Directive = readonly [name: string, argument: Argument];

/** Never throws. `null` is an absent field. */
export function parseCacheControl(value: string | null): CacheControl {
  return value === null ? noDirectives : directivesOf(value);
}

const directivesOf = remembered((value) => cacheControlOf(splitList(value).flatMap(parseDirective)));

/** The directive in one member of the field; none when the member does not begin with a name. */
export function parseDirective(member: string): readonly Directive[] {
  const name = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/.exec(member)?.[0];
  if (name === undefined) return [];
  return [[name.toLowerCase(), parseArgument(member.slice(name.length))]];
}

/** Reads directives that were taken from elsewhere, such as a targeted field. */
export function cacheControlOf(directives: readonly Directive[]): CacheControl {
  if (directives.length === 0) return noDirectives;
  const named = new Map<string, Argument[]>();
  for (const [name, argument] of directives) {
    const others = named.get(name);
    if (others === undefined) named.set(name, [argument]);
    else others.push(argument);
  }
  return {
    has: (directive) => named.has(directive),
    isBare: (directive) => named.get(directive)?.every(({ form }) => form === "none") ?? false,
    seconds: (directive) => leastSeconds(named.get(directive)),
    fields: (directive) => allFieldNames(named.get(directive)),
  };
}

/** RFC 9111 §1.2.2: a greater number is as good as this one. */
export const longestSeconds = 2 ** 31;

const noDirectives: CacheControl = {
  has: () => false,
  isBare: () => false,
  seconds: () => null,
  fields: () => null,
};

function parseArgument(rest: string): Argument {
  if (rest === "") return { text: "", form: "none" };
  if (!rest.startsWith("=")) return { text: rest, form: "malformed" };
  const text = rest.slice(1);
  if (isToken(text)) return { text, form: "token" };
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(text)?.[1];
  if (quoted === undefined) return { text, form: "malformed" };
  return { text: quoted.replace(/\\(.)/gs, "$1"), form: "quoted" };
}

function leastSeconds(occurrences: readonly Argument[] | undefined): number | null {
  if (occurrences === undefined) return null;
  return Math.min(...occurrences.map(({ text, form }) => (form === "malformed" ? 0 : deltaSeconds(text))));
}

function deltaSeconds(text: string): number {
  return /^\d+$/.test(text) ? Math.min(Number(text), longestSeconds) : 0;
}

function allFieldNames(occurrences: readonly Argument[] | undefined): readonly string[] | null {
  if (occurrences === undefined) return null;
  const names: string[] = [];
  for (const { text, form } of occurrences) {
    const listed = splitList(text);
    // The token form (private=x) is not to be generated, and too often means something else: private=true.
    const isList = listed.length > 0 && listed.every((name) => isToken(name) && name !== "*");
    if (form !== "quoted" || !isList) return null;
    names.push(...listed.map((name) => name.toLowerCase()));
  }
  return names;
}
