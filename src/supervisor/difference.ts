import { optionNames, options } from "../config/options.ts";
import {
  type Conditions,
  keySettings,
  type Plan,
  type RulePlan,
  type RuleSettings,
  type SitePlan,
} from "../sites/plan.ts";
import type { Configuration } from "./configuration.ts";
import { optionInWords, settingInWords, writtenName } from "../config/in-words.ts";

/** What the disk holds, where that is known. */
export interface Stored {
  readonly objects: number;
}

/** What is another after a reload, one line each, in the order of the file; none where nothing is. */
export function differenceOf(before: Configuration, after: Configuration, stored?: Stored): string[] {
  const ofSites = differenceOfPlans(before.plan, after.plan);
  const lines = [...differenceOfSettings(before, after), ...ofSites];
  if (lines.length === 0 || stored === undefined || stored.objects === 0) return lines;
  const areKept = !rekeys(before, after);
  return areKept && ofSites.length > 0 ? [...lines, `${responses(stored.objects)} keep their keys`] : lines;
}

/** Options that are the short form of another, by which they are told. */
const shortForms: ReadonlySet<string> = new Set(["tlsCert", "tlsKey", "configFile"]);

/** Where sites have names, they say it themselves, one by one. */
const ofOneSite: ReadonlySet<string> = new Set(["origin", "originCa", "preserveHost", "index", "preset"]);

function differenceOfSettings({ settings: before }: Configuration, { settings: after, plan }: Configuration) {
  const isOfFlags = plan.sites.every(({ name }) => name === "");
  const names = optionNames.filter((name) => !shortForms.has(name) && (isOfFlags || !ofOneSite.has(name)));
  const others = names.filter((name) => isOther(before[name], after[name]));
  // The first address is told by --listen, whose short form they are.
  const told = others.filter((name) => !others.includes("listen") || !/^(port|host)$/.test(name));
  const lines = told.map((name) => {
    const [was, is] = [optionInWords(name, before[name]), optionInWords(name, after[name])];
    return changed(options[name].name, was, is);
  });
  if (isOther(before.certificates, after.certificates)) lines.push("the certificates are others");
  return lines;
}

function differenceOfPlans(before: Plan, after: Plan): string[] {
  const siteBefore = new Map(before.sites.map((site) => [site.name, site]));
  const siteAfter = new Map(after.sites.map((site) => [site.name, site]));
  const gone = before.sites.filter(({ name }) => !siteAfter.has(name)).map(goneSite);
  const others = after.sites.flatMap((site) => {
    const former = siteBefore.get(site.name);
    return former === undefined ? [newSite(site)] : differenceOfSites(former, site);
  });
  const staying = (sites: readonly SitePlan[], there: ReadonlyMap<string, SitePlan>) =>
    sites.filter(({ name }) => there.has(name)).map(({ name }) => name);
  const isMoved = isOther(staying(before.sites, siteAfter), staying(after.sites, siteBefore));
  return [
    ...differenceOfTops(before.top, after.top),
    ...gone,
    ...others,
    ...(isMoved ? ["the sites are in another order"] : []),
  ];
}

/** Settings of the top that are options are told as such. */
const toldAsOptions: ReadonlySet<string> = new Set<keyof RuleSettings>([
  "clientCacheControl",
  "foldEncodings",
  "defaultLifetime",
  "maxLifetime",
  "heuristic",
  "staleWhileRevalidate",
  "staleIfError",
]);

function differenceOfTops(before: RuleSettings, after: RuleSettings): string[] {
  return differenceOfRuleSettings(before, after)
    .filter(({ name }) => !toldAsOptions.has(name))
    .map(({ words }) => `for all sites: ${words}`);
}

function newSite({ name, hosts }: SitePlan): string {
  if (name === "") return "the site of the flags is there again";
  return `site ${name} is new, for ${hosts.length === 0 ? "every host" : hosts.join(", ")}`;
}

function goneSite({ name }: SitePlan): string {
  const its = "its stored responses stay until they are evicted or purged";
  return name === "" ? `the site of the flags is gone; ${its}` : `site ${name} is gone; ${its}`;
}

/** What a site says of itself, beside its rules; the one of the flags says it by options. */
const ofSite = [
  "hosts",
  "origins",
  "originCa",
  "balance",
  "health",
  "maxOutage",
  "preserveHost",
  "index",
] as const;

function differenceOfSites(before: SitePlan, after: SitePlan): string[] {
  const { name } = after;
  const own = name === "" ? [] : ofSite.filter((key) => isOther(before[key], after[key]));
  const lines = [
    ...own.map((key) =>
      changed(writtenName(key), settingInWords(key, before[key]), settingInWords(key, after[key])),
    ),
    ...differenceOfRuleSettings(before.settings, after.settings).map(({ words }) => words),
    ...differenceOfRules(before.rules, after.rules),
    ...differenceOfRules(before.presetRules, after.presetRules),
  ];
  return name === "" ? lines : lines.map((line) => `${name}: ${line}`);
}

