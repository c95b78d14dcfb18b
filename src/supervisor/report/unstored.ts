import type { Cause, CauseTarget } from "../../control/cacheability.ts";
import type { Report } from "../../control/report.ts";
import { unstored } from "../../rules/reason-unstored.ts";
import type { Advise } from "./changes.ts";
import {
  fieldIn,
  isFromSomebody,
  isIdentified,
  isPartOfPages,
  isSaidToBePrivate,
  looksPersonal,
  looksTheSame,
  mayBeOnePersons,
  setsCookie,
} from "./looks.ts";
import { costliestFirst } from "../../control/volume.ts";

const mostSuspects = 20;

/** Pages that look as if they were everybody's and are not stored, with what would have them stored. */
export async function unstoredFor(causes: readonly Cause[], advise: Advise): Promise<Report["unstored"]> {
  const suspects = causes
    .filter(({ isAvoidable, reason }) => isAvoidable && Object.hasOwn(unstored, reason))
    .flatMap(({ targets }) => targets)
    .map((target) => ({ target, signs: signsOf(target) }))
    .filter(({ target, signs }) => signs.length > 0 && !looksOnePersons(target))
    .toSorted((one, other) => costliestFirst(one.target.all, other.target.all))
    .slice(0, mostSuspects);
  const advised = await advise(suspects.map(({ target }) => ({ target, paths: null })));
  return suspects.map(({ target: { site, url, all }, signs }, index) => ({
    ...{ site, url, signs, requests: all.requests },
    advice: (advised[index] ?? []).filter(({ where }) => where !== "nothing"),
  }));
}

/** Why it looks public. */
function signsOf(target: CauseTarget): string[] {
  const { clients, evidence } = target;
  const type = fieldIn(evidence.responseFields, "content-type");
  const isOfNobody = !isFromSomebody(evidence) && !setsCookie(evidence) && !isSaidToBePrivate(evidence);
  return [
    ...(looksTheSame(target) ? [`about ${clients} clients got the same`] : []),
    ...(isPartOfPages(target) ? [`it is ${type}, of which pages are made`] : []),
    ...(isOfNobody ? ["it is sent to who has no cookie, and sets none"] : []),
  ];
}

/** One sign of that weighs more than all others. */
function looksOnePersons(target: CauseTarget): boolean {
  const { evidence } = target;
  if (evidence.status >= 400 || evidence.method !== "GET") return true;
  return isIdentified(evidence) || looksPersonal(target) || mayBeOnePersons(target);
}
