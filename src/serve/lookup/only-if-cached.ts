import { onlyIfCached } from "../../rules/reuse.ts";
import { ownStep } from "../answer/own-step.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Step } from "../step.ts";

/** RFC 9111 §5.2.1.7: a step on the way to the origin is taken unless the client wants nothing but what is stored. */
export function unlessOnlyIfCached(context: ServeContext, request: KeyedRequest, step: Step): Step {
  if (!onlyIfCached(request.inbound.fields, context.options.reuse)) return step;
  const explanation = "nothing stored can answer this request, and it says only-if-cached";
  return ownStep(context, request, 504, explanation, "only-if-cached-miss");
}
