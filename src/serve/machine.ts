import { isLoop } from "../origin/request.ts";
import { remainingLifetime } from "../rules/freshness.ts";
import type { ReasonName } from "../rules/reason.ts";
import { onlyIfCached } from "../rules/reuse.ts";
import { asksOfPresent } from "../rules/conditionals.ts";
import { senderOf } from "../rules/identity.ts";
import type { Found } from "../store/tier.ts";
import { type Answer, keyed, ownAnswer, type Telling } from "./answer/answer.ts";
import { askedFor } from "./request/asked.ts";
import { fetchForPieces } from "./partial/complete.ts";
import type { ServeContext } from "./context.ts";
import { failure, relay } from "./answer/relay.ts";
import { fetch } from "./fetch/fetch.ts";
import { fill } from "./flight/filling.ts";
import { claim } from "./flight/claim.ts";
import { collapse, join } from "./flight/join.ts";
import { landing } from "./flight/landing.ts";
import { type Occasion, refreshInBackground } from "./flight/refresh.ts";
import { isCertain, refusalOf } from "./request/guard.ts";
import type { Inbound } from "./request/inbound.ts";
import { decideFor } from "./lookup/decide-for.ts";
import { pass } from "./fetch/pass.ts";
import { lookUpPieces, piece } from "./partial/pieces.ts";
import type { Asked, Step } from "./step.ts";
import { answerFromStore } from "./answer/from-store.ts";

/**
 * Answers one request. This is the whole program:
 *
 *     receive → lookup → hit → deliver
 *                      → stale → deliver, and a refresh in the background (flight/refresh)
 *                      → collapse → join  → deliver (reading along with another request's fill)
 *                                 → claim → fetch, or join when another worker leads the key
 *                                 → fetch → fill      → deliver (storable)
 *                                         → confirmed → deliver (304: the stored response is still right)
 *                                         → piece     → deliver (storable, of a range)
 *                                         → relay     → deliver (not storable, or of a range of something small)
 *                                         → failure   → deliver (stale-if-error, or 502/504)
 *             → pass → fill | relay | failure → deliver (methods that are not answered from the cache)
 *
 * Never rejects for what clients or the origin do.
 */
export async function answerRequest(context: ServeContext, inbound: Inbound): Promise<Answer> {
  const asked = askedFor(context.options, inbound);
  return await follow(context, asked, receive(context, asked));
}

async function follow(context: ServeContext, asked: Asked, first: Step): Promise<Answer> {
  let step = first;
  let forwarded: ReasonName | undefined;
  while (step.step !== "deliver") {
    if (step.step === "lookup") forwarded = undefined;
    else if ("why" in step) forwarded = step.why.reason;
    const next = take(context, asked, step);
    // A step that is done needs no further turn.
    step = next instanceof Promise ? await next : next;
  }
  return forwarded === undefined ? step.answer : { ...step.answer, forwarded };
}

function take(
  context: ServeContext,
  asked: Asked,
  step: Exclude<Step, { step: "deliver" }>,
): Step | Promise<Step> {
  switch (step.step) {
    case "lookup":
      return lookup(context, asked, step);
    case "hit":
      return hit(context, asked, step);
    case "stale":
      return stale(context, asked, step);
    case "collapse":
      return collapse(context, asked, step);
    case "claim":
      return claim(context, asked, step);
    case "join":
      return join(context, asked, step);
    case "fetch":
      return step.why.held === null
        ? fetch(context, asked, step)
        : fetchForPieces(context, asked, step.why.held, step);
    case "pass":
      return pass(context, asked, step);
    case "fill":
      return landing(step.leader, fill(context, asked, step));
    case "piece":
      return piece(context, asked, step);
    case "small":
      return small(context, asked, step);
    case "relay":
      return relay(context, asked, step);
    case "confirmed":
      return confirmed(context, asked, step);
    case "failure":
      return failure(context, asked, step);
  }
}

function receive(context: ServeContext, asked: Asked): Step {
  const { inbound } = asked;
  const { method, received, target } = inbound;
  const refusal = refusalOf(inbound);
  if (refusal !== null) return own(context, asked, refusal.status, refusal.explanation, "request-refused");
  if (isLoop(received.get("cdn-loop"), context.options.loopId)) {
    return own(context, asked, 508, "the request has been through this cache before", "forwarding-loop");
  }
  if (method !== "GET" && method !== "HEAD") return { step: "pass", reason: "method-not-cached" };
  if (!isCertain(target)) return askOrigin(context, asked, { step: "pass", reason: "target-uncertain" });
  return { step: "lookup", rounds: 0, withPeers: true };
}

