import type { Advice, Facts } from "../../control/explanation.ts";
import { isPagePart } from "../../rules/page-part.ts";
import { pathGlobOf } from "../../rules/target-glob.ts";
import { type ResponseDirectives, responseDirectives } from "../../rules/targeted.ts";
import { isKeptOfItself } from "../../sites/on-response.ts";
import { pathCondition, quoted, writtenRule } from "../../sites/written-rule.ts";
import { conventionalName } from "../answer/answer.ts";
import { written } from "./durations.ts";

/**
 * Before each rule that gives a lifetime: it is given to visitors with cookies as well, who may have pages of their own, where
 * the origin has not thought of them.
 */
export const likewise = "Or, again only if every visitor gets the same";

/** What is advised for a reason. */
export type Advise = (facts: FactsOfMany) => readonly Advice[];

export function atOrigin(text: string, copy: string | null = null): Advice {
  return { where: "origin", text, copy };
}

export function byOption(text: string, copy: string | null = null): Advice {
  return { where: "option", text, copy };
}

export function ofClient(text: string): Advice {
  return { where: "client", text, copy: null };
}

export function inFile(text: string, copy: string | null = null): Advice {
  return { where: "file", text, copy };
}

/** Nothing is wrong; `why`. */
export function nothing(why: string): Advise {
  return () => [{ where: "nothing", text: `Nothing is to be changed: ${why}.`, copy: null }];
}

/** Facts of one request out of many that are to have one rule. */
export interface FactsOfMany extends Facts {
  /** Globs for the paths of all of them; where it says nothing the rule is for the path of the request. */
  readonly paths?: readonly string[];
}

/** A rule for this one page, or for many, to be written where it counts: before the other rules of its site. */
export function rule(
  facts: FactsOfMany,
  text: string,
  settings: readonly string[],
  condition: readonly string[] = [],
): Advice {
  const scene = { site: facts.site ?? "", origins: facts.origins };
  const paths = facts.paths ?? [pathGlob(facts)];
  const conditions = [
    pathCondition(paths),
    ...(condition.length > 0 ? condition : statusFor(facts, settings)),
  ];
  const { place, text: copy } = writtenRule(scene, conditions, settings);
  return inFile(`${text}, ${place}:`, copy);
}

/** The status of an error or a redirect, which a lifetime is for only where it is named. */
function statusFor(facts: FactsOfMany, settings: readonly string[]): readonly string[] {
  const status = statusOfPage(facts);
  const hasLifetime = settings.some((setting) => setting.startsWith("lifetime ="));
  return !hasLifetime || isKeptOfItself(status) ? [] : [`status = ${status}`];
}

/** A 304 tells nothing but that what is stored is right. */
function statusOfPage({ fetched, stored }: Facts): number {
  const status = fetched?.status ?? 304;
  return status === 304 ? (stored.find(({ isSelected }) => isSelected)?.status ?? 200) : status;
}

/** The path that rules would compare, as a glob that stands for it. */
function pathGlob({ key, url }: Facts): string {
  const target = key?.target ?? /^https?:\/\/[^/]*(.*)$/i.exec(url)?.[1] ?? "/";
  return pathGlobOf(target);
}

/** Of the response that is judged; null where there is none. */
export function fieldOfAnswer({ fetched }: Facts, name: string): string | null {
  const values = fetched?.fields?.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
  return values === undefined || values.length === 0 ? null : values.join(", ");
}

/** Whether the request tells who sends it, so that what comes back may be one person's. */
export function isFromSomebody({ sender }: Facts): boolean {
  return sender !== null && sender.kind !== "anonymous";
}

/** Whether it does so by a password or a key: no rule has such an answer given to others, only the origin's own word. */
export function isIdentified({ sender }: Facts): boolean {
  return sender?.kind === "identified";
}

const day = 86_400;
const minute = 60;

/** Seconds that harm nobody: a day for what pages are made of, a minute for the pages. */
export function gentleLifetime(facts: Facts): number {
  const type = fieldOfAnswer(facts, "content-type");
  return isPagePart(type) ? day : minute;
}

export function ruleOfLifetime(facts: Facts, name = "lifetime"): string {
  return `${name} = ${quoted(written(gentleLifetime(facts)))}`;
}

/** What the response says to caches, as those read it who serve. */
export function saidOf(facts: Facts): ResponseDirectives {
  return responseDirectives({ get: (name) => fieldOfAnswer(facts, name) }, facts.targeted);
}

/** The field that the origin would send: where it speaks to caches by a field of their own, that one is what counts. */
export function lifetimeField(facts: Facts, directives = `s-maxage=${gentleLifetime(facts)}`): string {
  const { field } = saidOf(facts);
  if (field === "cdn-cache-control") return `CDN-Cache-Control: ${directives}`;
  // It is for shared caches alone, and has no directive that says so.
  if (field === "surrogate-control") return `Surrogate-Control: ${directives.replace("s-maxage", "max-age")}`;
  return `${conventionalName(field)}: ${directives}`;
}
