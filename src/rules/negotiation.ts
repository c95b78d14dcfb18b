import { isToken, splitList } from "./list-field.ts";

/**
 * A request field's value so that values of one meaning are one (RFC 9111 §4.1). The members of Accept,
 * Accept-Encoding and Accept-Language stand in order of weight, then of name. Other fields, and values of these that
 * break their syntax, count as they were sent: only who defines a field knows whether it is a list, and to an origin
 * "https://shop.test," is another Origin than "https://shop.test".
 */
export function normalisedValue(name: string, value: string): string {
  if (name !== "accept" && name !== "accept-encoding" && name !== "accept-language") return value;
  const known = normalised.get(value);
  if (known !== undefined) return known;
  const preferences = parsePreferences(value);
  const normal = preferences === null ? value : formatPreferences(preferences);
  if (normalised.size >= mostRemembered) normalised.clear();
  if (value.length <= longestRemembered) normalised.set(value, normal);
  return normal;
}

/** The one choice that the value prefers to every other, lower-case; null when there is none or it is "*". */
export function mostPreferred(value: string): string | null {
  const preferences = parsePreferences(value);
  const [first, second] = preferences ?? [];
  if (first === undefined || first.weight === 0 || first.choice === "*") return null;
  return second !== undefined && second.weight === first.weight ? null : first.choice;
}

/** What was worked out before: few values are in use, and every hit on a response with Vary needs one. */
const normalised = new Map<string, string>();
const mostRemembered = 256;
const longestRemembered = 256;

interface Preference {
  /** Lower-case; a media range with its parameters. */
  readonly choice: string;
  readonly weight: number;
}

/** Most preferred first; null when the value is not a list of weighted choices (RFC 9110 §12.4.2). */
function parsePreferences(value: string): readonly Preference[] | null {
  // Only a parameter of a media range may be quoted, which nobody does.
  if (value.includes('"')) return null;
  const preferences: Preference[] = [];
  for (const member of splitList(value)) {
    const preference = parsePreference(member);
    if (preference === null) return null;
    preferences.push(preference);
  }
  return preferences.sort((one, other) => other.weight - one.weight || (one.choice < other.choice ? -1 : 1));
}

function parsePreference(member: string): Preference | null {
  const [choice = "", ...parameters] = member.split(";").map((part) => part.trim());
  if (!choicePattern.test(choice)) return null;
  let weight = 1;
  const kept = [aliases.get(choice.toLowerCase()) ?? choice.toLowerCase()];
  for (const parameter of parameters) {
    const [name = "", argument, ...more] = parameter.split("=");
    if (argument === undefined || more.length > 0 || !isToken(name) || !isToken(argument)) return null;
    if (name.toLowerCase() !== "q") kept.push(`${name.toLowerCase()}=${argument}`);
    else if (weightPattern.test(argument)) weight = Number(argument);
    else return null;
  }
  return { choice: kept.join(";"), weight };
}

function formatPreferences(preferences: readonly Preference[]): string {
  const written = preferences.map(({ choice, weight }) => (weight === 1 ? choice : `${choice};q=${weight}`));
  return [...new Set(written)].join(",");
}

const choicePattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?$/;
const weightPattern = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** RFC 9110 §8.4.1: two codings have an old name too. */
const aliases = new Map([
  ["x-gzip", "gzip"],
  ["x-compress", "compress"],
]);
