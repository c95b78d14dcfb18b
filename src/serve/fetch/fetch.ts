import { abortWith } from "../../origin/forward.ts";
import { asksForEventStream } from "../../rules/event-stream.ts";
import { decideReuseOnError } from "../../rules/reuse.ts";
import { askOrigin } from "./ask.ts";
import { type Leader, landing } from "../flight/landing.ts";
import type { ServeContext } from "../context.ts";
import { classify } from "./classify.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Forwarding, Step } from "../step.ts";
import { isStillThere } from "../lookup/still-there.ts";
import { questionFor } from "./question.ts";
import { applyHead, notModified } from "./validate.ts";

/** Asks the origin, with the validators of what is stored, and classifies its answer. */
export function fetch(
  context: ServeContext,
  request: KeyedRequest,
  { why, leader }: Extract<Step, { step: "fetch" }>,
): Promise<Step> {
  return landing(leader, fetchAndClassify(context, request, why, leader));
}

async function fetchAndClassify(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  leader: Leader | null,
): Promise<Step> {
  const { isClients, conditions, fields } = questionFor(request, why);
  const abort = new AbortController();
  // A fill outlives the client that caused it; what only this client asked for ends with it.
  if (isClients || asksForEventStream(request.inbound.fields)) abortWith(request.inbound.signal, abort);
  const answer = await askOrigin(context, request, fields, null, abort);
  if (!answer.ok) {
    leader?.land({ kind: "failed", failure: answer.failure });
    return { step: "failure", why, failure: answer.failure };
  }
  const { response } = answer;
  if (response.status === 304 && !(isClients && isConditional(request))) {
    return notModified(context, request, why, leader, response, conditions);
  }
  if (request.inbound.method === "HEAD") await applyHead(context, request, why, response);
  const found = why.selected;
  if (found === null || response.status < 500) return classify(context, request, why, response, leader);
  const { status } = response;
  const { use, reason } = decideReuseOnError(
    found.response.policy,
    request.inbound.fields,
    context.now(),
    status,
    context.options.reuse,
  );
  if (!use || !(await isStillThere(context, found))) {
    return classify(context, request, why, response, leader, use ? null : reason);
  }
  leader?.land({ kind: "error", status });
  await response.body?.cancel();
  const instead = { forward: why.forward, forwardStatus: status };
  return { step: "stale", found, candidates: [], reason, revalidateInBackground: false, instead };
}

/** RFC 9110 §15.4.5: only such a request has a 304 for an answer. */
function isConditional({ inbound }: KeyedRequest): boolean {
  return inbound.fields.has("if-none-match") || inbound.fields.has("if-modified-since");
}