async function lookup(
  context: ServeContext,
  asked: Asked,
  { rounds, withPeers }: Extract<Step, { step: "lookup" }>,
): Promise<Step> {
  const { inbound, key } = asked;
  const { flights, store, options } = context;
  const seen = flights.under(key);
  // What comes again and again and could not be shared need not be looked for as often.
  const stored = await store.find(key, flights.isUnshared(key, senderOf(inbound.fields, options.storing)));
  const decision = decideFor(context, asked, stored);
  if (decision.kind !== "miss" && stored.length > 1) store.noteUse([decision.found.response.id]);
  switch (decision.kind) {
    case "hit":
      return { step: "hit", found: decision.found, reason: decision.reason };
    case "stale": {
      const { found, candidates, reason, revalidateInBackground } = decision;
      return { step: "stale", found, candidates, reason, revalidateInBackground, instead: null };
    }
    case "revalidate": {
      const { found: selected, candidates, forward, reason } = decision;
      const why = { forward, reason, selected, candidates, held: null, rounds, withPeers, seen };
      return askOrigin(context, asked, { step: "collapse", why });
    }
    case "miss": {
      const { candidates, forward, reason } = decision;
      const miss = { forward, reason, selected: null, candidates, held: null, rounds, withPeers, seen };
      const isForPieces = forward !== "request" && !asksOfPresent(inbound.fields);
      const use = isForPieces ? await lookUpPieces(context, asked, miss) : { ask: miss };
      return "next" in use ? use.next : askOrigin(context, asked, { step: "collapse", why: use.ask });
    }
  }
}

/** RFC 9111 §5.2.1.7: unless the client wants nothing but what is stored. */
function askOrigin(context: ServeContext, asked: Asked, by: Step): Step {
  if (!onlyIfCached(asked.inbound.fields, context.options.reuse)) return by;
  return own(
    context,
    asked,
    504,
    "nothing stored can answer this request, and it says only-if-cached",
    "only-if-cached-miss",
  );
}

function hit(context: ServeContext, asked: Asked, { found, reason }: Extract<Step, { step: "hit" }>): Step {
  return { step: "deliver", answer: answerHit(context, asked, found, reason) };
}

function stale(context: ServeContext, asked: Asked, step: Extract<Step, { step: "stale" }>): Step {
  if (step.revalidateInBackground) {
    const { found, candidates } = step;
    refresh(context, asked, { forward: "stale", reason: "revalidate-stale", selected: found, candidates });
  }
  return { step: "deliver", answer: answerStale(context, asked, step) };
}

function refresh(context: ServeContext, asked: Asked, occasion: Occasion): void {
  refreshInBackground(context, asked, occasion, take);
}

/** The whole of something small of which a client has asked for a part. */
function small(
  context: ServeContext,
  asked: Asked,
  { why, response }: Extract<Step, { step: "small" }>,
): Promise<Step> {
  if (!context.flights.isUnshared(asked.key, senderOf(asked.inbound.fields, context.options.storing))) {
    const { forward, reason } = why;
    refresh(context, asked, { forward, reason, selected: null, candidates: [] });
  }
  return relay(context, asked, { step: "relay", why, response, reason: "partial-of-small" });
}

export function confirmed(
  context: ServeContext,
  asked: Asked,
  { why, found, collapsed }: Extract<Step, { step: "confirmed" }>,
): Step {
  const answer = answerStored(context, asked, found, {
    word: "REVALIDATED",
    reason: "revalidated",
    facts: {
      hit: false,
      forward: why.forward,
      forwardStatus: 304,
      stored: true,
      collapsed,
      timeToLive: remainingLifetime(found.response.policy, context.now()),
    },
  });
  return { step: "deliver", answer };
}

/** Answers from a fresh stored response; `serve/hit/hit` gives the same bytes for a plain request. */
export function answerHit(context: ServeContext, asked: Asked, found: Found, reason: ReasonName): Answer {
  const timeToLive = remainingLifetime(found.response.policy, context.now());
  return answerStored(context, asked, found, { word: "HIT", reason, facts: { hit: true, timeToLive } });
}

/** Answers from a stale stored response. */
export function answerStale(
  context: ServeContext,
  asked: Asked,
  { found, reason, instead }: Pick<Extract<Step, { step: "stale" }>, "found" | "reason" | "instead">,
): Answer {
  const timeToLive = remainingLifetime(found.response.policy, context.now());
  const facts = { ...(instead === null ? { hit: true } : { hit: false, ...instead }), timeToLive };
  return answerStored(context, asked, found, { word: "STALE", reason, facts });
}

function answerStored(context: ServeContext, asked: Asked, found: Found, telling: Telling): Answer {
  const { options, now } = context;
  return answerFromStore(asked.inbound, found, keyed(options, asked.key, telling), now(), context);
}

function own(
  { options, date }: ServeContext,
  { inbound, key }: Asked,
  status: number,
  explanation: string,
  reason: ReasonName,
): Step {
  const telling = keyed(options, key, { word: "ERROR", reason, facts: { hit: false } });
  return { step: "deliver", answer: ownAnswer(inbound.method, status, explanation, telling, date()) };
}
