import type { IdentityOptions } from "../rules/identity.ts";
import type { RuleSettings, SitePlan } from "./plan.ts";
import type { RequestVerdict, Site } from "./site.ts";

export function compileSite(plan: SitePlan, _top: RuleSettings, _options: IdentityOptions): Site {
  return { name: plan.name, plan, hasRequestRules: false, forRequest: () => plainVerdict };
}

/** What a request gets of which nothing is said. */
export const plainVerdict: RequestVerdict = {
  rules: [],
  act: { kind: "serve" },
  target: null,
  marks: [],
  changes: { set: [], remove: [] },
  clientCacheControl: undefined,
  foldsEncodings: true,
  areCookiesKeyed: false,
  forResponse: () => ({ rules: [], storing: {}, set: [], remove: [] }),
};
