import type { IdentityOptions } from "../rules/identity.ts";
import { compileAct, pass } from "./act.ts";
import { firstSaid } from "./first-said.ts";
import { compileForResponse, saysOfResponse } from "./on-response.ts";
import type { Held } from "./questions.ts";
import type { Rule } from "./rule.ts";
import type { Act, RequestVerdict, SiteRequest } from "./site.ts";
import { compileTailored, compileTailoring } from "./tailoring.ts";

/**
 * What is said of the requests for which these rules hold. Conditions on a response bind what a rule says of responses: what
 * it says of requests it says of all for whose response it may hold, for nobody knows that yet. "/static/**, status 200: 30
 * days, keep v of the query" strips the query of every request there.
 */
export function compileOnRequest(
  held: readonly Held[],
  options: IdentityOptions,
): (request: SiteRequest) => RequestVerdict {
  const said = firstSaid(held);
  const actOn = compileAct(said, options);
  const tailoring = compileTailoring(said);
  const unnamed = {
    act: { kind: "serve" } as const,
    target: null,
    marks: ruleMarks(held),
    changes: said.fieldChanges("setRequest", "removeRequest"),
    clientCacheControl: said.of("clientCacheControl"),
    foldsEncodings: said.of("foldEncodings") ?? true,
    areCookiesKeyed: false,
    forResponse: compileForResponse(held),
  };
  const verdict: RequestVerdict = { ...unnamed, rules: said.names() };
  const withAct = compileWithAct(held, verdict);
  const served = tailoring === null ? () => verdict : compileTailored(verdict, tailoring);
  return (request) => {
    const act = actOn(request);
    if (act.kind !== "serve") return withAct(act);
    if (tailoring === null || request.method === "GET" || request.method === "HEAD") return served(request);
    // What others ask for may hang on all that they say, which is not keyed: so no answer is kept for a GET.
    return withAct(pass);
  };
}

/** The latest again where the act is the same. */
function compileWithAct(held: readonly Held[], verdict: RequestVerdict): (act: Act) => RequestVerdict {
  const forResponse = compileForResponse(held, true);
  let latest = verdict;
  return (act) => {
    if (latest.act !== act) latest = { ...verdict, rules: whoActs(held, act), act, forResponse };
    return latest;
  };
}

/** Who has a request not served. What is said of its query or its cookies beside it decides nothing then. */
function whoActs(held: readonly Held[], { kind }: Act): readonly string[] {
  const said = firstSaid(held);
  if (kind === "deny" || kind === "redirect") said.of(kind);
  else {
    if (said.byWhom("pass")?.pass === true) said.of("pass");
    else said.of("cookies");
    said.fieldChanges("setRequest", "removeRequest");
  }
  return said.names();
}

/**
 * Two requests with one key must not differ in what rules say of their answers, nor in what the origin is told: so a rule
 * that holds for one and not for the other is part of the key.
 */
function ruleMarks(held: readonly Held[]): readonly string[] {
  const marks = held.flatMap(({ rule, exception }) => {
    if (rule.mark === null || !marksKey(rule)) return [];
    // For one request the rule may hold whatever the response, and for another one not for all responses.
    return [exception === null ? rule.mark : `${rule.mark}-excepted`];
  });
  return [...new Set(marks)].sort();
}

/** Whether what the rule says of a request that is served shows in its key. */
export function marksKey(rule: Rule): boolean {
  const isUnkeyed = rule.if.areUnkeyed || rule.unless?.areUnkeyed === true;
  const { setRequest, removeRequest } = rule.settings;
  return isUnkeyed && (saysOfResponse(rule) || setRequest !== undefined || removeRequest !== undefined);
}
