import { isDeepStrictEqual } from "node:util";
import { abortWith, type OriginResponse } from "../../origin/forward.ts";
import { fieldsOf } from "../../rules/fields.ts";
import { invalidatedGroups, invalidatedTargets } from "../../rules/invalidation.ts";
import type { ReasonName } from "../../rules/reason.ts";
import { decideStoring } from "../../rules/storable.ts";
import { targetAsked } from "../../rules/target.ts";
import type { Selector } from "../../store/tier.ts";
import { keyedTargets } from "../../sites/keyed-targets.ts";
import { askOrigin, exchangeOf, targetUri } from "./ask.ts";
import { storingFor } from "./ruled.ts";
import { responsesOf, responsesTo } from "../request/affected.ts";
import { isCertain } from "../request/guard.ts";
import type { ServeContext } from "../context.ts";
import { afterOwnRemoval } from "./classify.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import { type Forwarding, forwardingPast, type Step } from "../step.ts";

/** Sends on what the cache has no part in, and drops what an unsafe method made invalid (RFC 9111 §4.4). */
export async function pass(
  context: ServeContext,
  request: KeyedRequest,
  { reason }: Extract<Step, { step: "pass" }>,
): Promise<Step> {
  const { inbound } = request;
  const why = passing(reason);
  const abort = new AbortController();
  abortWith(inbound.signal, abort);
  const answer = await askOrigin(context, request, inbound.fields.lines, inbound.body, abort);
  if (!answer.ok) return { step: "failure", why, failure: answer.failure };
  const { response } = answer;
  await invalidate(context, request, response);
  const isKept = inbound.method === "POST" && request.verdict.act.kind !== "pass";
  const asGet = isKept && isCertain(inbound.target) ? getOfSameKey(context, request) : null;
  if (asGet === null) return { step: "relay", why, response, reason };
  const storing = storingFor(context, asGet, response);
  const decision = decideStoring(exchangeOf(context, request, response, response.fields), {
    ...storing,
    store: storing.store && storingFor(context, request, response).store,
  });
  if (!decision.storable) return { step: "relay", why, response, reason: decision.reason };
  const { policy } = decision;
  return await afterOwnRemoval(context, request.key, {
    step: "fill",
    why,
    response,
    policy,
    reason: decision.reason,
    leader: null,
  });
}

/** Why what the cache has no part in is asked. */
export function passing(reason: ReasonName): Forwarding {
  return forwardingPast(reason === "method-not-cached" ? "method" : "bypass", reason);
}

/**
 * The GET that an answer to this POST would be kept for (RFC 9110 §9.3.3), as the site's rules have it; null where they would
 * have another key for it, or pass it on: what a rule says of GET alone counts for what a GET is given.
 */
function getOfSameKey({ site }: ServeContext, request: KeyedRequest): KeyedRequest | null {
  const { inbound, target, verdict } = request;
  const { host, protocol, clientAddress, received } = inbound;
  const asked = {
    method: "GET",
    target,
    host,
    protocol,
    clientAddress: () => clientAddress,
    fields: received,
  };
  const asGet = site.forRequest(asked);
  const isSameKey = (asGet.target ?? target) === target && isDeepStrictEqual(asGet.marks, verdict.marks);
  return asGet.act.kind === "serve" && isSameKey ? { ...request, verdict: asGet } : null;
}

/** Each of them here and then in the other workers, before the client learns that its request has succeeded. */
async function invalidate(
  context: ServeContext,
  request: KeyedRequest,
  response: OriginResponse,
): Promise<void> {
  const { inbound } = request;
  const { site, options, store } = context;
  const exchange = {
    ...targetUri(context, request),
    method: inbound.method,
    status: response.status,
    response: fieldsOf(response.fields),
  };
  const keyed = (target: string) => keyedTargets(site, inbound.host, target);
  const own = new Set(keyed(request.target));
  const named = invalidatedTargets(exchange).map((target) => targetAsked(target, options.index));
  const invalidated: (readonly [ReasonName, Selector])[] = [
    ...[...new Set(named.flatMap(keyed))].map(
      (target) =>
        [
          own.has(target) ? "invalidated-by-method" : "invalidated-by-location",
          responsesTo(context, inbound, target),
        ] as const,
    ),
    ...invalidatedGroups(exchange).map(
      (group) => ["invalidated-by-group", responsesOf(context, inbound, group)] as const,
    ),
  ];
  if (invalidated.length === 0) return;
  // Who asks from now on does not get what was asked for before.
  context.flights.detach(invalidated.map(([, selector]) => selector));
  for (const [reason, selector] of invalidated) {
    context.onEffect(reason, await store.remove(selector));
  }
  await context.invalidateElsewhere(invalidated.map(([, selector]) => selector));
}
