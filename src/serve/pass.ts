import type { OriginResponse } from "../origin/forward.ts";
import { primaryKey } from "../rules/cache-key.ts";
import { invalidatedGroups, invalidatedTargets } from "../rules/invalidation.ts";
import { decideStoring } from "../rules/storable.ts";
import type { Selector } from "../store/store.ts";
import { askOrigin, exchangeOf, readerOf } from "./ask.ts";
import type { ServeContext } from "./context.ts";
import type { Asked, Forwarding, Step } from "./step.ts";

/** Sends on what the cache does not answer, and drops what an unsafe method made invalid (RFC 9111 §4.4). */
export async function pass(
  context: ServeContext,
  asked: Asked,
  { reason }: Extract<Step, { step: "pass" }>,
): Promise<Step> {
  const { inbound } = asked;
  const why: Forwarding = {
    forward: "method",
    reason,
    selected: null,
    candidates: [],
    attempt: 1,
    mayWait: false,
    seenFlight: undefined,
  };
  const abort = new AbortController();
  const signal = AbortSignal.any([inbound.signal, abort.signal]);
  const answer = await askOrigin(context, asked, [...inbound.fields], inbound.body, signal);
  if (!answer.ok) return { step: "failure", why, failure: answer.failure };
  const { response } = answer;
  await invalidate(context, asked, response);
  if (inbound.method !== "POST") return { step: "relay", why, response, reason };
  const decision = decideStoring(
    exchangeOf(context, asked, response, response.fields),
    context.options.storing,
  );
  if (!decision.storable) return { step: "relay", why, response, reason: decision.reason };
  const { policy } = decision;
  return {
    step: "fill",
    why,
    response,
    policy,
    reason: decision.reason,
    leader: null,
    cancel: () => abort.abort(),
  };
}

async function invalidate(context: ServeContext, asked: Asked, response: OriginResponse): Promise<void> {
  const { inbound, target } = asked;
  const { origin, originHost } = context.options;
  const host = originHost === null ? inbound.fields.get("host") : null;
  const exchange = {
    method: inbound.method,
    status: response.status,
    target,
    origin: host === null ? origin : `${inbound.protocol}://${host}`,
    response: readerOf(response.fields),
  };
  const selectors: Selector[] = [
    ...invalidatedTargets(exchange).map(
      (invalid) => ({ by: "key", primaryKey: primaryKey({ host, target: invalid }) }) as const,
    ),
    ...invalidatedGroups(exchange).map(
      (group) => ({ by: "group", group, primaryKeyPrefix: primaryKey({ host, target: "/" }) }) as const,
    ),
  ];
  if (selectors.length === 0) return;
  for (const selector of selectors) await context.store.remove(selector);
  await context.invalidateElsewhere(selectors);
}
