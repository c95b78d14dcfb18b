import type { ReasonName } from "../../rules/reason.ts";
import { ownStep } from "../answer/own-step.ts";
import type { ServeContext } from "../context.ts";
import { isCertain } from "../request/guard.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Step } from "../step.ts";
import { readPurge } from "./dialects.ts";
import { type Permission, permissionOf } from "./permission.ts";
import { purgedAnswer } from "./purged-answer.ts";
import type { Wanted } from "./wanted.ts";

/**
 * A request to purge is obeyed or refused, and never passed on: an origin that knows the word would have others do with the
 * cache what they like, and its token is for nobody else.
 */
export async function purge(context: ServeContext, request: KeyedRequest): Promise<Step> {
  const { inbound } = request;
  const judged = judgePurge(context, request);
  if (judged.kind === "refused") {
    const { clientAddress } = inbound;
    if (judged.permission === "by-proxy" && clientAddress !== null) context.onUnnamedProxy(clientAddress);
    return own(context, request, judged.status, judged.explanation, judged.reason);
  }
  const asker = (inbound.received.get("user-agent") ?? "").slice(0, longestAsker);
  const outcome = await context.purge(judged.wanted, inbound.clientAddress, asker);
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

/** What becomes of a request to purge before anything is looked for. */
export type JudgedPurge =
  | { readonly kind: "wanted"; readonly wanted: readonly Wanted[] }
  | {
      readonly kind: "refused";
      readonly status: 400 | 403;
      readonly explanation: string;
      readonly reason: ReasonName;
      readonly permission: Permission;
    };

/** Whether it is allowed, and what it names. */
export function judgePurge({ options, site }: ServeContext, { inbound }: KeyedRequest): JudgedPurge {
  const permission = permissionOf(inbound, options.purging);
  if (permission !== "allowed") {
    const explanation =
      permission === "no-token"
        ? "purging here takes the right token in Authorization: Bearer"
        : "purging is not allowed from here";
    return { kind: "refused", status: 403, explanation, reason: "purge-forbidden", permission };
  }
  const misread = { kind: "refused", status: 400, reason: "purge-refused", permission } as const;
  if (!isCertain(inbound.target)) {
    return { ...misread, explanation: "the target has bytes that are no UTF-8" };
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
  return reading.kind === "misread" ? { ...misread, explanation: reading.explanation } : reading;
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
