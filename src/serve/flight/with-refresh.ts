import { senderOf } from "../../rules/identity.ts";
import { relay } from "../answer/relay.ts";
import { answerStale } from "../answer/stored-answer.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Step } from "../step.ts";
import { type Occasion, refreshInBackground, type TakeStep } from "./refresh.ts";

/** The step of a stale stored response: the client has it at once, and the origin is asked meanwhile where that is to be. */
export function stale(
  context: ServeContext,
  request: KeyedRequest,
  step: Extract<Step, { step: "stale" }>,
  takeStep: TakeStep,
): Step {
  if (step.revalidateInBackground) refreshInBackground(context, request, occasionOf(step), takeStep);
  return { step: "deliver", answer: answerStale(context, request, step) };
}

/** Why what is stale is refreshed. */
export function occasionOf({ found, candidates }: Extract<Step, { step: "stale" }>): Occasion {
  return { forward: "stale", reason: "revalidate-stale", selected: found, candidates };
}

/** The step of a part of something small: the client has the part, and the whole is fetched meanwhile. */
export function small(
  context: ServeContext,
  request: KeyedRequest,
  { why, response }: Extract<Step, { step: "small" }>,
  takeStep: TakeStep,
): Promise<Step> {
  const { flights, options } = context;
  if (!flights.isUnshared(request.key, senderOf(request.inbound.fields, options.storing))) {
    const { forward, reason } = why;
    refreshInBackground(context, request, { forward, reason, selected: null, candidates: [] }, takeStep);
  }
  return relay(context, request, { step: "relay", why, response, reason: "partial-of-small" });
}
