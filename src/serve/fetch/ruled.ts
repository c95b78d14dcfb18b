import type { StoringOptions } from "../../rules/exchange.ts";
import type { FieldList } from "../../rules/fields.ts";
import type { ResponseVerdict } from "../../sites/site.ts";
import { fieldOf } from "../answer/answer.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";

/** A response as rules look at it: one of the origin, or a stored one with the fields of the 304 that confirms it. */
interface Judged {
  readonly status: number;
  readonly fields: FieldList;
}

/** What the operator says of storing such a response: the site's options, and over them what its rules say. */
export function storingFor(
  { options }: ServeContext,
  request: KeyedRequest,
  response: Judged,
): StoringOptions {
  const { storing } = options;
  const said = verdictOn(request, response);
  const rules = rulesThatDecided(request, said);
  if (rules.length === 0 && Object.keys(said.storing).length === 0) return storing;
  return { ...storing, ...said.storing, rules };
}

/** The names of the rules that have decided something of the request or of this answer to it. */
export function rulesOn(request: KeyedRequest, response: Judged): readonly string[] {
  return rulesThatDecided(request, verdictOn(request, response));
}

/** The fields as rules have them: as if the origin had sent them so. */
export function ruledFields(request: KeyedRequest, response: Judged): FieldList {
  const said = verdictOn(request, response);
  if (said.set.length === 0 && said.remove.length === 0) return response.fields;
  const replaced = new Set([...said.remove, ...said.set.map(([name]) => name)]);
  return [...response.fields.filter(([name]) => !replaced.has(name)), ...said.set];
}

function verdictOn({ verdict }: KeyedRequest, { status, fields }: Judged): ResponseVerdict {
  return verdict.forResponse({ status, fields: { get: (name) => fieldOf(fields, name) } });
}

function rulesThatDecided({ verdict }: KeyedRequest, said: ResponseVerdict): readonly string[] {
  if (said.rules.length === 0) return verdict.rules;
  return [...new Set([...verdict.rules, ...said.rules])];
}