function differenceOfRules(before: readonly RulePlan[], after: readonly RulePlan[]): string[] {
  const pairs = pairsOf(before, after);
  const paired = new Set(pairs.values());
  const gone = before.filter((rule) => !paired.has(rule)).map((rule) => `rule ${called(rule)} is gone`);
  const others = after.flatMap((rule) => {
    const former = pairs.get(rule);
    return former === undefined ? [`rule ${called(rule)} is new`] : differenceOfOneRule(former, rule);
  });
  const kept = after.flatMap((rule) => pairs.get(rule) ?? []);
  const isMoved = isOther(
    kept,
    before.filter((rule) => paired.has(rule)),
  );
  return [...gone, ...others, ...(isMoved ? ["the rules are in another order"] : [])];
}

/**
 * For each rule the one that it was before. A rule without a name of its own is called by its place, which another one
 * before it changes: so those that say the same are the same, and of the rest those of one name.
 */
function pairsOf(before: readonly RulePlan[], after: readonly RulePlan[]): Map<RulePlan, RulePlan> {
  const pairs = new Map<RulePlan, RulePlan>();
  const left = new Set(before);
  const pair = (isSame: (former: RulePlan, rule: RulePlan) => boolean) => {
    for (const rule of after.filter((each) => !pairs.has(each))) {
      const former = [...left].find((each) => isSame(each, rule));
      if (former === undefined) continue;
      pairs.set(rule, former);
      left.delete(former);
    }
  };
  pair((former, rule) => former.name === rule.name && saysTheSame(former, rule));
  pair(saysTheSame);
  pair((former, rule) => former.name === rule.name);
  return pairs;
}

function saysTheSame(one: RulePlan, other: RulePlan): boolean {
  return !isOther({ ...one, name: "" }, { ...other, name: "" });
}

function differenceOfOneRule(before: RulePlan, after: RulePlan): string[] {
  const label = `rule ${called(after)}`;
  const conditions = (["if", "unless"] as const)
    .filter((key) => isOther(before[key], after[key]))
    .map((key) => {
      const [was, is] = [conditionsInWords(before[key]), conditionsInWords(after[key])];
      return was === is ? `${label}: its ${key} changed` : `${label} holds ${key} ${is}, where it was ${was}`;
    });
  const settings = differenceOfRuleSettings(before.settings, after.settings);
  return [...conditions, ...settings.map(({ words }) => `${label}: ${words}`)];
}

/** With its paths, which say more than a number. */
function called({ name, if: when }: RulePlan): string {
  return when?.path === undefined ? name : `${name} (${when.path.join(", ")})`;
}

function conditionsInWords(conditions: Conditions | undefined): string {
  const said = Object.entries(conditions ?? {}).filter(([, value]) => value !== undefined);
  if (said.length === 0) return "nothing is asked";
  return said.map(([key, value]) => `${writtenName(key)} is ${settingInWords(key, value)}`).join(" and ");
}

function differenceOfRuleSettings(
  before: RuleSettings,
  after: RuleSettings,
): { readonly name: string; readonly words: string }[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof RuleSettings)[];
  return names
    .filter((name) => isOther(before[name], after[name]))
    .map((name) => {
      const [was, is] = [settingInWords(name, before[name]), settingInWords(name, after[name])];
      return { name, words: changed(writtenName(name), was, is) };
    });
}

/** Where the words are the same, what is behind them is not told: it may be a secret. */
function changed(what: string, was: string, is: string): string {
  return was === is ? `${what} changed` : `${what} changed from ${was} to ${is}`;
}

/** Whether what is stored may be under keys that nobody asks for any more. */
function rekeys(before: Configuration, after: Configuration): boolean {
  return isOther(keyingOf(before), keyingOf(after));
}

function keyingOf({ plan, settings }: Configuration) {
  const ofSettings = (said: RuleSettings) => keySettings.map((name) => said[name]);
  const ofRules = (rules: readonly RulePlan[]) =>
    rules
      .filter(({ settings: said, if: when, unless }) => {
        // Such a condition puts the rule's name into the key of what it holds for.
        const isMarked = [when, unless].some(
          (each) => each?.cookie ?? each?.header ?? each?.client ?? each?.query ?? each?.method,
        );
        return isMarked || ofSettings(said).some((value) => value !== undefined);
      })
      .map((rule) => ({ ...rule, settings: ofSettings(rule.settings) }));
  return {
    foldEncodings: settings.foldEncodings,
    top: ofSettings(plan.top),
    sites: plan.sites.map(({ name, hosts, preserveHost, index, settings: said, rules, presetRules }) => ({
      ...{ name, hosts, preserveHost, index },
      settings: ofSettings(said),
      rules: [...ofRules(rules), ...ofRules(presetRules)],
    })),
  };
}

function responses(count: number): string {
  return `${count.toLocaleString("en-US")} stored response${count === 1 ? "" : "s"}`;
}

/** Both are plain JSON, but that what is undefined is not there; the order of names says nothing. */
function isOther(one: unknown, other: unknown): boolean {
  return !Bun.deepEquals(one, other);
}
