import { isLoop } from "../../origin/request.ts";
import { isHandshake } from "../../rules/websocket/handshake.ts";
import { ownStep, redirectStep } from "../answer/own-step.ts";
import type { ServeContext } from "../context.ts";
import { asksToPurge } from "../purge/permission.ts";
import { unlessOnlyIfCached } from "../lookup/only-if-cached.ts";
import type { KeyedRequest } from "./inbound.ts";
import { forwardingPast, type Step } from "../step.ts";
import { isCertain, refusalOf } from "./guard.ts";

/** The first step of a request: it is refused, passed on, joined to the origin, looked up in the store, or purges what is there. */
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
  // A site may deny what its own programs have to purge, or send visitors elsewhere from there.
  if (asksToPurge(inbound, context.options.purging)) return { step: "purge" };
  const { act } = request.verdict;
  if (act.kind === "deny") {
    return ownStep(context, request, act.status, "this is not to be had here", "rule-deny", "RULE");
  }
  if (act.kind === "redirect") return redirectStep(context, request, act.status, act.location);
  if (isHandshake(method, received)) return { step: "upgrade", why: forwardingPast("bypass", "websocket") };
  if (method !== "GET" && method !== "HEAD") return { step: "pass", reason: "method-not-cached" };
  if (!isCertain(target)) {
    return unlessOnlyIfCached(context, request, { step: "pass", reason: "target-uncertain" });
  }
  if (act.kind === "pass") return unlessOnlyIfCached(context, request, { step: "pass", reason: "rule-pass" });
  return { step: "lookup", rounds: 0, withPeers: true };
}
