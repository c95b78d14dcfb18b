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

/**
 * Whether a client that sends this Accept-Encoding can read content in these codings (RFC 9110 §12.5.3), null for a field
 * that is not there. Without the field it can read any, by the letter; but who does not name gzip is mostly a program that
 * would write it to a file as it is.
 */
export function acceptsCodings(codings: string | null, accepted: string | null): boolean {
  const preferences = accepted === null ? [] : parsePreferences(accepted);
  if (preferences === null) return false;
  const applied = splitList(codings ?? "").map((coding) => currentName(coding));
  const unread = applied.filter((coding) => coding !== "identity");
  if (unread.length > 0) return unread.every((coding) => (weightOf(coding, preferences) ?? 0) > 0);
  return (weightOf("identity", preferences) ?? 1) > 0;
}

/**
 * Whether a client that sends this Accept-Language takes one of these languages, by basic filtering (RFC 4647 §3.3.1):
 * "de" takes de-AT. Without the field it takes any, by the letter (RFC 9110 §12.5.4); but crawlers send none, and are to
 * find the page in the language that the site itself prefers, not in that of its last visitor.
 */
export function acceptsLanguages(languages: string | null, accepted: string | null): boolean {
  const preferences = accepted === null ? [] : parsePreferences(accepted);
  if (preferences === null) return false;
  return splitList(languages ?? "").some(
    (language) => languageWeight(language.toLowerCase(), preferences) > 0,
  );
}

function weightOf(choice: string, preferences: readonly Preference[]): number | undefined {
  const named = preferences.find((preference) => preference.choice === choice);
  return (named ?? preferences.find((preference) => preference.choice === "*"))?.weight;
}

/** The longest range that covers the language counts. */
function languageWeight(language: string, preferences: readonly Preference[]): number {
  const covering = preferences.filter(
    ({ choice }) => choice === "*" || choice === language || language.startsWith(`${choice}-`),
  );
  const lengthOf = ({ choice }: Preference) => (choice === "*" ? 0 : choice.length);
  return covering.sort((one, other) => lengthOf(other) - lengthOf(one))[0]?.weight ?? 0;
}

/** What was worked out before: few values are in use, and every hit on a response with Vary needs one. */
const normalised = new Map<string, string>();
const mostRemembered = 256;
const longestRemembered = 256;

export interface Preference {
  /** Lower-case; a media range with its parameters. */
  readonly choice: string;
  readonly weight: number;
}

/** Most preferred first, then by name; null as below. */
function parsePreferences(value: string): readonly Preference[] | null {
  const choices = weightedChoices(value);
  return (
    choices?.sort((one, other) => other.weight - one.weight || (one.choice < other.choice ? -1 : 1)) ?? null
  );
}

/** In the order in which they are written; null when the value is no list of weighted choices (RFC 9110 §12.4.2). */
export function weightedChoices(value: string): Preference[] | null {
  // Only a parameter of a media range may be quoted, which nobody does.
  if (value.includes('"')) return null;
  const preferences: Preference[] = [];
  for (const member of splitList(value)) {
    const preference = parsePreference(member);
    if (preference === null) return null;
    preferences.push(preference);
  }
  return preferences;
}

function parsePreference(member: string): Preference | null {
  const [choice = "", ...parameters] = member.split(";").map((part) => part.trim());
  if (!choicePattern.test(choice)) return null;
  let weight = 1;
  const kept = [currentName(choice)];
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

function currentName(choice: string): string {
  return aliases.get(choice.toLowerCase()) ?? choice.toLowerCase();
}

/** RFC 9110 §8.4.1: two codings have an old name too. */
const aliases = new Map([
  ["x-gzip", "gzip"],
  ["x-compress", "compress"],
]);
