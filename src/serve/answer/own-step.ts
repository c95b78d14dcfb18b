import type { ReasonName } from "../../rules/reason.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Step } from "../step.ts";
import { ownAnswer, told } from "./answer.ts";
import type { CacheWord } from "./outcome.ts";

/** The step of a request that a rule sends elsewhere. */
export function redirectStep(
  context: ServeContext,
  request: KeyedRequest,
  status: number,
  location: string,
): Step {
  const step = ownStep(context, request, status, `see ${location}`, "rule-redirect", "RULE");
  if (step.step === "deliver") step.answer.response.headers.set("Location", location);
  return step;
}

/** The step of a request that the cache answers itself, with an error or at the word of a rule: nothing stored and nobody else is asked. */
export function ownStep(
  { options, date }: ServeContext,
  { inbound, key, verdict }: KeyedRequest,
  status: number,
  explanation: string,
  reason: ReasonName,
  word: CacheWord = "ERROR",
): Step {
  const telling = told(options, key, { word, reason, facts: { hit: false } }, verdict.rules);
  return { step: "deliver", answer: ownAnswer(inbound.method, status, explanation, telling, date()) };
}
