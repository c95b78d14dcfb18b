import type { OriginResponse } from "../../origin/forward.ts";
import { decidePieceStoring } from "../../rules/content-range.ts";
import type { ReasonName } from "../../rules/reason.ts";
import { decideStoring, mayReplace, supersedes } from "../../rules/storable.ts";
import { exchangeOf } from "./ask.ts";
import { storingFor } from "./ruled.ts";
import type { Leader } from "../flight/landing.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Forwarding, Step } from "../step.ts";

/**
 * Decides whether the answer goes into the store on its way to the client. `failureReason`: why nothing stored stands in
 * for it.
 */
export function classify(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  response: OriginResponse,
  leader: Leader | null,
  failureReason: ReasonName | null = null,
): Step {
  const { status } = response;
  // Who asks for a range leads nobody: see flight/join.
  if (status === 206 && isRanged(request, why)) return classifyPiece(context, request, why, response);
  const decision = decideStoring(
    exchangeOf(context, request, response, response.fields),
    storingFor(context, request, response),
  );
  const replaceable = why.selected === null || mayReplace(why.selected.response, status);
  if (decision.storable && replaceable) {
    return { step: "fill", why, response, policy: decision.policy, reason: decision.reason, leader };
  }
  leader?.land(status >= 500 ? { kind: "error", status } : { kind: "unshared" });
  const reason = decision.storable ? "error-over-good" : (failureReason ?? decision.reason);
  const isSuperseding = !decision.storable && supersedes(request.inbound.method, status, decision.reason);
  return { step: "relay", why, response, reason, supersedes: isSuperseding };
}

/**
 * The step of an answer for whose sake something was removed just now, in all workers. Stores refuse what was asked for
 * before a removal; this answer is what came after it. The look into the store is for the removals that the other workers
 * have entered there: the answer would count as older than they.
 */
export async function afterOwnRemoval({ next, store }: ServeContext, key: string, step: Step): Promise<Step> {
  if (step.step !== "fill") return step;
  await store.find(key);
  return { ...step, response: { ...step.response, askedAt: next() } };
}

/** Whether the origin was told of the range that the client asks for. */
function isRanged({ inbound }: KeyedRequest, why: Forwarding): boolean {
  return inbound.method === "GET" && why.selected === null && inbound.fields.has("range");
}

function classifyPiece(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  response: OriginResponse,
): Step {
  const { maxObjectSize, rangeFill } = context.options;
  const storing = storingFor(context, request, response);
  const relayed = (reason: ReasonName): Step => ({ step: "relay", why, response, reason });
  const decision = decidePieceStoring(exchangeOf(context, request, response, response.fields), storing);
  if (!decision.storable) return relayed(decision.reason);
  const { policy, reason, range } = decision;
  if (range.size > maxObjectSize) return relayed("too-large");
  const isWhole = range.start === 0 && range.end === range.size;
  if (range.size <= rangeFill && !isWhole) return { step: "small", why, response };
  if (context.store.pieces === null) return relayed("status-partial");
  return { step: "piece", why, response, policy, reason, range };
}
