import { cookieMatcher } from "../../src/rules/cookies.ts";
import type { FieldReader } from "../../src/rules/fields.ts";
import type { Plan, RulePlan, RuleSettings, SitePlan } from "../../src/sites/plan.ts";
import type { RequestVerdict, ResponseVerdict, SiteRequest } from "../../src/sites/site.ts";
import { compileSites } from "../../src/sites/table.ts";

export const identity = { ignoredCookies: cookieMatcher(["_ga*"]) };

export function site(changes: Partial<SitePlan>): SitePlan {
  return {
    name: "",
    hosts: [],
    origins: ["http://127.0.0.1:8000"],
    balance: "round-robin",
    preserveHost: false,
    settings: {},
    rules: [],
    presetRules: [],
    ...changes,
  };
}

export function planOf(sites: readonly SitePlan[], top: RuleSettings = {}): Plan {
  return { sites, top };
}

/** Rules named "1", "2", … where they have no name. */
export function rules(...plans: Partial<RulePlan>[]): RulePlan[] {
  return plans.map((plan, index) => ({ name: String(index + 1), settings: {}, ...plan }));
}

export function fieldsFrom(fields: Readonly<Record<string, string>>): FieldReader {
  return { get: (name) => fields[name] ?? null };
}

/** A GET of a site over http by somebody at 192.0.2.1. */
export function requestOf(
  target: string,
  fields: Readonly<Record<string, string>> = {},
  changes: Partial<SiteRequest> = {},
): SiteRequest {
  return {
    method: "GET",
    target,
    host: "shop.example",
    protocol: "http",
    clientAddress: () => "192.0.2.1",
    fields: fieldsFrom(fields),
    ...changes,
  };
}

/** What a site says of a request. */
export function verdictOf(
  plan: Partial<SitePlan>,
  request: SiteRequest,
  top: RuleSettings = {},
): RequestVerdict {
  const found = compileSites(planOf([site(plan)], top), identity).siteFor(request.host);
  if (found === null) throw new Error(`no site for ${request.host}`);
  return found.forRequest(request);
}

/** What it says of the response to it. */
export function responseVerdictOf(
  plan: Partial<SitePlan>,
  request: SiteRequest,
  status: number,
  fields: Readonly<Record<string, string>> = {},
  top: RuleSettings = {},
): ResponseVerdict {
  return verdictOf(plan, request, top).forResponse({ status, fields: fieldsFrom(fields) });
}
