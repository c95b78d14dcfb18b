import type { CauseTarget, Evidence } from "../../control/cacheability.ts";
import { hasCookie, identityFields } from "../../rules/identity.ts";
import { isPagePart } from "../../rules/page-part.ts";
import { personalSegment } from "../../rules/personal-path.ts";

/** What an answer looks like from outside: everybody's, or one person's. */

/** Path and query of a URL. */
export function targetIn(url: string): string {
  const target = /^[a-z]+:\/\/[^/?#]*(.*)$/i.exec(url)?.[1] ?? url;
  return target.startsWith("/") ? target : `/${target}`;
}

/** Of a picture, a style: the path says nothing of whose it is. */
export function isPartOfPages({ evidence }: CauseTarget): boolean {
  return isPagePart(fieldIn(evidence.responseFields, "content-type"));
}

export function looksPersonal(target: CauseTarget): boolean {
  return !isPartOfPages(target) && personalSegment(targetIn(target.url)) !== null;
}

/** So many who get the same are everybody. */
const clientsOfPublic = 3;

/** Whether it has been seen that it is the same for all. */
export function looksTheSame({ clients, bodies }: CauseTarget): boolean {
  return bodies === 1 && clients >= clientsOfPublic;
}

/**
 * Whether a rule that goes over what the origin says might give to all what is one visitor's: it should name each of its
 * pages, and no others that nobody has looked at.
 */
export function isDelicate(target: CauseTarget): boolean {
  const { evidence } = target;
  const varies = fieldIn(evidence.responseFields, "vary") ?? "";
  return (
    setsCookie(evidence) ||
    isSaidToBePrivate(evidence) ||
    /\bcookie\b/i.test(varies) ||
    mayBeOnePersons(target)
  );
}

/** Whether each visitor may have an own: the origin says so, or bodies look so, and nothing that was seen speaks against it. */
export function mayBeOnePersons(target: CauseTarget): boolean {
  const { evidence, clients, bodies } = target;
  if (isPartOfPages(target) || looksTheSame(target)) return false;
  const differs = clients > 1 && bodies > 1 && (isFromSomebody(evidence) || setsCookie(evidence));
  return differs || isSaidToBePrivate(evidence) || isMadeAnewForSomebody(evidence);
}

/** As programs answer whom they know, though they say nothing of caching to others: no-cache, or no time at all. */
function isMadeAnewForSomebody(evidence: Evidence): boolean {
  const isMadeAnew = evidence.responseFields.some(
    ([name, value]) => /-control$/i.test(name) && /\b(no-cache|(s-maxage|max-age)=0)\b/i.test(value),
  );
  return isMadeAnew && isFromSomebody(evidence);
}

export function setsCookie({ responseFields }: Evidence): boolean {
  return fieldIn(responseFields, "set-cookie") !== null;
}

/** By Cache-Control or one of the fields that are obeyed before it. */
export function isSaidToBePrivate({ responseFields }: Evidence): boolean {
  return responseFields.some(
    ([name, value]) => /-control$/i.test(name) && /\b(private|no-store)\b/i.test(value),
  );
}

/** Whether the request told who sends it. */
export function isFromSomebody({ requestFields }: Evidence): boolean {
  return isIdentified({ requestFields }) || hasCookie(fieldIn(requestFields, "cookie"), noCookie);
}

/** Whether it did so by a password or a key. */
export function isIdentified({ requestFields }: Pick<Evidence, "requestFields">): boolean {
  return ["authorization", ...identityFields].some((name) => fieldIn(requestFields, name) !== null);
}

/** Which cookies tell nobody is for the workers to say; here each of them may. */
const noCookie = /(?!)/;

/** The field's values; null where it is not there. */
export function fieldIn(fields: Evidence["responseFields"], name: string): string | null {
  const values = fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? null : values.join(", ");
}
