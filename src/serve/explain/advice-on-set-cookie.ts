import type { Advice, Facts } from "../../control/explanation.ts";
import { atOrigin, isIdentified, lifetimeField, rule, ruleOfLifetime } from "./advice-parts.ts";

/** It may be one visitor's: what would have it stored if it is not. */
export function onSetCookie(facts: Facts): readonly Advice[] {
  const origin = onSetCookieAtOrigin(facts);
  return isIdentified(facts) ? [origin] : [origin, withoutCookie(facts)];
}

/** The same, where no rule would do. */
export function onSetCookieAtOrigin(facts: Facts): Advice {
  return atOrigin(
    `The server sets ${cookiesSet(facts)} here, so this may be one visitor's page. If it is the same for everybody, have the server not set it, or send the following (then only the visitor who asks first gets the cookie, and everybody the page):`,
    lifetimeField(facts),
  );
}

/** A rule gives the lifetime, whatever the origin says of it. */
export function onSetCookieUnderRule(facts: Facts): readonly Advice[] {
  return [
    atOrigin(
      `The server sets ${cookiesSet(facts)} here, so this may be one visitor's page, for which a rule's lifetime is not meant. If it is the same for everybody, have the server not set it.`,
    ),
    withoutCookie(facts),
  ];
}

function withoutCookie(facts: Facts): Advice {
  return rule(
    facts,
    `Or have cacheproxy take ${cookiesSet(facts)} away, for everybody: what needs it, such as a login or a cart, no longer begins on this page. Add a rule to the file`,
    ["remove-set-cookie = true", ruleOfLifetime(facts)],
  );
}

function cookiesSet({ fetched }: Facts): string {
  const set = fetched?.fields?.filter(([name]) => name.toLowerCase() === "set-cookie") ?? [];
  const names = [...new Set(set.map(([, value]) => value.split("=", 1)[0]?.trim() ?? ""))];
  return names.length === 0 ? "a cookie" : `the cookie ${names.join(", ")}`;
}
