import type { ReasonName } from "../../rules/reason.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest, Step } from "../step.ts";
import { keyed, ownAnswer } from "./answer.ts";

/** The step of a request that the cache answers itself, with an error: nothing stored and nobody else is asked. */
export function ownStep(
  { options, date }: ServeContext,
  { inbound, key }: KeyedRequest,
  status: number,
  explanation: string,
  reason: ReasonName,
): Step {
  const telling = keyed(options, key, { word: "ERROR", reason, facts: { hit: false } });
  return { step: "deliver", answer: ownAnswer(inbound.method, status, explanation, telling, date()) };
}
