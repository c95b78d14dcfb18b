import type { OriginAnswer } from "../../origin/forward.ts";
import { siteOfKey } from "../../rules/cache-key.ts";
import { requestFieldsOf } from "../../rules/fields.ts";
import type { StoredResponse } from "../../store/tier.ts";
import { type Answer, fieldOf, fieldsWithout } from "../answer/answer.ts";
import type { ServeContext } from "../context.ts";
import { contextFor, type ServedSite, type ServedSites } from "../site.ts";
import type { Inbound, KeyedRequest } from "../request/inbound.ts";
import { decideFor } from "../lookup/decide-for.ts";
import { answerHit, answerStale, confirmed } from "../answer/stored-answer.ts";
import type { Forwarding, Step } from "../step.ts";
import { isFor, join } from "./join.ts";
import type { Landing } from "./landing.ts";
import {
  type PeerAnswer,
  peerAnswered,
  peerField,
  type Question,
  type Verdict,
  verdictSchema,
} from "./peer-answer.ts";

/**
 * Answers a request of another worker for what this one fetches: from the fill while it runs, from the store when it
 * has just ended, else with the verdict of the landing. Never asks the origin, and never waits long for it.
 */
export async function answerPeer(
  sites: ServedSites,
  question: Question,
  signal: AbortSignal,
): Promise<Response> {
  const served = sites.siteFor(question.host);
  // The two workers go by different plans for a moment: then each asks the origin itself.
  if (served === null || served.site.name !== siteOfKey(question.key)) {
    return verdictResponse({ kind: "unusable" });
  }
  const context = contextFor(served, question);
  const request = requestOf(context, served, question, signal);
  // What was stored here a moment ago the other worker may not see yet. A refresh of it is nothing to wait for.
  const stored = await answerStored(context, request);
  if (stored !== null) return stored;
  const flight = context.flights.under(request.key).find(({ name }) => name.text === question.flight);
  if (flight === undefined) return verdictResponse({ kind: "look-again" });
  const landing = await context.flights.waitFor(flight);
  return landing === undefined
    ? verdictResponse({ kind: "slow" })
    : await answerLanding(context, request, landing);
}

/** The other worker has made it ready for the origin already, and keyed it. */
function requestOf(
  { now }: ServeContext,
  { site }: ServedSite,
  question: Question,
  signal: AbortSignal,
): KeyedRequest {
  const { method, target, key, host, protocol } = question;
  const fields = requestFieldsOf(question.fields);
  const receivedAt = now();
  const inbound: Inbound = {
    ...{ method, target, host, fields, protocol, signal, receivedAt },
    received: fields,
    body: null,
    clientAddress: null,
    limitIdle: () => undefined,
    upgrade: () => false,
  };
  const verdict = site.forRequest({ method, target, host, protocol, fields, clientAddress: () => null });
  return { inbound, target, key, verdict };
}

async function answerLanding(
  context: ServeContext,
  request: KeyedRequest,
  landing: Landing,
): Promise<Response> {
  switch (landing.kind) {
    case "fill":
    case "whole":
    case "confirmed": {
      const response = headOf(landing);
      if (!isFor(request, response)) {
        return verdictResponse({ kind: "other-variant", vary: [...response.policy.vary] });
      }
      return await answerStep(context, request, await join(context, request, { step: "join", why, landing }));
    }
    case "unshared":
      return verdictResponse(landing);
    case "broken":
      return verdictResponse({ kind: "failed", failure: landing.failure });
    case "failed":
    case "error":
      return (await answerStored(context, request)) ?? verdictResponse(landing);
    case "look-again":
      return await fromStore(context, request);
    case "given-up":
    case "elsewhere":
      return verdictResponse({ kind: "look-again" });
  }
}

function headOf(
  landing: Extract<Landing, { kind: "fill" | "whole" | "confirmed" }>,
): Pick<StoredResponse, "variantKey" | "policy"> {
  switch (landing.kind) {
    case "fill":
      return landing.response;
    case "whole":
      return landing.response.found.response;
    case "confirmed":
      return landing.found.response;
  }
}

/** The answer tells how it came about; why the origin is asked is the other worker's to tell. */
const why: Forwarding = {
  forward: "uri-miss",
  reason: "miss",
  selected: null,
  candidates: [],
  held: null,
  rounds: 0,
  withPeers: false,
  seen: [],
};

async function answerStep(context: ServeContext, request: KeyedRequest, step: Step): Promise<Response> {
  switch (step.step) {
    case "deliver":
      return marked(step.answer);
    case "confirmed":
      return await answerStep(context, request, confirmed(context, request, step));
    case "failure":
      return verdictResponse({ kind: "failed", failure: step.failure });
    case "lookup":
      return await fromStore(context, request);
    default:
      return verdictResponse({ kind: "unusable" });
  }
}

async function fromStore(context: ServeContext, request: KeyedRequest): Promise<Response> {
  return (await answerStored(context, request)) ?? verdictResponse({ kind: "look-again" });
}

/** Null when nothing stored may answer the request as it is. */
async function answerStored(context: ServeContext, request: KeyedRequest): Promise<Response | null> {
  const decision = decideFor(context, request, await context.store.find(request.key));
  switch (decision.kind) {
    case "hit":
      return marked(answerHit(context, request, decision.found, decision.reason));
    case "stale":
      return marked(answerStale(context, request, { ...decision, instead: null }));
    case "revalidate":
    case "miss":
      return null;
  }
}

function marked({ response }: Answer): Response {
  response.headers.set(peerField, peerAnswered);
  return response;
}

function verdictResponse(verdict: Verdict): Response {
  return new Response(null, { headers: { [peerField]: JSON.stringify(verdict) } });
}

/** Reads what `answerPeer` of another worker has sent. */
export function readPeerAnswer(answer: OriginAnswer): PeerAnswer {
  if (!answer.ok) return { kind: "lost" };
  const { response } = answer;
  const mark = fieldOf(response.fields, peerField);
  if (mark === peerAnswered) {
    return { kind: "answer", response: { ...response, fields: fieldsWithout(response.fields, [peerField]) } };
  }
  const verdict = verdictSchema.safeParse(parsedJson(mark));
  return verdict.success ? verdict.data : { kind: "lost" };
}

function parsedJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
