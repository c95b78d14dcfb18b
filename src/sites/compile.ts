import type { IdentityOptions } from "../rules/identity.ts";
import { compileOnRequest, marksKey } from "./on-request.ts";
import { pathForms } from "./path-forms.ts";
import { keySettings, type RuleSettings, type SitePlan } from "./plan.ts";
import { type OpenRule, outcomeFor, questionsFor, type Step } from "./questions.ts";
import { ignoresCase, onPath, type OnPath, type Rule, rulesOf } from "./rule.ts";
import type { RequestVerdict, Site, SiteRequest } from "./site.ts";

/** `top`: what the top of the file says, where nothing nearer to the site says it. */
export function compileSite(plan: SitePlan, top: RuleSettings, options: IdentityOptions): Site {
  let compiled: Pick<Site, "hasRequestRules" | "forRequest"> | undefined;
  // When it is first asked: of many sites most are asked seldom, and the rules of all would be in the way of the others.
  function its() {
    compiled ??= compileRules(rulesOf(plan, top), ignoresCase(plan, top), options);
    return compiled;
  }
  return {
    name: plan.name,
    plan,
    get hasRequestRules() {
      return its().hasRequestRules;
    },
    forRequest: (request) => its().forRequest(request),
  };
}

function compileRules(rules: readonly Rule[], ignoreCase: boolean, options: IdentityOptions) {
  return {
    hasRequestRules: rules.some(speaksOfLookup),
    forRequest: compileForRequest(rules, ignoreCase, options),
  };
}

/**
 * Client-Cache-Control is not among them: a request without Cache-Control is looked up the same with and without it. Nor is
 * what the site or the top of the file says of Accept-Encoding, which is one word for all requests.
 */
const lookupSettings: readonly (keyof RuleSettings)[] = ["pass", "deny", "redirect", ...keySettings];

function speaksOfLookup(rule: Rule): boolean {
  if (lookupSettings.some((name) => rule.settings[name] !== undefined) || marksKey(rule)) return true;
  return rule.name !== null && rule.settings.foldEncodings !== undefined;
}

type OnRequest = (request: SiteRequest) => RequestVerdict;

/**
 * Which rules can hold is known by the path, and few paths make up most of what is asked: so it is remembered for each. Of
 * the rules that are left, their other conditions are asked; what comes of the answers is remembered as well. All of it is
 * forgotten where it grows too large: clients choose what is asked.
 */
function compileForRequest(rules: readonly Rule[], ignoreCase: boolean, options: IdentityOptions): OnRequest {
  if (rules.length === 0) return compileOnRequest([], options);
  const isByPath = rules.some((rule) => rule.if.path !== null || (rule.unless?.path ?? null) !== null);
  const byPath = new Map<string, Step<OnRequest>>();
  /** By what the path leaves open of each rule: most paths are alike in that. */
  const byOpenRules = new Map<string, Step<OnRequest>>();
  let remembered = 0;
  const countOne = () => {
    remembered++;
  };

  function learn(path: string): Step<OnRequest> {
    const forms = pathForms(path, ignoreCase);
    const states = rules.map((rule) => onPath(rule, forms));
    const name = states.join();
    const start =
      byOpenRules.get(name) ??
      questionsFor(openRules(rules, states), (held) => compileOnRequest(held, options));
    byOpenRules.set(name, start);
    if (path.length <= longestRemembered) byPath.set(path, start);
    countOne();
    return start;
  }

  return (request) => {
    if (remembered > mostRemembered) {
      byPath.clear();
      byOpenRules.clear();
      remembered = 0;
    }
    const path = isByPath ? pathOf(request.target) : "/";
    const onRequest = outcomeFor(byPath.get(path) ?? learn(path), request, countOne);
    return onRequest(request);
  };
}

const mostRemembered = 8192;
const longestRemembered = 512;

function openRules(rules: readonly Rule[], states: readonly OnPath[]): OpenRule[] {
  return rules.flatMap((rule, index) => {
    const state = states[index];
    return state === undefined || state === "never" ? [] : [{ rule, hasException: state === "open" }];
  });
}

function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query === -1 ? target : target.slice(0, query);
}
