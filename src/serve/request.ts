import { isLoop } from "../origin/request.ts";
import { primaryKey } from "../rules/cache-key.ts";
import { remainingLifetime } from "../rules/freshness.ts";
import type { ReasonName } from "../rules/reason.ts";
import { decideReuse, onlyIfCached } from "../rules/reuse.ts";
import { withoutConditionals } from "../rules/validation.ts";
import { selectVariant } from "../rules/vary.ts";
import type { Found } from "../store/store.ts";
import { type Answer, ownAnswer, type Telling } from "./answer.ts";
import type { ServeContext } from "./context.ts";
import { failure, relay } from "./deliver.ts";
import { fetch } from "./fetch.ts";
import { fill } from "./filling.ts";
import { refusalOf } from "./guard.ts";
import type { Inbound } from "./inbound.ts";
import { claim, collapse, join } from "./join.ts";
import { pass } from "./pass.ts";
import type { Asked, Forwarding, Step } from "./step.ts";
import { answerFromStore } from "./stored.ts";

/**
 * Answers one request. This is the whole program:
 *
 *     receive → lookup → hit → deliver
 *                      → stale → deliver, and a refresh in the background
 *                      → collapse → join  → deliver (reading along with another request's fill)
 *                                 → claim → fetch, or join when another worker leads the key
 *                                 → fetch → fill      → deliver (storable)
 *                                         → confirmed → deliver (304: the stored response is still right)
 *                                         → relay     → deliver (not storable)
 *                                         → failure   → deliver (stale-if-error, or 502/504)
 *             → pass → fill | relay | failure → deliver (methods that are not answered from the cache)
 *
 * Never rejects for what clients or the origin do.
 */
export async function answerRequest(context: ServeContext, inbound: Inbound): Promise<Answer> {
  const asked = askedFor(context, inbound);
  return await follow(context, asked, receive(context, asked));
}

async function follow(context: ServeContext, asked: Asked, first: Step): Promise<Answer> {
  let step = first;
  while (step.step !== "deliver") step = await take(context, asked, step);
  return step.answer;
}

function take(
  context: ServeContext,
  asked: Asked,
  step: Exclude<Step, { step: "deliver" }>,
): Step | Promise<Step> {
  switch (step.step) {
    case "lookup":
      return lookup(context, asked, step.mayWait);
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
      return fetch(context, asked, step);
    case "pass":
      return pass(context, asked, step);
    case "fill":
      return fill(context, asked, step);
    case "relay":
      return relay(context, asked, step);
    case "confirmed":
      return confirmed(context, asked, step);
    case "failure":
      return failure(context, asked, step);
  }
}

/** What a request asks for: `--index` gives "/" a file name, and the Host counts only when it is sent on. */
export function askedFor(context: ServeContext, inbound: Inbound): Asked {
  const { index, originHost } = context.options;
  const target = inbound.target === "/" && index !== null ? `/${index}` : inbound.target;
  const host = originHost === null ? inbound.fields.get("host") : null;
  return { inbound, target, key: primaryKey({ host, target }) };
}

function receive(context: ServeContext, { inbound }: Asked): Step {
  const { method, fields } = inbound;
  const refusal = refusalOf(method, fields);
  if (refusal !== null) return own(context, inbound, refusal.status, refusal.explanation, "request-refused");
  if (isLoop(fields.get("cdn-loop"), context.options.loopId)) {
    return own(context, inbound, 508, "the request has been through this cache before", "forwarding-loop");
  }
  if (method !== "GET" && method !== "HEAD") return { step: "pass", reason: "method-not-cached" };
  return { step: "lookup", mayWait: true };
}

