import type { ReasonName } from "../../rules/reason.ts";
import { ownStep } from "../answer/own-step.ts";
import type { ServeContext } from "../context.ts";
import { isCertain } from "../request/guard.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Step } from "../step.ts";
import { readPurge } from "./dialects.ts";
import { type Permission, permissionOf } from "./permission.ts";
import { purgedAnswer } from "./purged-answer.ts";

/**
 * A request to purge is obeyed or refused, and never passed on: an origin that knows the word would have others do with the
 * cache what they like, and its token is for nobody else.
 */
export async function purge(context: ServeContext, request: KeyedRequest): Promise<Step> {
  const { inbound } = request;
  const { options, site } = context;
  const permission = permissionOf(inbound, options.purging);
  if (permission !== "allowed") return forbidden(context, request, permission);
  if (!isCertain(inbound.target)) {
    return own(context, request, 400, "the target has bytes that are no UTF-8", "purge-refused");
  }
  const reading = readPurge({
    method: inbound.method,
    target: inbound.target,
    host: inbound.host,
    protocol: inbound.protocol,
    fields: inbound.received,
    site: site.name,
    isPerHost: site.plan.preserveHost,
    path: options.purging.path,
  });
  if (reading.kind === "misread") return own(context, request, 400, reading.explanation, "purge-refused");
  const asker = (inbound.received.get("user-agent") ?? "").slice(0, longestAsker);
  const outcome = await context.purge(reading.wanted, inbound.clientAddress, asker);
  switch (outcome.kind) {
    case "purged":
      return { step: "deliver", answer: purgedAnswer(context, request, outcome.answer) };
    case "refused":
      return own(context, request, 400, outcome.why, "purge-refused");
    case "uncertain":
      return own(context, request, 503, outcome.why, "purge-uncertain");
  }
}

const longestAsker = 256;

function forbidden(
  context: ServeContext,
  request: KeyedRequest,
  permission: Exclude<Permission, "allowed">,
): Step {
  const { clientAddress } = request.inbound;
  if (permission === "by-proxy" && clientAddress !== null) context.onUnnamedProxy(clientAddress);
  const explanation =
    permission === "no-token"
      ? "purging here takes the right token in Authorization: Bearer"
      : "purging is not allowed from here";
  return own(context, request, 403, explanation, "purge-forbidden");
}

function own(
  context: ServeContext,
  request: KeyedRequest,
  status: number,
  explanation: string,
  reason: ReasonName,
): Step {
  return ownStep(context, request, status, explanation, reason, "PURGE");
}
