import { percentDecoded } from "../rules/escapes.ts";
import { anyMatcher, type Matcher, nameMatcher } from "../rules/glob.ts";
import { phpName } from "./php-name.ts";
import type { QueryPlan } from "./plan.ts";

/** Makes of a target the one without what is to be ignored in its query. All that stays is written as it was. */
export function compileQuery({ ignore, keep, sort }: QueryPlan): (target: string) => string {
  const isIgnored = ignore === undefined ? () => false : nameIn(ignore, nameOfWhole);
  const isKept = keep === undefined ? () => true : nameIn(keep, nameOfWhole);
  return (target) => {
    const start = target.indexOf("?");
    if (start === -1) return target;
    const parameters = target.slice(start + 1).split("&");
    const left = parameters.filter((parameter) => isKept(parameter) && !isIgnored(parameter));
    const query = (sort === true ? sorted(left) : left).join("&");
    return query === "" ? target.slice(0, start) : `${target.slice(0, start)}?${query}`;
  };
}

/** Whether the query of a target has a parameter with one of these names. */
export function queryCondition(names: readonly string[]): (target: string) => boolean {
  const isNamed = nameIn(names, phpName);
  return (target) => {
    const start = target.indexOf("?");
    return (
      start !== -1 &&
      target
        .slice(start + 1)
        .split("&")
        .some(isNamed)
    );
  };
}

type Alias = (name: string) => string | null;

/** Whether a parameter, as it is written, has one of these names, by its own or by another that it has, too. */
function nameIn(globs: readonly string[], alias: Alias): Matcher {
  const isNamed = anyMatcher(globs.map(nameMatcher));
  return (parameter) => {
    const name = parameterName(parameter);
    if (isNamed(name)) return true;
    const other = alias(name);
    return other !== null && isNamed(other);
  };
}

/** "preview[]=1" is PHP's way to write an element of preview. */
function nameOfWhole(name: string): string | null {
  const bracket = name.indexOf("[");
  return bracket > 0 ? name.slice(0, bracket) : null;
}

/** Of a parameter as it is written, without its value. */
export function parameterName(parameter: string): string {
  const equals = parameter.indexOf("=");
  const name = equals === -1 ? parameter : parameter.slice(0, equals);
  return percentDecoded(name.replaceAll("+", " "));
}

/** By name; what has the same name keeps its order, which servers go by. */
function sorted(parameters: readonly string[]): string[] {
  const named = parameters
    .filter((parameter) => parameter !== "")
    .map((text) => ({ name: parameterName(text), text }));
  named.sort((one, other) => (one.name === other.name ? 0 : one.name < other.name ? -1 : 1));
  return named.map(({ text }) => text);
}