async function lookup(context: ServeContext, { inbound, key }: Asked, mayWait: boolean): Promise<Step> {
  const seenFlight = context.flights.join(key);
  const candidates = await context.store.find(key);
  const selected = selectVariant(candidates, inbound.fields);
  if (selected === undefined) {
    const varies = candidates.length > 0;
    return askOrigin(context, inbound, {
      forward: varies ? "vary-miss" : "uri-miss",
      reason: varies ? "vary-miss" : "miss",
      selected: null,
      candidates,
      attempt: 1,
      mayWait,
      seenFlight,
    });
  }
  const decision = decideReuse(
    selected.response.policy,
    inbound.fields,
    context.now(),
    context.options.reuse,
  );
  switch (decision.use) {
    case "fresh":
      return { step: "hit", found: selected, reason: decision.reason };
    case "stale":
      return { step: "stale", found: selected, candidates, ...decision };
    case "revalidate": {
      const forward = requestedReasons.has(decision.reason) ? "request" : "stale";
      return askOrigin(context, inbound, {
        forward,
        reason: decision.reason,
        selected,
        candidates,
        attempt: 1,
        mayWait,
        seenFlight,
      });
    }
  }
}

/** Reasons that lie in the client's request, not in the stored response. */
const requestedReasons: ReadonlySet<ReasonName> = new Set([
  "request-no-cache",
  "request-pragma",
  "request-max-age",
  "request-min-fresh",
]);

/** RFC 9111 §5.2.1.7: unless the client wants nothing but what is stored. */
function askOrigin(context: ServeContext, inbound: Inbound, why: Forwarding): Step {
  if (!onlyIfCached(inbound.fields, context.options.reuse)) return { step: "collapse", why };
  return own(
    context,
    inbound,
    504,
    "nothing stored can answer this request, and it says only-if-cached",
    "only-if-cached-miss",
  );
}

function hit(context: ServeContext, asked: Asked, { found, reason }: Extract<Step, { step: "hit" }>): Step {
  return { step: "deliver", answer: answerHit(context, asked.inbound, found, reason) };
}

function stale(context: ServeContext, asked: Asked, step: Extract<Step, { step: "stale" }>): Step {
  if (step.revalidateInBackground) refreshInBackground(context, asked, step.found, step.candidates);
  const answer = answerStored(context, asked.inbound, step.found, {
    word: "STALE",
    reason: step.reason,
    facts: { hit: true, timeToLive: remainingLifetime(step.found.response.policy, context.now()) },
  });
  return { step: "deliver", answer };
}

/** RFC 5861 §3: one request to the origin, however many clients come meanwhile. */
function refreshInBackground(
  context: ServeContext,
  asked: Asked,
  selected: Found,
  candidates: readonly Found[],
): void {
  if (context.flights.join(asked.key) !== undefined) return;
  const inbound: Inbound = {
    ...asked.inbound,
    method: "GET",
    fields: new Headers(withoutConditionals([...asked.inbound.fields]) as [string, string][]),
    body: null,
    signal: new AbortController().signal,
  };
  const why: Forwarding = {
    forward: "stale",
    reason: "revalidate-stale",
    selected,
    candidates,
    attempt: 1,
    mayWait: true,
    seenFlight: undefined,
  };
  follow(context, { ...asked, inbound }, { step: "collapse", why })
    .then((answer) => answer.response.body?.cancel())
    .catch(context.onBackgroundError);
}

function confirmed(
  context: ServeContext,
  asked: Asked,
  { why, found }: Extract<Step, { step: "confirmed" }>,
): Step {
  const answer = answerStored(context, asked.inbound, found, {
    word: "REVALIDATED",
    reason: "revalidated",
    facts: {
      hit: false,
      forward: why.forward,
      forwardStatus: 304,
      stored: true,
      timeToLive: remainingLifetime(found.response.policy, context.now()),
    },
  });
  return { step: "deliver", answer };
}

/** Answers from a fresh stored response; `serve/hit` gives the same bytes for a plain request. */
export function answerHit(context: ServeContext, inbound: Inbound, found: Found, reason: ReasonName): Answer {
  const timeToLive = remainingLifetime(found.response.policy, context.now());
  return answerStored(context, inbound, found, { word: "HIT", reason, facts: { hit: true, timeToLive } });
}

function answerStored(context: ServeContext, inbound: Inbound, found: Found, telling: Telling): Answer {
  return answerFromStore(inbound, found, telling, context.now(), context.newBoundary);
}

function own(
  context: ServeContext,
  inbound: Inbound,
  status: number,
  explanation: string,
  reason: ReasonName,
): Step {
  const telling: Telling = { word: "ERROR", reason, facts: { hit: false } };
  return { step: "deliver", answer: ownAnswer(inbound.method, status, explanation, telling, context.now()) };
}
