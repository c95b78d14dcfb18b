import type { Advice } from "../../control/explanation.ts";
import { anyMatcher } from "../../rules/glob.ts";
import { targetMatcher } from "../../rules/target-glob.ts";
import type { Plan, RulePlan, RuleSettings, SitePlan } from "../../sites/plan.ts";
import { type RuleScene, writtenRule } from "../../sites/written-rule.ts";

/** A site as advice looks at it; undefined where it has been taken out of the file since. */
export function siteNamed(plan: Plan, name: string): SitePlan | undefined {
  return plan.sites.find((site) => site.name === name);
}

export function sceneOf(plan: Plan, name: string): RuleScene {
  return { site: name, origins: siteNamed(plan, name)?.origins ?? [] };
}

/**
 * What is said for the path, as far as paths alone tell: the first of the site's own rules that is for it, the site, its
 * presets, the top of the file. A rule that is put before all of them has to say what of it is to stay.
 */
export function saidFor<Name extends keyof RuleSettings>(
  plan: Plan,
  siteName: string,
  path: string,
  setting: Name,
): RuleSettings[Name] {
  const site = siteNamed(plan, siteName);
  const rules = (list: readonly RulePlan[] = []) => list.filter((rule) => isFor(rule, path));
  const speakers = [
    ...rules(site?.rules),
    ...(site === undefined ? [] : [site]),
    ...rules(site?.presetRules),
    { settings: plan.top },
  ];
  return speakers.find(({ settings }) => settings[setting] !== undefined)?.settings[setting];
}

/** Whether anything is said of it for any path of the site. */
export function isSaidAnywhere(plan: Plan, siteName: string, setting: keyof RuleSettings): boolean {
  const site = siteNamed(plan, siteName);
  const speakers = [
    ...(site?.rules ?? []),
    ...(site === undefined ? [] : [site]),
    ...(site?.presetRules ?? []),
  ];
  return [...speakers, { settings: plan.top }].some(({ settings }) => settings[setting] !== undefined);
}

function isFor({ if: conditions }: RulePlan, path: string): boolean {
  const globs = conditions?.path;
  return globs === undefined || anyMatcher(globs.map(targetMatcher))(path);
}

export function atOrigin(text: string, copy: string | null): Advice {
  return { where: "origin", text, copy };
}

/** The rule that is for just this path, and says it: another before it would leave it nothing to decide, which is refused. */
export function ruleForJust(
  plan: Plan,
  siteName: string,
  path: string,
  setting: keyof RuleSettings,
): RulePlan | undefined {
  return siteNamed(plan, siteName)?.rules.find(
    ({ if: conditions, unless, settings }) =>
      settings[setting] !== undefined &&
      unless === undefined &&
      conditions?.path?.join() === path &&
      Object.values(conditions).filter((each) => each !== undefined).length === 1,
  );
}

/** `text` leads to a rule. */
export function byRule(
  scene: RuleScene,
  text: string,
  conditions: readonly string[],
  settings: readonly string[],
  order: "before" | "after" = "before",
): Advice {
  const { place, text: copy } = writtenRule(scene, conditions, settings, order);
  return { where: "file", text: `${text}, ${place}:`, copy };
}
