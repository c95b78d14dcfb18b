import { isDeepStrictEqual } from "node:util";
import type { RulePlan, RuleSettings } from "../../sites/plan.ts";
import { camelKeys } from "./camel-keys.ts";
import type { Content, SiteContent } from "./content.ts";
import type { Path } from "./places.ts";
import type { Problem } from "./problem.ts";
import { nameByPlace, rulePlan, settingsPlan } from "./rule-plan.ts";
import { requestFields } from "./rule-schema.ts";
import { presetRules } from "./site-plan.ts";

/** A rule, and where it is written. */
interface PlacedRule {
  readonly path: Path;
  readonly plan: RulePlan;
}

const requestSettings: ReadonlySet<string> = new Set(Object.keys(camelKeys(requestFields)));

/** What is wrong with the rules of a site though each of their values is right. */
export function checkRules(content: Content, site: SiteContent, path: Path): Problem[] {
  const name = site.own?.name ?? "rule";
  const rules = site.rules.flatMap((rule, place): PlacedRule[] =>
    rule === undefined
      ? []
      : [{ path: [...path, "rule", place], plan: rulePlan(rule, nameByPlace(name, place)) }],
  );
  const problemAt = (at: Path, text: string): Problem => ({
    position: content.document.places.keyAt(at),
    text,
  });
  const presetNames = new Set(presetRules(site.own?.preset ?? []).map((each) => each.name));
  return [
    ...loneForce(settingsPlan({ force: site.own?.force, lifetime: site.own?.lifetime }), path).map(
      ({ at, text }) => problemAt(at, text),
    ),
    ...rules.flatMap((rule, index) =>
      [
        ...loneForce(rule.plan.settings, rule.path),
        ...wrongAlone(rule),
        ...(presetNames.has(rule.plan.name) ? [namesakeOfPreset(rule)] : []),
        ...wrongAfter(rule, rules.slice(0, index), content),
      ].map(({ at, text }) => problemAt(at, text)),
    ),
  ];
}

interface Fault {
  readonly at: Path;
  readonly text: string;
}

/** It goes with the lifetime beside it: alone it would go with that of another rule. */
function loneForce({ force, lifetime }: RuleSettings, path: Path): Fault[] {
  if (force !== true || lifetime !== undefined) return [];
  return [{ at: [...path, "force"], text: "force says nothing alone; there should be a lifetime beside it" }];
}

function wrongAlone({ path, plan }: PlacedRule): Fault[] {
  const said = saidBy(plan);
  if (said.length === 0) {
    const text = `rule ${plan.name} says nothing; it should have a setting, such as pass or lifetime`;
    return [{ at: path, text }];
  }
  const condition = (["status", "type", "headerOut"] as const).find(
    (name) => plan.if?.[name] !== undefined || plan.unless?.[name] !== undefined,
  );
  if (condition === undefined || said.some((setting) => !requestSettings.has(setting))) return [];
  const asked = condition === "headerOut" ? "header-out" : condition;
  const text = `rule ${plan.name} can never decide: it asks for the ${asked} of a response and says something of requests only; it should ask for requests only, too`;
  return [{ at: path, text }];
}

function namesakeOfPreset({ path, plan }: PlacedRule): Fault {
  const text = `rule ${plan.name} is called as a rule of a preset is; it should have a name of its own`;
  return { at: path, text };
}

/** What an earlier rule makes of this one. */
function wrongAfter(
  { path, plan }: PlacedRule,
  earlier: readonly PlacedRule[],
  { document }: Content,
): Fault[] {
  const lineOf = (rule: PlacedRule) => document.places.keyAt(rule.path).line;
  const namesake = earlier.find((each) => each.plan.name === plan.name);
  if (namesake !== undefined) {
    const text = `there are two rules ${plan.name}, one in line ${lineOf(namesake)}; each should have a name of its own`;
    return [{ at: path, text }];
  }
  const first = earlier.filter((each) => holdsWherever(each.plan, plan));
  const decided = new Set(first.flatMap((each) => saidBy(each.plan)));
  const said = saidBy(plan);
  if (said.length === 0 || !said.every((setting) => decided.has(setting))) return [];
  const names = first
    .filter((each) => saidBy(each.plan).some((setting) => said.includes(setting)))
    .map((each) => `${each.plan.name} (line ${lineOf(each)})`)
    .join(" and ");
  const text = `rule ${plan.name} can never decide: ${names} before it says the same settings wherever it holds; it should come first, or go`;
  return [{ at: path, text }];
}

/** Whether the one certainly holds where the other does: it asks for nothing, or for the same. */
function holdsWherever(one: RulePlan, other: RulePlan): boolean {
  const asks = (conditions: RulePlan["if"]) => Object.keys(conditions ?? {}).length > 0;
  if (!asks(one.if) && !asks(one.unless)) return true;
  return isDeepStrictEqual(one.if, other.if) && isDeepStrictEqual(one.unless, other.unless);
}

function saidBy({ settings }: RulePlan): string[] {
  return Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}
