import type { ReasonName } from "../rules/reason.ts";
import type { Answer } from "./answer/answer.ts";
import type { SaidByOrigin } from "./answer/outcome.ts";
import { failure, relay } from "./answer/relay.ts";
import { confirmed, hit } from "./answer/stored-answer.ts";
import type { ServeContext } from "./context.ts";
import { fetch } from "./fetch/fetch.ts";
import { pass } from "./fetch/pass.ts";
import { claim } from "./flight/claim.ts";
import { fill } from "./flight/deliver-fill.ts";
import { collapse, join } from "./flight/join.ts";
import { landing } from "./flight/landing.ts";
import { small, stale } from "./flight/with-refresh.ts";
import { lookup } from "./lookup/lookup.ts";
import { fetchForPieces } from "./partial/complete.ts";
import { piece } from "./partial/pieces.ts";
import { purge } from "./purge/purge.ts";
import { receive } from "./request/receive.ts";
import type { KeyedRequest } from "./request/inbound.ts";
import type { Step } from "./step.ts";
import { upgrade } from "./upgrade/upgrade.ts";

/**
 * Answers one request. This is the whole program:
 *
 *     receive → deliver (refused, denied or redirected by a rule)
 *             → purge → deliver (obeyed or forbidden: it is never passed on)
 *             → lookup → hit → deliver
 *                      → stale → deliver, and a refresh in the background (flight/refresh)
 *                      → collapse → join  → deliver (what another request has fetched, or fills)
 *                                 → claim → fetch, or join when another worker leads the key
 *                                 → fetch → fill      → deliver (storable: once it is whole, if it is small)
 *                                         → confirmed → deliver (304: the stored response is still right)
 *                                         → piece     → deliver (storable, of a range)
 *                                         → relay     → deliver (not storable, or of a range of something small)
 *                                         → failure   → deliver (stale-if-error, or 502/504)
 *             → upgrade → deliver (joined) | relay (the origin refuses) | failure
 *             → pass → fill | relay | failure → deliver (methods that are not answered from the cache)
 *
 * Never rejects for what clients or the origin do.
 */
export async function answerRequest(context: ServeContext, request: KeyedRequest): Promise<Answer> {
  return await follow(context, request, receive(context, request));
}

async function follow(context: ServeContext, request: KeyedRequest, first: Step): Promise<Answer> {
  let step = first;
  let forwarded: ReasonName | undefined;
  let origin: SaidByOrigin | undefined;
  while (step.step !== "deliver") {
    if (step.step === "lookup") [forwarded, origin] = [undefined, undefined];
    else if ("why" in step) forwarded = step.why.reason;
    if ("response" in step) origin = step.response;
    const next = takeStep(context, request, step);
    // A step that is done needs no further turn.
    step = next instanceof Promise ? await next : next;
  }
  if (forwarded === undefined) return step.answer;
  return origin === undefined ? { ...step.answer, forwarded } : { ...step.answer, forwarded, origin };
}

/** Does what a step says, and tells what is to be done then. */
export function takeStep(
  context: ServeContext,
  request: KeyedRequest,
  step: Exclude<Step, { step: "deliver" }>,
): Step | Promise<Step> {
  switch (step.step) {
    case "lookup":
      return lookup(context, request, step);
    case "hit":
      return hit(context, request, step);
    case "stale":
      return stale(context, request, step, takeStep);
    case "collapse":
      return collapse(context, request, step);
    case "claim":
      return claim(context, request, step);
    case "join":
      return join(context, request, step);
    case "fetch":
      return step.why.held === null
        ? fetch(context, request, step)
        : fetchForPieces(context, request, step.why.held, step);
    case "pass":
      return pass(context, request, step);
    case "purge":
      return purge(context, request);
    case "upgrade":
      return upgrade(context, request, step);
    case "fill":
      return landing(step.leader, fill(context, request, step));
    case "piece":
      return piece(context, request, step);
    case "small":
      return small(context, request, step, takeStep);
    case "relay":
      return relay(context, request, step);
    case "confirmed":
      return confirmed(context, request, step);
    case "failure":
      return failure(context, request, step);
  }
}
