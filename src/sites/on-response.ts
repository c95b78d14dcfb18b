import type { StoringOptions } from "../rules/exchange.ts";
import { isHeuristicStatus } from "../rules/freshness.ts";
import { type FirstSaid, firstSaid, type Speaker } from "./first-said.ts";
import type { Held } from "./questions.ts";
import type { ResponseVerdict, SiteResponse } from "./site.ts";

/** What is said of the responses to a request for which these rules hold; `isPassed`: a rule keeps them from the cache. */
export function compileForResponse(
  held: readonly Held[],
  isPassed = false,
): (response: SiteResponse) => ResponseVerdict {
  const speaking = held.filter(({ rule }) => saysOfResponse(rule));
  if (speaking.length === 0) return () => nothingSaid;
  /** By all that decides: of most sites there are two or three. */
  const remembered = new Map<string, ResponseVerdict>();
  return (response) => {
    const holding = speaking.filter((each) => holdsFor(each, response));
    const isKept = isKeptOfItself(response.status);
    const name = `${isKept} ${holding.map((each) => speaking.indexOf(each)).join()}`;
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const verdict = verdictOf(holding, isKept, isPassed);
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(name, verdict);
    return verdict;
  };
}

const mostRemembered = 256;

const nothingSaid: ResponseVerdict = { rules: [], storing: {}, set: [], remove: [] };

/** Settings about the response. */
export const responseSettings = [
  "lifetime",
  "force",
  "defaultLifetime",
  "maxLifetime",
  "errorLifetime",
  "heuristic",
  "staleWhileRevalidate",
  "staleIfError",
  "store",
  "removeSetCookie",
  "setResponse",
  "removeResponse",
] as const;

export function saysOfResponse({ settings }: Held["rule"]): boolean {
  return responseSettings.some((name) => settings[name] !== undefined);
}

function holdsFor({ rule, exception }: Held, response: SiteResponse): boolean {
  if (rule.if.response !== null && !rule.if.response(response)) return false;
  return exception === null || !exception(response);
}

function verdictOf(holding: readonly Held[], isKept: boolean, isPassed: boolean): ResponseVerdict {
  const said = firstSaid(holding.map((each) => speakerFor(each, isKept)));
  const changes = said.fieldChanges("setResponse", "removeResponse");
  const isCookieRemoved = said.of("removeSetCookie") === true && !changes.remove.includes("set-cookie");
  const ofFields = said.names();
  const storing = storingSaid(said);
  // What is said of storing decides nothing where nothing is to be stored.
  const rules = isPassed ? ofFields : said.names();
  return {
    rules,
    storing: rules.length === 0 ? storing : { ...storing, rules },
    set: changes.set,
    remove: isCookieRemoved ? [...changes.remove, "set-cookie"] : changes.remove,
  };
}

/**
 * Who says "/static/** for 30 days" means what is there, not the error that is there for a moment, nor the redirect of one
 * visitor: without a condition on the status, `lifetime` is for the statuses below 400 that caches may keep of themselves.
 */
function speakerFor({ rule }: Held, isKept: boolean): Speaker {
  if (rule.settings.lifetime === undefined || rule.if.namesStatus || isKept) return { rule };
  const { lifetime: _lifetime, force: _force, ...settings } = rule.settings;
  return { rule: { name: rule.name, settings } };
}

/** Whether a rule's lifetime is for it that names no status. A 206 is a part of a 200. */
export function isKeptOfItself(status: number): boolean {
  return status === 206 || (status < 400 && isHeuristicStatus(status));
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

function storingSaid(said: FirstSaid): Partial<StoringOptions> {
  const storing: Writable<Partial<StoringOptions>> = {};
  const lifetime = said.of("lifetime");
  if (lifetime !== undefined) {
    storing.lifetime = seconds(lifetime);
    // `force` is about the lifetime beside which it stands, and lends nothing to another rule's.
    storing.isForced = said.byWhom("lifetime")?.force === true;
  }
  const defaultLifetime = said.of("defaultLifetime");
  if (defaultLifetime !== undefined)
    storing.defaultLifetime = defaultLifetime === "off" ? null : seconds(defaultLifetime);
  const maxLifetime = said.of("maxLifetime");
  if (maxLifetime !== undefined) storing.maxLifetime = seconds(maxLifetime);
  Object.assign(storing, errorsSaid(said.of("errorLifetime")));
  const heuristic = said.of("heuristic");
  if (heuristic !== undefined) storing.heuristic = heuristic;
  const store = said.of("store");
  if (store !== undefined) storing.store = store;
  const whileRevalidating = said.of("staleWhileRevalidate");
  if (whileRevalidating !== undefined) storing.staleWhileRevalidateWindow = window(whileRevalidating);
  const onError = said.of("staleIfError");
  if (onError !== undefined) storing.staleIfErrorWindow = window(onError);
  return storing;
}

/** One word for both: what errors get that state no lifetime, and the most that others may have. */
function errorsSaid(errorLifetime: number | "off" | undefined): Partial<StoringOptions> {
  if (errorLifetime === undefined) return {};
  if (errorLifetime === "off") return { errorCap: "none", errorLifetime: null };
  return { errorCap: seconds(errorLifetime), errorLifetime: seconds(errorLifetime) };
}

function window(duration: number | "off"): number {
  return duration === "off" ? 0 : seconds(duration);
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
