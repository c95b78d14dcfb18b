import { halvesOf } from "./caution.ts";
import { type CompiledConditions, compileConditions } from "./conditions.ts";
import { ruleMark } from "./marks.ts";
import type { PathForms } from "./path-forms.ts";
import type { RulePlan, RuleSettings, SitePlan } from "./plan.ts";

/** A rule, or what is said without conditions. */
export interface Rule {
  /** Null for what the site or the top of the file says: that is no rule of which anybody is told. */
  readonly name: string | null;
  /** The part of a key that says that it holds; null where it has no name. */
  readonly mark: string | null;
  readonly settings: RuleSettings;
  readonly if: CompiledConditions;
  /** Null where there are none. */
  readonly unless: CompiledConditions | null;
  /** Whether it holds where its conditions match the path in one of its forms, but not in the other. */
  readonly isCautious: boolean;
}

/** All that is said of a site's requests and responses: for each setting the first that holds and says it decides. */
export function rulesOf(site: SitePlan, top: RuleSettings): Rule[] {
  const ignoreCase = ignoresCase(site, top);
  const compiled = (plan: RulePlan) => compileRule(plan, ignoreCase);
  return [
    ...site.rules.flatMap(compiled),
    ...unconditional(site.settings),
    ...site.presetRules.flatMap(compiled),
    ...unconditional(top),
  ];
}

/** Whether paths of the site are compared without regard to case. */
export function ignoresCase(site: SitePlan, top: RuleSettings): boolean {
  return [...site.rules, ...site.presetRules, site, { settings: top }].some(
    ({ settings }) => settings.ignoreCase === true,
  );
}

/** A rule that both protects and permits is two, for they hold for different paths. */
function compileRule(plan: RulePlan, ignoreCase: boolean): Rule[] {
  const conditions = compileConditions(plan.if ?? {}, ignoreCase);
  const unless = plan.unless === undefined ? null : compileConditions(plan.unless, ignoreCase);
  const { cautious, permissive } = halvesOf(plan.settings);
  const { setRequest, removeRequest } = plan.settings;
  const mark = ruleMark(plan.name, [plan.if, plan.unless, setRequest, removeRequest]);
  const halfOf = (settings: RuleSettings, isCautious: boolean): Rule[] =>
    isEmpty(settings) ? [] : [{ name: plan.name, mark, settings, if: conditions, unless, isCautious }];
  return [...halfOf(cautious, true), ...halfOf(permissive, false)];
}

function unconditional(settings: RuleSettings): Rule[] {
  if (isEmpty(settings)) return [];
  const conditions = compileConditions({}, false);
  return [{ name: null, mark: null, settings, if: conditions, unless: null, isCautious: false }];
}

function isEmpty(settings: RuleSettings): boolean {
  return Object.values(settings).every((value) => value === undefined);
}

/** What a path leaves open of whether a rule holds. */
export type OnPath =
  | "never"
  /** As its other conditions say. */
  | "open"
  /** As its other conditions say; its exception is of other paths. */
  | "open-without-exception";

export function onPath(rule: Rule, path: PathForms): OnPath {
  if (!matchesPath(rule.if, path, rule.isCautious)) return "never";
  const { unless } = rule;
  if (unless === null || !matchesPath(unless, path, !rule.isCautious)) return "open-without-exception";
  return unless.request === null && unless.response === null ? "never" : "open";
}

function matchesPath(
  { path: matches }: CompiledConditions,
  { written, tidy }: PathForms,
  either: boolean,
): boolean {
  if (matches === null) return true;
  if (written === tidy) return matches(written);
  return either ? matches(written) || matches(tidy) : matches(written) && matches(tidy);
}
