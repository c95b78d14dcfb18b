import type { Advice } from "../../control/explanation.ts";
import { anyMatcher, pathMatcher } from "../../rules/glob.ts";
import type { Plan, RulePlan, RuleSettings, SitePlan } from "../../sites/plan.ts";
import { type RuleScene, writtenRule } from "../../sites/written-rule.ts";

/** A site as advice looks at it; undefined where it has been taken out of the file since. */
export function siteNamed(plan: Plan, name: string): SitePlan | undefined {
  return plan.sites.find((site) => site.name === name);
}

export function sceneOf(plan: Plan, name: string): RuleScene {
  return { site: name, origins: siteNamed(plan, name)?.origins ?? [] };
}

/** Names are compared without what is asked for beside the path. */
type Path = string;

/**
 * What is said for the path, as far as paths alone tell: the first of the site's own rules that is for it, the site, its
 * presets, the top of the file. A rule that is put before all of them has to say what of it is to stay.
 */
export function saidFor<Name extends keyof RuleSettings>(
  plan: Plan,
  siteName: string,
  path: Path,
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

function isFor({ if: conditions }: RulePlan, path: Path): boolean {
  const globs = conditions?.path;
  return globs === undefined || anyMatcher(globs.map(pathMatcher))(path);
}

export function atOrigin(text: string, copy: string | null): Advice {
  return { where: "origin", text, copy };
}

/** `text` leads to a rule, which comes before the others of its site. */
export function byRule(
  scene: RuleScene,
  text: string,
  conditions: readonly string[],
  settings: readonly string[],
): Advice {
  const { place, text: copy } = writtenRule(scene, conditions, settings);
  return { where: "file", text: `${text}, ${place}:`, copy };
}
