import type { ExplainedStep, Facts, Fetched, StoredExplained } from "../../control/explanation.ts";
import { isCredential } from "../../rules/vary.ts";
import { counted, spoken } from "./durations.ts";
import { clauseOf, whyOf } from "./known-reasons.ts";

/** What became known, in words: the verdict first, then each thing on the way of the request. */
export function stepsFor(facts: Facts): ExplainedStep[] {
  return [
    step("verdict", verdictOf(facts)),
    ...requestSteps(facts),
    ...storedSteps(facts),
    decisionStep(facts),
    ...originSteps(facts),
    ...(facts.fetched === null ? [] : responseSteps(facts.fetched)),
  ];
}

/** The same of a response that somebody has shown, for which neither the store nor the origin was asked. */
export function stepsForShown(facts: Facts): ExplainedStep[] {
  const { fetched, outcome } = facts;
  if (fetched === null)
    return [step("verdict", outcomeVerdicts[outcome.kind]), ...requestSteps(facts), decisionStep(facts)];
  const verdict = step("verdict", storingVerdict(fetched, "Such a response"));
  return [verdict, ...requestSteps(facts), ...responseSteps(fetched)];
}

function step(about: string, text: string, clause: string | null = null): ExplainedStep {
  return { about, text, clause };
}

const outcomeVerdicts: Readonly<Record<Facts["outcome"]["kind"], string>> = {
  hit: "Answered from the cache.",
  partial: "Answered in part from the cache; the rest is asked of the origin.",
  stale: "Answered from the cache, though what is stored is stale.",
  revalidate: "The origin is asked whether what is stored is still right.",
  miss: "Not answered from the cache: the origin is asked.",
  pass: "Passed on to the origin, past the cache.",
  upgrade: "Joined to the origin, past the cache.",
  purge: "Nothing is answered: stored responses are removed.",
  own: "Answered by cacheproxy itself; the origin is not asked.",
};

function verdictOf(facts: Facts): string {
  const { outcome, stored, fetched } = facts;
  const verdict = outcomeVerdicts[outcome.kind];
  if (outcome.kind === "hit") {
    const remaining = stored.find(({ isSelected }) => isSelected)?.remaining ?? 0;
    return remaining > 0 ? `${verdict} It is fresh for another ${spoken(remaining)}.` : verdict;
  }
  if (outcome.kind === "revalidate" && !asksConditionally(facts))
    return saidOf(fetched, "What is stored is not used: the origin is asked for it anew.", "Its answer");
  return saidOf(fetched, verdict, outcome.kind === "stale" ? "The origin's answer" : "Its answer");
}

function saidOf(fetched: Facts["fetched"], verdict: string, what: string): string {
  return fetched === null ? verdict : `${verdict} ${storingVerdict(fetched, what)}`;
}

function asksConditionally({ origin }: Facts): boolean {
  return origin?.fields.some(([name]) => /^if-(none-match|modified-since)$/i.test(name)) === true;
}

function storingVerdict({ isStored, status, reason, lifetime }: Fetched, what: string): string {
  if (reason === "revalidated") return "It says that this is so.";
  if (reason === "hit-stale-if-error" || reason === "outage")
    return "It fails, so that what is stored is served, though it is stale.";
  if (status === null) return "It gives no answer.";
  if (!isStored) return `${what} would not be stored.`;
  return isFresh(reason, lifetime)
    ? `${what} would be stored, and be fresh for ${spoken(lifetime ?? 0)}.`
    : `${what} would be stored, but asked about each time it is used.`;
}

/** no-cache may stand beside a lifetime, and goes before it. */
function isFresh(reason: string, lifetime: number | null): boolean {
  return lifetime !== null && lifetime > 0 && !/^stored-for-/.test(reason);
}

function requestSteps({ url, site, key, sender, ...facts }: Facts): ExplainedStep[] {
  const { host = "", origin = "no host" } = URL.parse(url) ?? {};
  const steps = [step("site", siteInWords(site, host))];
  if (site === null) return steps;
  const rules = [...new Set([...facts.rules, ...(facts.fetched?.rules ?? [])])];
  steps.push(step("rules", rules.length === 0 ? "none decides here" : rules.join(", ")));
  if (key === null) return steps;
  const marks = key.marks.length === 0 ? "" : `, and ${key.marks.join(", ")}`;
  steps.push(step("key", `${key.target} of ${origin}${marks}`));
  if (sender !== null && sender.by.length > 0) steps.push(step("sender", `known by ${sender.by.join(", ")}`));
  if (key.leftOut.length > 0) steps.push(step("key", `left out: ${key.leftOut.join(", ")}`));
  return steps;
}

function siteInWords(site: string | null, host: string): string {
  if (site === null) return host === "" ? "none: the request names no host" : `none answers for ${host}`;
  return site === "" ? "the one that the options make, for every host" : site;
}

/** A page with a hundred variants is not told of in a hundred lines. */
const mostStored = 8;

