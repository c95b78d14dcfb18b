import type { FieldList } from "../../rules/fields.ts";
import { cacheControlOf, parseCacheControl } from "../../rules/cache-control.ts";
import { isPagePart } from "../../rules/page-part.ts";
import { personalSegment } from "../../rules/personal-path.ts";
import type { Policy } from "../../rules/policy.ts";
import { isUnqualified } from "../../rules/stored-policy.ts";
import { isCredential } from "../../rules/vary.ts";
import { namedByMark } from "./page-rows.ts";

/** A stored response, as far as it tells whether it is one person's. */
export interface Told {
  readonly status: number;
  readonly policy: Policy;
  readonly fields: FieldList;
  /** Content-Type, without parameters. */
  readonly type: string | null;
  readonly path: string;
  readonly marks: readonly string[];
  readonly variantKey: string;
}

interface Sign {
  readonly text: string;
  /** How much it says; what has less than `enough` of all its signs looks like everybody's. */
  readonly weight: number;
}

export interface Look {
  readonly signs: readonly string[];
  readonly weight: number;
  readonly isForced: boolean;
}

const enough = 2;

/** Undefined where it does not look like one person's, or where nobody gets it but who asks as its first client did. */
export function personalLook(told: Told, cookieRules: ReadonlySet<string>): Look | undefined {
  const { status, policy, type } = told;
  if (status < 200 || status > 299 || isPagePart(type)) return undefined;
  if (policy.sharedWith === "anonymous" || isOfOne(told)) return undefined;
  const isForced = isOverruled(told);
  const signs = signsOf(told, isForced, cookieRules);
  const weight = signs.reduce((sum, sign) => sum + sign.weight, 0);
  return weight < enough ? undefined : { signs: signs.map(({ text }) => text), weight, isForced };
}

/** Another gets it only with the same cookie, or the same password. */
function isOfOne({ marks, variantKey }: Told): boolean {
  const isKeyed = marks.some((mark) => {
    const named = namedByMark(mark);
    return named !== undefined && (named.by === "cookie" || isCredential(named.name));
  });
  return isKeyed || variantKey.split("\n").some((line) => isCredential(line.slice(0, line.indexOf(":"))));
}

function signsOf(told: Told, isForced: boolean, cookieRules: ReadonlySet<string>): Sign[] {
  const { path, policy } = told;
  const segment = personalSegment(path);
  const withoutCookie = policy.rules?.find((name) => cookieRules.has(name));
  return [
    ...(segment === null ? [] : [{ text: `its path has ${JSON.stringify(segment)}`, weight: 2 }]),
    ...(isForced
      ? [{ text: `a rule has it stored, though the server says ${saidOf(told.fields)}`, weight: 3 }]
      : []),
    ...(setsCookie(told) ? [{ text: "the server sets a cookie with it", weight: 2 }] : []),
    ...(policy.vary.includes("cookie")
      ? [{ text: "the server says that it depends on cookies", weight: 1 }]
      : []),
    ...(withoutCookie === undefined
      ? []
      : [{ text: `the rule ${withoutCookie} takes away the cookies that the server sets`, weight: 1 }]),
  ];
}

/** A lifetime of a rule, over what the server says. */
function isOverruled({ policy, fields }: Told): boolean {
  return policy.lifetimeSource === "rule" && saidOf(fields) !== "";
}

/** "no-store and private"; "" where it forbids nothing. */
function saidOf(fields: FieldList): string {
  const directives = directivesIn(fields);
  const said = [
    ...(directives.has("no-store") ? ["no-store"] : []),
    ...(isUnqualified(directives, "private") ? ["private"] : []),
  ];
  return said.join(" and ");
}

/** One that names Set-Cookie in private or no-cache has thought of who gets it. */
function setsCookie({ policy, fields }: Told): boolean {
  if (!policy.withheldFields.includes("set-cookie")) return false;
  const directives = directivesIn(fields);
  const named = [...(directives.fields("private") ?? []), ...(directives.fields("no-cache") ?? [])];
  return !named.includes("set-cookie");
}

function directivesIn(fields: FieldList) {
  const values = fields.filter(([name]) => name.toLowerCase() === "cache-control").map(([, value]) => value);
  return values.length === 0 ? cacheControlOf([]) : parseCacheControl(values.join(", "));
}
