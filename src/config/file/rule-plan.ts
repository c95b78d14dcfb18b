import type { Conditions, QueryPlan, RulePlan, RuleSettings } from "../../sites/plan.ts";
import { networksOf } from "../written-addresses.ts";
import { camelKeys } from "./camel-keys.ts";
import type { WrittenConditions, WrittenRule, WrittenRuleSettings } from "./rule-schema.ts";
import { trackingParameters } from "../../sites/tracking.ts";

/** A rule as the plan has it: named lists resolved, and a name for each: its own, or that of its place. */
export function rulePlan({ name, if: holds, unless, ...settings }: WrittenRule, byPlace: string): RulePlan {
  return {
    name: name ?? byPlace,
    if: holds && conditionsPlan(holds),
    unless: unless && conditionsPlan(unless),
    settings: settingsPlan(settings),
  };
}

/** What a rule without a name of its own is called: the third of the shop is "shop-3". `place` counts from 0. */
export function nameByPlace(owner: string, place: number): string {
  return `${owner}-${place + 1}`;
}

/** The settings of a rule, or of a site. */
export function settingsPlan({ query, ...settings }: WrittenRuleSettings): RuleSettings {
  const plan = camelKeys(settings);
  return query === undefined ? plan : { ...plan, query: queryPlan(query) };
}

function queryPlan({ ignore, keep, sort }: QueryPlan): QueryPlan {
  return { ignore: ignore && withTracking(ignore), keep: keep && withTracking(keep), sort };
}

function withTracking(names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => (name === "tracking" ? trackingParameters : [name])))];
}

function conditionsPlan(written: WrittenConditions): Conditions {
  const { client, method, ...others } = camelKeys(written);
  return {
    ...others,
    ...(client && { client: client.flatMap(networksOf) }),
    ...(method && { method: method.map((each) => each.toUpperCase()) }),
  };
}
