import type { Cause, CauseTarget } from "../../control/cacheability.ts";
import type { Advice } from "../../control/explanation.ts";
import type { Change } from "../../control/report.ts";
import { looksPersonal, mayBeOnePersons } from "./looks.ts";
import { type Alike, alikeIn } from "./paths.ts";
import { costliestFirst, sumOf } from "./volume.ts";

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
  // Asked of one and the same path, what needs the same is told by the same words.
  const likeOnePath = await advise(targets.map((target) => ({ target, paths: ["/"] })));
  const needs = Map.groupBy(targets.entries(), ([index, target]) => needOf(target, likeOnePath[index] ?? []));
  needs.delete(null);
  const groups = [...needs.values()]
    .flatMap((entries) => alikeIn(entries.map(([, target]) => target)))
    .toSorted((one, other) => costliestFirst(savedBy(one), savedBy(other)))
    .slice(0, mostChanges);
  return await changesOf(groups, advise);
}

/** What would be changed, as a text that is the same for all that need the same; null where nobody could change anything. */
function needOf(target: CauseTarget, advised: readonly Advice[]): string | null {
  const advice = bestOf(advised, target);
  return advice === undefined ? null : JSON.stringify([target.site, mayBeOnePersons(target), advice]);
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

async function changesOf(groups: readonly Alike[], advise: Advise): Promise<Change[]> {
  const advised = await advise(groups.map(({ paths, targets: [target] }) => ({ target, paths })));
  return withOneSite(groups.flatMap((group, index) => changeOf(group, advised[index] ?? [])));
}

/** Where the file has no site, each rule comes with one. All of them are to be copied into the same. */
function withOneSite(changes: readonly Change[]): Change[] {
  const first = changes.findIndex(bringsSite);
  return changes.map((change, index) => {
    if (index === first || !bringsSite(change)) return change;
    const text = change.text.replace(/, [^,]*:$/, ", below the [[site]] of the first such change:");
    return { ...change, text, copy: change.copy?.replace(/^.*?(?=\[\[site\.rule\]\])/s, "") ?? null };
  });
}

function bringsSite({ copy }: Change): boolean {
  return copy?.startsWith("[[site]]") === true;
}

function changeOf(group: Alike, advised: readonly Advice[]): Change[] {
  const [first] = group.targets;
  const advice = bestOf(advised, first);
  if (advice === undefined) return [];
  const urls = new Set(group.targets.map(({ url }) => url));
  return [
    {
      site: first.site,
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
function bestOf(advised: readonly Advice[], target: CauseTarget): Advice | undefined {
  const isOriginsToSay = mayBeOnePersons(target);
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
