import type { Facts } from "../../control/explanation.ts";
import { cookieNames, identityFields, senderOf } from "../../rules/identity.ts";
import { targetAsked } from "../../rules/target.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest, Received } from "../request/inbound.ts";

/** What of a request counts neither for its key nor for the origin: "query utm_source", "cookie lang", "field x-forwarded-host". */
export function leftOutOf(
  { options }: ServeContext,
  { inbound, target }: KeyedRequest,
  received: Received["received"],
): string[] {
  const { fields } = inbound;
  const asked = targetAsked(inbound.target, options.index);
  const parameters = namesGone(parametersOf(asked), parametersOf(target)).map(parameterName);
  const cookies = namesGone(cookieNames(received.get("cookie")), cookieNames(fields.get("cookie")));
  const names = [...received].map(([name]) => name);
  const dropped = names.filter(
    (name) => !judgedApart.has(name) && !isHeard(fields.get(name), received.get(name)),
  );
  return [
    ...parameters.filter((name) => name !== "").map((name) => `query ${name}`),
    ...cookies.map((name) => `cookie ${name}`),
    ...dropped.map((name) => `field ${name}`),
  ];
}

/** Of which some is said elsewhere, or much means the same. */
const judgedApart: ReadonlySet<string> = new Set(["host", "cookie", "accept-encoding"]);

/** What was said is sent, perhaps beside what this proxy says; or else it says something of its own in its place. */
function isHeard(sent: string | null, said: string | null): boolean {
  return sent?.includes(said ?? "") === true;
}

/** Who it tells that it comes from, and by what. */
export function senderFacts({ options }: ServeContext, { inbound: { fields } }: KeyedRequest) {
  const { ignoredCookies } = options.storing;
  const cookies = cookieNames(fields.get("cookie"));
  const telling = cookies.filter((name) => !ignoredCookies.test(name));
  const named = ["authorization", ...identityFields].filter((name) => fields.get(name) !== null);
  return {
    kind: senderOf(fields, options.storing),
    by: [...named, ...telling.map((name) => `cookie ${name}`)],
    ignoredCookies: cookies.filter((name) => ignoredCookies.test(name)),
  } satisfies Facts["sender"];
}

/** Those of `before` that are not in `after`, as often as they are missing there. */
function namesGone(before: readonly string[], after: readonly string[]): string[] {
  const left = [...after];
  return before.filter((each) => {
    const place = left.indexOf(each);
    if (place !== -1) left.splice(place, 1);
    return place === -1;
  });
}

/** Of a target's query, each as it is written: "a=1". */
export function parametersOf(target: string): string[] {
  const query = target.indexOf("?");
  return query === -1 ? [] : target.slice(query + 1).split("&");
}

export function parameterName(parameter: string): string {
  const equals = parameter.indexOf("=");
  return equals === -1 ? parameter : parameter.slice(0, equals);
}
