import { remainingLifetime } from "../../rules/freshness.ts";
import type { ReasonName } from "../../rules/reason.ts";
import type { Found } from "../../store/tier.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Step } from "../step.ts";
import { type Answer, told, type Telling } from "./answer.ts";
import { answerFromStore } from "./from-store.ts";

/** The step of a fresh stored response. */
export function hit(
  context: ServeContext,
  request: KeyedRequest,
  { found, reason }: Extract<Step, { step: "hit" }>,
): Step {
  return { step: "deliver", answer: answerHit(context, request, found, reason) };
}

/** The step of a stored response that the origin has just confirmed. */
export function confirmed(
  context: ServeContext,
  request: KeyedRequest,
  { why, found, collapsed }: Extract<Step, { step: "confirmed" }>,
): Step {
  const answer = answerStored(context, request, found, {
    word: "REVALIDATED",
    reason: "revalidated",
    facts: {
      hit: false,
      forward: why.forward,
      forwardStatus: 304,
      stored: true,
      collapsed,
      timeToLive: remainingLifetime(found.response.policy, context.now()),
    },
  });
  return { step: "deliver", answer };
}

/** Answers from a fresh stored response; `serve/hit/hit` gives the same bytes for a plain request. */
export function answerHit(
  context: ServeContext,
  request: KeyedRequest,
  found: Found,
  reason: ReasonName,
): Answer {
  const timeToLive = remainingLifetime(found.response.policy, context.now());
  return answerStored(context, request, found, { word: "HIT", reason, facts: { hit: true, timeToLive } });
}

/** Answers from a stale stored response. */
export function answerStale(
  context: ServeContext,
  request: KeyedRequest,
  { found, reason, instead }: Pick<Extract<Step, { step: "stale" }>, "found" | "reason" | "instead">,
): Answer {
  const timeToLive = remainingLifetime(found.response.policy, context.now());
  const facts = { ...(instead === null ? { hit: true } : { hit: false, ...instead }), timeToLive };
  return answerStored(context, request, found, { word: "STALE", reason, facts });
}

function answerStored(context: ServeContext, request: KeyedRequest, found: Found, telling: Telling): Answer {
  const { options, now } = context;
  context.store.noteHit(found.response.id);
  const full = told(options, request.key, telling, found.response.policy.rules);
  return answerFromStore(request.inbound, found, full, now(), context);
}
