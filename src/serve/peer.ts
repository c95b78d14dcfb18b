import type { OriginAnswer } from "../origin/forward.ts";
import { decideReuse } from "../rules/reuse.ts";
import { selectVariant } from "../rules/vary.ts";
import { type Answer, fieldOf, fieldsWithout } from "./answer.ts";
import { askedFor } from "./asked.ts";
import type { ServeContext } from "./context.ts";
import type { Inbound } from "./inbound.ts";
import { join } from "./join.ts";
import { type PeerAnswer, peerAnswered, peerField, type Verdict, verdictSchema } from "./peer-answer.ts";
import { answerHit } from "./request.ts";
import type { Asked, Forwarding, Step } from "./step.ts";

/**
 * Answers a request of another worker for what this one fetches: from the fill while it runs, from the store when it
 * has just ended, else with the verdict of the landing. Never asks the origin.
 */
export async function answerPeer(context: ServeContext, inbound: Inbound): Promise<Response> {
  const asked = askedFor(context.options, inbound);
  const flight = context.flights.join(asked.key);
  if (flight === undefined) {
    const hit = await fromStore(context, asked);
    return hit === null ? verdictResponse({ kind: "look-again" }) : marked(hit);
  }
  const why: Forwarding = {
    forward: "uri-miss",
    reason: "miss",
    selected: null,
    candidates: [],
    held: null,
    // Handing over is for the worker that asks.
    attempt: 2,
    mayWait: true,
    seenFlight: undefined,
  };
  const landing = await flight.landing;
  if (landing.kind === "error-covered") return verdictResponse(landing);
  return answerStep(context, asked, await join(context, asked, { step: "join", why, landing }));
}

async function answerStep(context: ServeContext, asked: Asked, step: Step): Promise<Response> {
  switch (step.step) {
    case "deliver":
      return marked(step.answer);
    case "failure":
      return verdictResponse({ kind: "failed", failure: step.failure });
    case "lookup": {
      const hit = await fromStore(context, asked);
      return hit === null ? verdictResponse({ kind: "look-again" }) : marked(hit);
    }
    default:
      return verdictResponse({ kind: "unshared" });
  }
}

async function fromStore(context: ServeContext, asked: Asked): Promise<Answer | null> {
  const { fields } = asked.inbound;
  const found = selectVariant(await context.store.find(asked.key), fields);
  if (found === undefined) return null;
  const decision = decideReuse(found.response.policy, fields, context.now(), context.options.reuse);
  return decision.use === "fresh" ? answerHit(context, asked, found, decision.reason) : null;
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
