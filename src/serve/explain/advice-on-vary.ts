import type { Advice, Facts } from "../../control/explanation.ts";
import { varyNames } from "../../rules/vary.ts";
import { varyRemedy } from "../../sites/vary-remedies.ts";
import { atOrigin, fieldOfAnswer, nothing, ofClient, rule } from "./advice-parts.ts";

/** Stored for others: by which fields these were told apart. */
export function onVary(facts: Facts): readonly Advice[] {
  const names = new Set(facts.stored.flatMap(({ variant }) => variant.map(([name]) => name.toLowerCase())));
  if (names.has("cookie")) return remediesFor(facts, "cookie");
  if (names.has("user-agent")) return remediesFor(facts, "user-agent");
  const list = [...names].join(", ");
  return nothing(
    list === ""
      ? "the next request like this one is answered from the cache"
      : `the server has answers by ${list}, and each is stored when it is first asked for`,
  )(facts);
}

function remediesFor(facts: Facts, name: string): readonly Advice[] {
  const { atOrigin: change, byRule } = varyRemedy(name);
  const origin = atOrigin(change.text, change.copy);
  return byRule === null ? [origin] : [origin, rule(facts, byRule.text, byRule.settings)];
}

/**
 * What would be stored is one of many copies: a word about it where the request has such a field, else how one would learn of
 * it. Null where the copies are few.
 */
export function onCopies(facts: Facts): readonly Advice[] | null {
  const names = varyNames(fieldOfAnswer(facts, "vary"));
  if (names.includes("cookie")) {
    if (isKeptAway(facts, /^cookie /)) return null;
    return isSent(facts, "cookie")
      ? remediesFor(facts, "cookie")
      : [onlyWith("Cookie", "visitors who have cookies get copies of their own", "Cookie: session=1")];
  }
  if (!names.includes("user-agent") || isKeptAway(facts, /^field user-agent$/)) return null;
  return isSent(facts, "user-agent", "cacheproxy")
    ? remediesFor(facts, "user-agent")
    : [
        onlyWith(
          "User-Agent",
          "each version of each browser gets a copy of its own",
          "User-Agent: Mozilla/5.0",
        ),
      ];
}

function isKeptAway({ key }: Facts, what: RegExp): boolean {
  return key?.leftOut.some((each) => what.test(each)) === true;
}

/** `unsaid`: what the origin is sent where the client says nothing. */
function isSent({ origin }: Facts, name: string, unsaid?: string): boolean {
  return origin?.fields.some(([each, value]) => each.toLowerCase() === name && value !== unsaid) === true;
}

function onlyWith(name: string, what: string, example: string): Advice {
  return ofClient(
    `It is stored; but the server says "Vary: ${name}", so that ${what}, unless a rule keeps that field away. What to do then, explain tells for a request with that field (-H '${example}').`,
  );
}