function storedSteps({ key, stored }: Facts): ExplainedStep[] {
  if (key === null) return [];
  if (stored.length === 0) return [step("stored", "nothing")];
  const shown = stored.slice(0, mostStored).map((each) => step("stored", storedInWords(each)));
  const others = stored.length - shown.length;
  return others === 0 ? shown : [...shown, step("stored", `and ${counted(others, "other")}`)];
}

function storedInWords(each: StoredExplained): string {
  const { status, where, isPartial, held, size, variant, isSelected, age, withheld } = each;
  const place = where === "memory" ? "in memory" : "on disk";
  const part = isPartial ? `${held} of ${size} bytes of ` : "";
  const fields = variant.map(fieldOfVariant);
  const chosen = fields.length === 0 ? "" : ` for requests with ${fields.join(", ")}`;
  const use = isSelected ? "" : "; not for this request";
  const why = withheld === null ? "" : ` (${withheld})`;
  return `${part}${part === "" ? "A" : "a"} ${status}${chosen}, ${place}, ${spoken(age)} old; ${freshness(each)}${use}${why}.`;
}

/** Of what tells who sends a request the store knows a mark of it alone. */
function fieldOfVariant([name, value]: StoredExplained["variant"][number]): string {
  if (value === null) return `no ${name}`;
  return `${name}: ${isCredential(name) ? "…" : value}`;
}

function freshness({ remaining, lifetime, lifetimeSource, revalidateAlways }: StoredExplained): string {
  if (lifetimeSource === "purged") return "made stale by a soft purge";
  if (revalidateAlways) return "to be asked about each time";
  const whose = `${spoken(lifetime)} by ${sourceInWords(lifetimeSource)}`;
  if (remaining > 0) return `fresh for another ${spoken(remaining)} (${whose})`;
  return lifetime > 0 ? `stale for ${spoken(-remaining)} (${whose})` : "never fresh";
}

/** Who has said a lifetime: see `LifetimeSource`. */
function sourceInWords(source: string): string {
  const known = new Map([
    ["targeted", "a field for caches such as CDN-Cache-Control"],
    ["expires", "Expires"],
    ["heuristic", "a guess from Last-Modified"],
    ["operator", "the configuration's default"],
    ["rule", "a rule"],
    ["purged", "a soft purge"],
    ["none", "nobody"],
  ]);
  return known.get(source) ?? source;
}

function decisionStep({ outcome }: Facts): ExplainedStep {
  const status = outcome.kind === "own" && outcome.status !== null ? `Answered with ${outcome.status}. ` : "";
  return step("decision", status + whyOf(outcome.reason), clauseOf(outcome.reason));
}

function originSteps({ origin, lastFailure, underWay }: Facts): ExplainedStep[] {
  const steps = lastFailure === null ? [] : [step("origin", failureInWords(lastFailure))];
  if (origin === null) return steps;
  const conditions = origin.fields.filter(([name]) => /^if-/i.test(name));
  const fields = conditions.map(([name, value]) => ` with ${name}: ${value}`).join(",");
  const when = origin.inBackground ? " in the background" : "";
  steps.push(step("origin", `Is sent ${origin.method} ${origin.url}${fields}${when}.`));
  if (underWay > 0)
    steps.push(step("origin", `Others ask for the same now (${underWay}), and may share the answer.`));
  return steps;
}

function failureInWords({ failure, rests }: NonNullable<Facts["lastFailure"]>): string {
  const how = failure === "unreachable" ? "gave no answer" : `answered ${failure}`;
  return `When last asked for this it ${how}${rests > 0 ? `; it is left alone for another ${spoken(rests)}` : ""}.`;
}

/** Response fields on which storing hangs, by their names in lower case as they are usually written. */
const telling: ReadonlyMap<string, string> = new Map(
  [
    ...["Cache-Control", "CDN-Cache-Control", "Surrogate-Control", "Expires", "Pragma", "Vary", "Set-Cookie"],
    ...["Authorization", "ETag", "Last-Modified", "Age"],
  ].map((name) => [name.toLowerCase(), name]),
);

function responseSteps(response: Fetched): ExplainedStep[] {
  const { status, fields, reason, milliseconds } = response;
  const time = milliseconds > 0 ? ` after ${Math.round(milliseconds)} ms` : "";
  const failed = response.failure === null ? [] : [step("response", `None${time}: ${response.failure}.`)];
  const steps = status === null ? failed : [step("response", `${status}${time}${tellingFields(fields)}.`)];
  const isSaid = response.isStored && isFresh(reason, response.lifetime);
  const lifetime = isSaid ? `Fresh for ${spoken(response.lifetime ?? 0)}. ` : "";
  return [...steps, step("response", lifetime + whyOf(reason), clauseOf(reason))];
}

function tellingFields(fields: Fetched["fields"]): string {
  if (fields === null) return "";
  const lines = fields.flatMap(([each, value]) => {
    const name = telling.get(each.toLowerCase());
    return name === undefined ? [] : [`${name}: ${valueShown(name, value)}`];
  });
  return `, with ${lines.length === 0 ? "no field that speaks of caching" : lines.join("; ")}`;
}

function valueShown(name: string, value: string): string {
  // A cookie's value is nobody's business.
  return name === "Set-Cookie" ? `${value.split("=", 1)[0] ?? ""}=…` : value;
}
