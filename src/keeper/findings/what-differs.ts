import type { FoundSplit } from "../../control/findings-request.ts";
import { anyMatcher, nameMatcher } from "../../rules/glob.ts";
import { remembered } from "../../rules/remembered.ts";
import { isCredential } from "../../rules/vary.ts";
import { parameterName } from "../../sites/query.ts";
import { trackingParameters } from "../../sites/tracking.ts";
import { namedByMark, type RowParts } from "./page-rows.ts";

/** Something by which stored responses of one path differ. */
export interface Difference {
  readonly by: FoundSplit["by"];
  /** Of the parameter, the cookie, the field; "" where there is none. */
  readonly name: string;
}

/** What a row has of something by which it may differ from others of its path. */
export interface Had {
  readonly difference: Difference;
  /** As it is written: where all have the same they do not differ by it. */
  readonly text: string;
}

/** All that the row has and others of its path may not have, or otherwise. */
export function hadBy({ parameters, marks, variant, whose }: RowParts): Had[] {
  const named = (parameters ?? []).map((text) => ({ name: parameterName(text), text }));
  const ofAdvertisements = named.filter(({ name }) => isTracking(name));
  const others = named.filter(({ name }) => isNameable(name) && !isTracking(name));
  return [
    ...(ofAdvertisements.length > 0 ? [{ difference: tracking, text: textOf(ofAdvertisements) }] : []),
    ...others.map(({ name, text }) => ({ difference: { by: "query", name } as const, text })),
    ...(named.length > 1 ? [{ difference: order, text: textOf(named) }] : []),
    ...marks.flatMap((text) => differenceOfMark(text).map((difference) => ({ difference, text }))),
    ...variant.map((text) => ({ difference: { by: "vary", name: nameOfLine(text) } as const, text })),
    { difference: host, text: whose },
  ];
}

/** Whether a rule can name it, and it alone: what has a star, as whoever asks may make up, would be all that are like it. */
function isNameable(name: string): boolean {
  return /^[^\s&=;,*?\p{Cc}\p{Cf}]+$/u.test(name);
}

function textOf(named: readonly { readonly text: string }[]): string {
  return named.map(({ text }) => text).join("&");
}

const tracking: Difference = { by: "tracking", name: "" };
const order: Difference = { by: "order", name: "" };
const host: Difference = { by: "host", name: "" };
const scheme: Difference = { by: "scheme", name: "" };

const isTracking = remembered(anyMatcher(trackingParameters.map(nameMatcher)));

function differenceOfMark(mark: string): Difference[] {
  if (mark === "https") return [scheme];
  const named = namedByMark(mark);
  return named === undefined ? [] : [named];
}

function nameOfLine(line: string): string {
  const colon = line.indexOf(":");
  return colon === -1 ? line : line.slice(0, colon);
}

/** With fewer copies of a page nothing is wrong: there are three codings, and some sites speak three languages. */
export function leastCopies({ by, name }: Difference): number {
  if (by === "vary" && name === "accept-encoding") return 6;
  if (by === "vary" && name === "accept-language") return 4;
  return by === "order" || by === "host" || by === "scheme" || by === "tracking" ? 2 : 3;
}

/** Whether they are copies only where their bodies are the same: else each may be a page of its own. */
export function isSplitByBodies({ by, name }: Difference): boolean {
  return by === "order" || by === "host" || by === "scheme" || (by === "query" && !isOfVisits(name));
}

/** Whether the server has something else for each of some values: it is no split while all bodies differ. */
export function isNegotiated({ by, name }: Difference): boolean {
  return by === "vary" && /^accept(-|$)/.test(name);
}

/** What stays when that is left out: rows of which the same stays are copies by it. */
export function without({ by, name }: Difference, parts: RowParts): RowParts {
  switch (by) {
    case "tracking":
      return { ...parts, parameters: parts.parameters?.filter((each) => !isTrackingParameter(each)) ?? null };
    case "query":
      return {
        ...parts,
        parameters: parts.parameters?.filter((each) => parameterName(each) !== name) ?? null,
      };
    case "order":
      return { ...parts, parameters: parts.parameters?.toSorted() ?? null };
    case "cookie":
    case "header":
      return { ...parts, marks: parts.marks.filter((mark) => !isMarkOf(mark, by, name)) };
    case "scheme":
      return { ...parts, marks: parts.marks.filter((mark) => mark !== "https") };
    case "vary":
      return { ...parts, variant: parts.variant.filter((line) => nameOfLine(line) !== name) };
    case "host":
      return { ...parts, whose: parts.whose.slice(0, parts.whose.lastIndexOf(" ") + 1) };
  }
}

function isTrackingParameter(parameter: string): boolean {
  return isTracking(parameterName(parameter));
}

function isMarkOf(mark: string, by: string, name: string): boolean {
  const named = namedByMark(mark);
  return named?.by === by && named.name === name;
}

/** What the row has of it, as an operator may read it; undefined where it has nothing, or that may tell who somebody is. */
export function valueIn({ by, name }: Difference, parts: RowParts): string | undefined {
  switch (by) {
    case "tracking":
      return parts.parameters?.find((each) => /^(utm|mtm|pk)_/.test(each));
    case "query":
      return isSecret(name) ? undefined : parts.parameters?.find((each) => parameterName(each) === name);
    case "vary":
      return isCredential(name)
        ? undefined
        : parts.variant.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1);
    case "host":
      return parts.whose.slice(parts.whose.lastIndexOf(" ") + 1);
    case "order":
      return `?${parts.parameters?.map(parameterName).join("&") ?? ""}`;
    case "scheme":
      return parts.marks.includes("https") ? "https" : "http";
    // What it holds may tell of one visitor.
    case "cookie":
    case "header":
      return undefined;
  }
}

function isSecret(name: string): boolean {
  return /token|secret|session|sid$|passw|auth|key|sig(nature)?$|code$/i.test(name);
}

/** Names of the parameters by which advertisements are told apart. */
export function trackingNames({ parameters }: RowParts): readonly string[] {
  return parameters?.map(parameterName).filter(isTracking) ?? [];
}

/** Parameters that sessions are known by, or that are there so that no cache has the page. */
function isOfVisits(name: string): boolean {
  return /^(_|cb|nocache|no_cache|cachebuster|cache_?bust|rand|random|rnd|ts|timestamp|t|sid|session_?id|phpsessid|jsessionid|ref|referrer|visitor_?id|client_?id|cid)$/i.test(
    name,
  );
}
