import type { Advice } from "../../control/explanation.ts";
import type { FoundSuspect } from "../../control/findings-request.ts";
import type { Suspect } from "../../control/report.ts";
import { personalSegment } from "../../rules/personal-path.ts";
import { pathGlobOf } from "../../rules/target-glob.ts";
import type { Plan } from "../../sites/plan.ts";
import { pathCondition, quoted } from "../../sites/written-rule.ts";
import { atOrigin, byRule, sceneOf, siteNamed } from "./site-scene.ts";

/** What looks like one person's and is given to everybody, with what to do about it. */
export function suspectFor(found: FoundSuspect, plan: Plan): Suspect {
  const { site, signs, hits } = found;
  return {
    site,
    url: urlOf(found, plan),
    signs,
    requests: hits,
    advice: found.isForced ? onForced(found, plan) : onSuspect(found, plan),
  };
}

/** A site that has one copy for all its hosts has a page under each of them. */
function urlOf({ site, host, scheme, target }: FoundSuspect, plan: Plan): string {
  const named = host === "" ? siteNamed(plan, site)?.hosts.find((each) => !each.startsWith("*")) : host;
  return named === undefined ? target : `${scheme}://${named}${target}`;
}

function onSuspect(found: FoundSuspect, plan: Plan): Advice[] {
  return [
    passing(
      found,
      plan,
      "Ask for it as two visitors, and compare. If it is one visitor's, keep it out of the cache, and purge what is there. Add a rule to the file",
    ),
    atOrigin("Or have the server say that it is not to be shared:", "Cache-Control: private"),
  ];
}

function onForced(found: FoundSuspect, plan: Plan): Advice[] {
  const names = forcing(found, plan).map(quoted).join(" and ");
  const who = names === "" ? "a rule has" : `the rule ${names} has`;
  return [
    passing(
      found,
      plan,
      `The server says that nobody else is to get it, and ${who} it stored for everybody. Ask for it as two visitors, and compare. If it is one visitor's, keep it out of the cache, and purge what is there. Add a rule to the file`,
    ),
  ];
}

/** Names of the rules that go over what the server says. */
function forcing({ site, rules }: FoundSuspect, plan: Plan): string[] {
  const all = siteNamed(plan, site);
  return [...(all?.rules ?? []), ...(all?.presetRules ?? [])]
    .filter(({ name, settings }) => settings.force === true && rules.includes(name))
    .map(({ name }) => name);
}

function passing(found: FoundSuspect, plan: Plan, text: string): Advice {
  return byRule(sceneOf(plan, found.site), text, [pathCondition(globsFor(found.target))], ["pass = true"]);
}

/** Of a place for each visitor all that lies in it, else the page alone. */
function globsFor(target: string): string[] {
  const path = pathGlobOf(target);
  const segments = path.split("/");
  const last = segments.findIndex((segment) => personalSegment(segment) !== null);
  if (last === -1 || segments[last]?.includes(".") === true) return [path];
  const place = segments.slice(0, last + 1).join("/");
  return [place, `${place}/**`];
}
