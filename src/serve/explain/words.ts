import type { ExplainedStep, Facts, Fetched, StoredExplained } from "../../control/explanation.ts";
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
export function stepsForShown(facts: Facts, shown: Fetched): ExplainedStep[] {
  const isLookedUp = facts.key !== null;
  return [
    step("verdict", isLookedUp ? storingVerdict(shown, "It") : outcomeVerdicts[facts.outcome.kind]),
    ...requestSteps(facts),
    ...(isLookedUp ? [] : [decisionStep(facts)]),
    ...responseSteps(shown),
  ];
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

function verdictOf({ outcome, stored, fetched }: Facts): string {
  const verdict = outcomeVerdicts[outcome.kind];
  if (outcome.kind === "hit") {
    const remaining = stored.find(({ isSelected }) => isSelected)?.remaining ?? 0;
    return remaining > 0 ? `${verdict} It is fresh for another ${spoken(remaining)}.` : verdict;
  }
  return fetched === null ? verdict : `${verdict} ${storingVerdict(fetched, "Its answer")}`;
}

function storingVerdict({ isStored, status, reason, lifetime }: Fetched, what: string): string {
  if (reason === "revalidated") return "It says that this is so.";
  if (status === null) return "It gives no answer.";
  if (!isStored) return `${what} is not stored.`;
  return lifetime !== null && lifetime > 0
    ? `${what} is stored, and fresh for ${spoken(lifetime)}.`
    : `${what} is stored, but asked about each time it is used.`;
}

function requestSteps({ url, site, rules, key }: Facts): ExplainedStep[] {
  const asked = URL.parse(url)?.host ?? "";
  const steps = [step("site", siteInWords(site, asked))];
  if (site === null) return steps;
  steps.push(step("rules", rules.length === 0 ? "None decides anything here." : `${rules.join(", ")}.`));
  if (key === null) return steps;
  const marks = key.marks.length === 0 ? "" : `, and ${key.marks.join(", ")}`;
  steps.push(step("key", `${key.target} of ${asked === "" ? "no host" : asked}${marks}.`));
  if (key.leftOut.length > 0) steps.push(step("key", `Left out: ${key.leftOut.join(", ")}.`));
  return steps;
}

function siteInWords(site: string | null, host: string): string {
  if (site === null) return host === "" ? "The request names no host." : `None answers for ${host}.`;
  return site === "" ? "The one that the options make, for every host." : `${site}.`;
}

/** A page with a hundred variants is not told of in a hundred lines. */
const mostStored = 8;

function storedSteps({ key, stored }: Facts): ExplainedStep[] {
  if (key === null) return [];
  if (stored.length === 0) return [step("stored", "Nothing.")];
  const shown = stored.slice(0, mostStored).map((each) => step("stored", storedInWords(each)));
  const others = stored.length - shown.length;
  return others === 0 ? shown : [...shown, step("stored", `And ${counted(others, "other")}.`)];
}

function storedInWords(each: StoredExplained): string {
  const { status, where, isPartial, held, size, variant, isSelected, age, withheld } = each;
  const place = where === "memory" ? "in memory" : "on disk";
  const part = isPartial ? `${held} of ${size} bytes of ` : "";
  const fields = variant.map(([name, value]) => (value === null ? `no ${name}` : `${name}: ${value}`));
  const chosen = fields.length === 0 ? "" : ` for requests with ${fields.join(", ")}`;
  const use = isSelected ? "" : "; not for this request";
  const why = withheld === null ? "" : ` (${withheld})`;
  return `${part}${part === "" ? "A" : "a"} ${status}${chosen}, ${place}, ${spoken(age)} old; ${freshness(each)}${use}${why}.`;
}

function freshness({ remaining, lifetime, lifetimeSource, revalidateAlways }: StoredExplained): string {
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

function originSteps({ origin }: Facts): ExplainedStep[] {
  if (origin === null) return [];
  const conditions = origin.fields.filter(([name]) => /^if-/i.test(name));
  const fields = conditions.map(([name, value]) => ` with ${name}: ${value}`).join(",");
  return [step("origin", `Is sent ${origin.method} ${origin.url}${fields}.`)];
}

/** Response fields on which storing hangs; of Set-Cookie the value is nobody's business. */
const telling = [
  ...["cache-control", "cdn-cache-control", "surrogate-control", "expires", "pragma", "vary", "set-cookie"],
  ...["authorization", "etag", "last-modified", "age"],
];

function responseSteps(response: Fetched): ExplainedStep[] {
  const { status, fields, reason, milliseconds } = response;
  const time = milliseconds > 0 ? ` after ${Math.round(milliseconds)} ms` : "";
  const steps = status === null ? [] : [step("response", `${status}${time}, with ${tellingFields(fields)}.`)];
  const lifetime =
    response.isStored && response.lifetime !== null && response.lifetime > 0
      ? `Fresh for ${spoken(response.lifetime)}. `
      : "";
  return [...steps, step("response", lifetime + whyOf(reason), clauseOf(reason))];
}

function tellingFields(fields: Fetched["fields"]): string {
  const told = fields.filter(([name]) => telling.includes(name.toLowerCase()));
  const lines = told.map(([name, value]) => `${capitalised(name)}: ${valueShown(name, value)}`);
  return lines.length === 0 ? "no field that speaks of caching" : lines.join("; ");
}

function valueShown(name: string, value: string): string {
  return name.toLowerCase() === "set-cookie" ? `${value.split("=", 1)[0] ?? ""}=…` : value;
}

/** "cache-control" as it is usually written. */
function capitalised(name: string): string {
  if (/^etag$/i.test(name)) return "ETag";
  return name
    .toLowerCase()
    .replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase())
    .replace(/^Cdn-/, "CDN-");
}
