import { refusedField } from "../../config/file/refused-fields.ts";
import type { Advice } from "../../control/explanation.ts";
import type { FoundSplit } from "../../control/findings-request.ts";
import type { Split } from "../../control/report.ts";
import { pathGlobOf } from "../../rules/target-glob.ts";
import type { Plan, QueryPlan } from "../../sites/plan.ts";
import { trackingParameters } from "../../sites/tracking.ts";
import { varyRemedy } from "../../sites/vary-remedies.ts";
import { pathCondition, quoted } from "../../sites/written-rule.ts";
import { atOrigin, byRule, isSaidAnywhere, ruleForJust, saidFor, sceneOf } from "./site-scene.ts";

/** What was found to split a page, with what to change. */
export function splitFor(found: FoundSplit, plan: Plan): Split {
  const { site, host, path, copies, bytes, pages, values } = found;
  const advice = adviceOn[found.by](found, plan);
  return { site, host, path, ...toldAs(found), copies, bytes, pages, values, advice: [...advice] };
}

function toldAs({ by, names }: FoundSplit): Pick<Split, "by" | "name"> {
  const name = names.join(", ");
  switch (by) {
    case "tracking":
      return { by: "query", name };
    case "header":
      return { by: "other", name: `the field ${name}, which the key has` };
    case "order":
      return { by: "other", name: "the order of its parameters" };
    case "scheme":
      return { by: "other", name: "http and https" };
    default:
      return { by, name };
  }
}

type Advise = (found: FoundSplit, plan: Plan) => readonly Advice[];

const adviceOn: Readonly<Record<FoundSplit["by"], Advise>> = {
  vary: onVary,
  cookie: onCookie,
  header: ({ names }) => [
    {
      where: "file",
      text: `A rule has the field ${names.join(", ")} in the key. If they get the same, take it out of key-headers.`,
      copy: null,
    },
  ],
  tracking: onTracking,
  query: onQuery,
  order: (found, plan) => [
    saying(
      found,
      plan,
      "query",
      "The same is stored for parameters in another order. Have them sorted",
      written({ ...queryFor(found, plan), sort: true }),
    ),
  ],
  host: onHost,
  scheme: (found, plan) => [
    byRule(
      sceneOf(plan, found.site),
      "The same is stored for http and for https. If everybody may come by https, send them there: add a rule to the file",
      [],
      ['redirect = "https"'],
      "after",
    ),
  ],
};

function onVary(found: FoundSplit, plan: Plan): readonly Advice[] {
  const [name = ""] = found.names;
  const remedy = varyRemedy(name);
  const seen = isAlike(found) ? `${found.compared} of the copies were compared, and are the same. ` : "";
  const origin = atOrigin(seen + remedy.atOrigin.text, remedy.atOrigin.copy);
  const isRefused = name !== "cookie" && refusedField("request", name) !== undefined;
  if (remedy.byRule === null || isRefused) return [origin];
  const { text, settings } = remedy.byRule;
  return [origin, byRule(sceneOf(plan, found.site), text, onPath(found), settings)];
}

function onCookie(found: FoundSplit, plan: Plan): readonly Advice[] {
  const said = saidFor(plan, found.site, found.path, "cookies");
  const kept = Array.isArray(said) ? said.filter((each) => !found.names.includes(each)) : [];
  const alike = isAlike(found) ? `; ${found.compared} of them were compared, and are the same` : "";
  const why = `Each value of the cookie ${found.names.join(", ")} has a copy of its own, as a rule has it in the key${alike}. If this page does not depend on it, leave it out`;
  return [saying(found, plan, "cookies", why, kept.length === 0 ? '"ignore"' : listed(kept))];
}

/** For all pages, unless something is said of queries already: then this page's alone may be said anew. */
function onTracking(found: FoundSplit, plan: Plan): readonly Advice[] {
  const why =
    "Advertisements and newsletters are told apart by these parameters, and pages are not: whoever comes by one gets a copy of his own. Have them ignored";
  const query = written(ignoring(queryFor(found, plan), trackingParameters));
  if (isSaidAnywhere(plan, found.site, "query")) return [saying(found, plan, "query", why, query)];
  return [byRule(sceneOf(plan, found.site), `${why}: ${addRule}`, [], [`query = ${query}`], "after")];
}

function onQuery(found: FoundSplit, plan: Plan): readonly Advice[] {
  const names = found.names.join(", ");
  const why = isAlike(found)
    ? `${found.compared} of the copies were compared, and are the same: ${names} makes no difference there. Have it ignored`
    : `${names} is mostly what tells visits apart, not pages. If this page does not depend on it, have it ignored`;
  return [saying(found, plan, "query", why, written(ignoring(queryFor(found, plan), found.names)))];
}

/** No rule has hosts share what is stored. */
function onHost(): readonly Advice[] {
  return [
    atOrigin(
      "The same is stored for several hosts. If all of them get the same pages, have the server redirect all hosts but one to that one.",
      null,
    ),
  ];
}

const addRule = "add a rule to the file";

/** A rule for this page; where there is one for just this page that says it, that one is to say it otherwise. */
function saying(
  found: FoundSplit,
  plan: Plan,
  setting: "query" | "cookies",
  why: string,
  value: string,
): Advice {
  const copy = `${setting} = ${value}`;
  const same = ruleForJust(plan, found.site, pathGlobOf(found.path), setting);
  if (same === undefined)
    return byRule(sceneOf(plan, found.site), `${why}: ${addRule}`, onPath(found), [copy]);
  const place = `in the rule ${quoted(same.name)}, in place of what it says of ${setting}`;
  return { where: "file", text: `${why}, ${place}:`, copy };
}

function isAlike({ compared, bodies }: FoundSplit): boolean {
  return compared > 1 && bodies === 1;
}

function onPath({ path }: FoundSplit): readonly string[] {
  return [pathCondition([pathGlobOf(path)])];
}

function queryFor({ site, path }: FoundSplit, plan: Plan): QueryPlan | undefined {
  return saidFor(plan, site, path, "query");
}

/** What is said already, and that these do not count. */
function ignoring(said: QueryPlan | undefined, names: readonly string[]): QueryPlan {
  const kept = said?.keep?.filter((name) => !names.includes(name)) ?? [];
  if (kept.length > 0) return { ...said, keep: kept };
  // A list of what is kept may not be empty.
  if (said?.keep !== undefined) return { sort: said.sort, ignore: ["*"] };
  return { ...said, ignore: [...new Set([...(said?.ignore ?? []), ...names])] };
}

/** As the file has it: the names of a list that has one are not told one by one. */
function written({ ignore, keep, sort }: QueryPlan): string {
  const hasTracking = trackingParameters.every((name) => ignore?.includes(name) === true);
  const others = ignore?.filter((name) => !trackingParameters.includes(name)) ?? [];
  const names = hasTracking ? ["tracking", ...others] : ignore;
  const parts = [
    ...(names === undefined ? [] : [`ignore = ${listed(names)}`]),
    ...(keep === undefined ? [] : [`keep = ${listed(keep)}`]),
    ...(sort === undefined ? [] : [`sort = ${sort}`]),
  ];
  return `{ ${parts.join(", ")} }`;
}

function listed(names: readonly string[]): string {
  return `[${names.map(quoted).join(", ")}]`;
}
