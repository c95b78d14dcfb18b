import { hasCookie, type IdentityOptions } from "../rules/identity.ts";
import type { FirstSaid } from "./first-said.ts";
import { hostName } from "./host-name.ts";
import type { RedirectPlan } from "./plan.ts";
import type { Act, SiteRequest } from "./site.ts";

export const serve: Act = { kind: "serve" };
export const pass: Act = { kind: "pass" };

/** What is to be done with a request: what refuses it goes first, then what sends it elsewhere, then what passes it. */
export function compileAct(said: FirstSaid, options: IdentityOptions): (request: SiteRequest) => Act {
  const status = said.of("deny");
  const redirect = said.of("redirect");
  const isPassed = said.of("pass") === true;
  const isPassedWithCookie = said.of("cookies") === "pass";
  if (status !== undefined) {
    const deny: Act = { kind: "deny", status };
    return () => deny;
  }
  const redirected = redirect === undefined ? () => null : compileRedirect(redirect);
  return (request) => {
    const elsewhere = redirected(request);
    if (elsewhere !== null) return elsewhere;
    if (isPassed) return pass;
    return isPassedWithCookie && hasCookie(request.fields.get("cookie"), options.ignoredCookies)
      ? pass
      : serve;
  };
}

function compileRedirect(plan: RedirectPlan): (request: SiteRequest) => Act | null {
  if (!("status" in plan)) return redirectToHttps;
  const redirect: Act = { kind: "redirect", location: plan.to, status: plan.status };
  return () => redirect;
}

/** The same target by https, at its usual port. A client that names no host cannot be told where to go. */
function redirectToHttps({ method, protocol, host, target, written = target }: SiteRequest): Act | null {
  if (protocol === "https" || host === "") return null;
  // A 301 lets clients make a GET of what was none (RFC 9110 §15.4.2).
  const status = method === "GET" || method === "HEAD" ? 301 : 308;
  return { kind: "redirect", location: `https://${hostName(host)}${written}`, status };
}
