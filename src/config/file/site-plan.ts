import type { RulePlan, SitePlan } from "../../sites/plan.ts";
import { presetOf } from "../preset-rules.ts";
import type { Content, SiteContent } from "./content.ts";
import type { Problem } from "./problem.ts";
import { nameByPlace, rulePlan, settingsPlan } from "./rule-plan.ts";

/** What flags, variables and the top of the file say for sites that do not say it themselves. */
export interface SiteDefaults {
  /** Undefined where nobody has said it. */
  readonly origin: string | undefined;
  readonly originCa: string | undefined;
  readonly preserveHost: boolean;
  readonly index: string | undefined;
  readonly preset: readonly string[];
}

/** The sites of a file in which nothing is wrong; what it lacks is added to the problems. */
export function sitePlans(content: Content, defaults: SiteDefaults, problems: Problem[]): SitePlan[] {
  return content.sites.flatMap((site, index) => {
    const plan = sitePlan(site, defaults);
    if (plan !== undefined && plan.origins.length === 0) {
      const position = content.document.places.keyAt(["site", index]);
      problems.push({ position, text: `site ${plan.name} has no origins; it should have one or more` });
    }
    return plan === undefined ? [] : [plan];
  });
}

function sitePlan({ own, rules }: SiteContent, defaults: SiteDefaults): SitePlan | undefined {
  if (own === undefined) return undefined;
  const { name, hosts, origins, balance, health, preset, index, ...others } = own;
  const {
    "origin-ca": originCa,
    "max-outage": maxOutage,
    "preserve-host": preserveHost,
    ...settings
  } = others;
  return {
    name,
    hosts: [...new Set(hosts)],
    origins: [...new Set(origins ?? (defaults.origin === undefined ? [] : [defaults.origin]))],
    originCa: originCa ?? (origins === undefined ? defaults.originCa : undefined),
    balance: balance ?? "round-robin",
    health,
    maxOutage,
    preserveHost: preserveHost ?? defaults.preserveHost,
    index: index ?? defaults.index,
    settings: settingsPlan(settings),
    rules: rules.flatMap((rule, place) =>
      rule === undefined ? [] : [rulePlan(rule, nameByPlace(name, place))],
    ),
    presetRules: presetRules(preset ?? defaults.preset),
  };
}

/** The rules of the presets, one after the other. */
export function presetRules(names: readonly string[]): RulePlan[] {
  return names.flatMap((name) => presetOf(name).rules);
}
