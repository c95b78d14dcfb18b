import type { Cause, CauseTarget } from "../../control/cacheability.ts";
import type { Advice } from "../../control/explanation.ts";
import type { Change } from "../../control/report.ts";
import { looksPersonal, mayBeOnePersons } from "./looks.ts";
import { type Alike, alikeIn } from "./paths.ts";
import { costliestFirst, sumOf } from "../../control/volume.ts";

/** One of the targets, and for which paths a rule would be: null for that of the target alone. */
export interface AskedAdvice {
  readonly target: CauseTarget;
  readonly paths: readonly string[] | null;
}

/** What is advised for each, in the order in which they are asked. */
export type Advise = (asked: readonly AskedAdvice[]) => Promise<readonly (readonly Advice[])[]>;

const mostChanges = 5;
const mostUrls = 5;
/** Those beyond are too seldom to be among what saves most. */
const mostTargets = 300;

/** The changes that save most, first: each for all that the same would help. */
export async function changesFor(causes: readonly Cause[], advise: Advise): Promise<Change[]> {
  const targets = targetsIn(causes);
  const isOriginsToSay = pagesOfSomebody(causes);
  // Asked of one and the same path, what needs the same is told by the same words.
  const likeOnePath = await advise(targets.map((target) => ({ target, paths: ["/"] })));
  const needs = Map.groupBy(targets.entries(), ([index, target]) =>
    needOf(target, likeOnePath[index] ?? [], isOriginsToSay(target)),
  );
  needs.delete(null);
  const groups = [...needs.values()]
    .flatMap((entries) => alikeIn(entries.map(([, target]) => target)))
    .toSorted((one, other) => costliestFirst(savedBy(one), savedBy(other)))
    .slice(0, mostChanges);
  const advised = await advise(groups.map(({ paths, targets: [target] }) => ({ target, paths })));
  return groups.flatMap((group, index) =>
    changeOf(group, advised[index] ?? [], isOriginsToSay(group.targets[0])),
  );
}

/**
 * What would be changed, as a text that is the same for all that need the same, whatever else is said of it: a page that was
 * stored without a lifetime, and then confirmed, needs one rule. Null where nobody could change anything.
 */
function needOf({ site }: CauseTarget, advised: readonly Advice[], isOriginsToSay: boolean): string | null {
  const advice = bestOf(advised, isOriginsToSay);
  if (advice === undefined) return null;
  return JSON.stringify([site, isOriginsToSay, advice.where, advice.copy ?? advice.text]);
}

/**
 * Tells whether a page, asked for with whatever query, may be one visitor's for one of the causes: a rule for its path would
 * be for all who ask for it.
 */
function pagesOfSomebody(causes: readonly Cause[]): (target: CauseTarget) => boolean {
  const targets = causes.flatMap((cause) => cause.targets);
  const pages = new Set(targets.filter(mayBeOnePersons).map(pageOf));
  return (target) => pages.has(pageOf(target));
}

function pageOf({ site, url }: CauseTarget): string {
  return `${site} ${url.replace(/\?.*$/s, "")}`;
}

/** What could have been hits, the costliest first. What looks like one visitor's is to stay as it is. */
function targetsIn(causes: readonly Cause[]): CauseTarget[] {
  return causes
    .filter(({ isAvoidable }) => isAvoidable)
    .flatMap(({ targets }) => targets)
    .filter((target) => target.again.requests > 0 && !looksPersonal(target))
    .toSorted((one, other) => costliestFirst(one.again, other.again))
    .slice(0, mostTargets);
}

function changeOf(group: Alike, advised: readonly Advice[], isOriginsToSay: boolean): Change[] {
  const [first] = group.targets;
  const advice = bestOf(advised, isOriginsToSay);
  if (advice === undefined) return [];
  const urls = new Set(group.targets.map(({ url }) => url));
  return [
    {
      site: first.site,
      forwarded: first.forwarded,
      reason: first.reason,
      ...advice,
      text: standingAlone(advice.text),
      matches: group.paths.join(", "),
      saves: savedBy(group),
      urls: [...urls].slice(0, mostUrls),
    },
  ];
}

/**
 * The one that an operator can follow at once: a rule, an option, and only then what is another's to change. Where each visitor
 * may have an own, it is for the origin to say that it is everybody's.
 */
function bestOf(advised: readonly Advice[], isOriginsToSay: boolean): Advice | undefined {
  const ready = advised.filter(({ where, copy }) => copy !== null && !(isOriginsToSay && where === "file"));
  for (const where of ["file", "option", "origin"] as const) {
    const found = ready.find((each) => each.where === where);
    if (found !== undefined) return found;
  }
  return advised.find(({ where, copy }) => copy === null && where !== "nothing" && where !== "client");
}

/** "Or, again only if …" comes after other advice. */
function standingAlone(text: string): string {
  const rest = text.replace(/^Or,? (?:again )?/, "");
  return `${rest.slice(0, 1).toUpperCase()}${rest.slice(1)}`;
}

function savedBy({ targets }: Alike) {
  return sumOf(targets.map(({ again }) => again));
}
