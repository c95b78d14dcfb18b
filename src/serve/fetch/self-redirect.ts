import type { OriginResponse } from "../../origin/forward.ts";
import { redirectsToItself } from "../../rules/self-redirect.ts";
import { fieldOf } from "../answer/answer.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";

/**
 * Tells the operator of a visitor that is sent round, where that may be because the origin is not asked by the name it
 * wants to be known by. Before a server that speaks TLS for this one, the visitor's scheme is what that server claims:
 * good enough to tell of.
 */
export function noticeSelfRedirect(
  context: ServeContext,
  { inbound, target }: KeyedRequest,
  { status, fields }: OriginResponse,
): void {
  if (status < 300 || status > 399) return;
  const { method, host, protocol, received } = inbound;
  if (context.options.originHost === null || host === "") return;
  // The target is what the origin was asked for: where that is "/index.html" for "/", it may well redirect to "/".
  const claimed = received.get("x-forwarded-proto") === "https" ? "https" : protocol;
  const targets = [protocol, claimed].map((scheme) => `${scheme}://${host}${target}`);
  if (!redirectsToItself({ method, status, location: fieldOf(fields, "location") }, targets)) return;
  const [path = ""] = target.split("?", 1);
  context.onSelfRedirect(`${host}${path}`, status);
}
