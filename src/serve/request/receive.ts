import { isLoop } from "../../origin/request.ts";
import { ownStep } from "../answer/own-step.ts";
import type { ServeContext } from "../context.ts";
import { unlessOnlyIfCached } from "../lookup/only-if-cached.ts";
import type { KeyedRequest, Step } from "../step.ts";
import { isCertain, refusalOf } from "./guard.ts";

/** The first step of a request: it is refused, passed on, or looked up in the store. */
export function receive(context: ServeContext, request: KeyedRequest): Step {
  const { inbound } = request;
  const { method, received, target } = inbound;
  const refusal = refusalOf(inbound);
  if (refusal !== null) {
    return ownStep(context, request, refusal.status, refusal.explanation, "request-refused");
  }
  if (isLoop(received.get("cdn-loop"), context.options.loopId)) {
    const explanation = "the request has been through this cache before";
    return ownStep(context, request, 508, explanation, "forwarding-loop");
  }
  if (method !== "GET" && method !== "HEAD") return { step: "pass", reason: "method-not-cached" };
  if (!isCertain(target)) {
    return unlessOnlyIfCached(context, request, { step: "pass", reason: "target-uncertain" });
  }
  return { step: "lookup", rounds: 0, withPeers: true };
}
