import type { OriginResponse } from "../../origin/forward.ts";
import type { StoringOptions } from "../../rules/exchange.ts";
import { type FieldList, fieldsOf } from "../../rules/fields.ts";
import type { ReasonName } from "../../rules/reason.ts";
import { decideFreshening } from "../../rules/storable.ts";
import { type Conditions, confirmedBy, freshenedFields, headConfirms } from "../../rules/validation.ts";
import { confirmedVariantKey, variantKey } from "../../rules/vary.ts";
import {
  type Found,
  type NewResponse,
  type Selector,
  StoreError,
  type StoredResponse,
} from "../../store/tier.ts";
import { fieldsWithout } from "../answer/answer.ts";
import { exchangeOf } from "./ask.ts";
import { tellOfNewNames } from "./new-names.ts";
import { ruledFields, storingFor } from "./ruled.ts";
import type { Landing, Leader } from "../flight/landing.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Forwarding, Step } from "../step.ts";

/** RFC 9111 §4.3.4: a 304 freshens what it confirms. Where it confirms nothing, the origin is asked anew without validators. */
export async function notModified(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  leader: Leader | null,
  response: OriginResponse,
  conditions: Conditions<Found> | null,
): Promise<Step> {
  if (conditions === null) {
    const failure = {
      status: 502,
      reason: "unasked-not-modified",
      explanation: "the origin sent a 304 to a request without conditions",
    } as const;
    leader?.land({ kind: "failed", failure });
    return { step: "failure", why, failure };
  }
  let selected: Freshened | undefined;
  for (const found of confirmedBy(conditions, fieldsOf(response.fields))) {
    const isForOthers = !conditions.isSelected && selected === undefined;
    const freshened = await freshen(context, request, found, response, isForOthers);
    selected ??= freshened;
  }
  if (selected === undefined) return { step: "fetch", why: { ...why, isUnconditional: true }, leader };
  const { found, landing } = selected;
  leader?.land(landing);
  const confirmed = withWithheldFields(context, request, found, response);
  return { step: "confirmed", why, found: confirmed, collapsed: false };
}

/** What the 304 brought for this client alone, such as a Set-Cookie, which `freshen` has kept from the store. */
export function withWithheldFields(
  { options }: ServeContext,
  request: KeyedRequest,
  found: Found,
  notModified: OriginResponse,
): Found {
  const { status, fields, policy } = found.response;
  const withheld = options.storing.shareSetCookie
    ? policy.withheldFields
    : ["set-cookie", ...policy.withheldFields];
  const own = notModified.fields.filter(([name]) => withheld.includes(name));
  const all = [...fieldsWithout(fields, withheld), ...own];
  return { ...found, response: { ...found.response, fields: ruledFields(request, { status, fields: all }) } };
}

interface Freshened {
  /** What answers the client that asked. */
  readonly found: Found;
  /** What that is to those who wait for it. */
  readonly landing: Landing;
}

/**
 * Updates a stored response with the fields of a 304 or HEAD; removes it when they forbid storing it (§3.2). One that was
 * stored for others is kept for this request as well. Undefined when there is no body for it any more.
 */
async function freshen(
  context: ServeContext,
  request: KeyedRequest,
  found: Found,
  confirmation: OriginResponse,
  isForOthers = false,
): Promise<Freshened | undefined> {
  const { response, body } = found;
  const { fields, storing } = confirmedFields(context, request, response, confirmation);
  const exchange = { ...exchangeOf(context, request, confirmation, fields), status: response.status };
  const decision = decideFreshening(exchange, response.policy, storing);
  const updated = { ...found, response: { ...response, fields } };
  switch (decision.outcome) {
    case "leave":
      return { found: updated, landing: { kind: "unshared" } };
    case "remove":
      await removeEverywhere(context, found, decision.reason);
      return { found: updated, landing: { kind: "unshared" } };
    case "freshen": {
      if (request.inbound.method === "HEAD") context.onEffect("freshened-by-head", 1);
      const { policy } = decision;
      const kept = fieldsWithout(fields, policy.withheldFields);
      const freshened = await keepConfirmed(
        context,
        request,
        found,
        { fields: kept, policy, askedAt: confirmation.askedAt },
        isForOthers,
      );
      if (freshened !== undefined) {
        tellOfNewNames(context, response, freshened.response);
        return { found: freshened, landing: { kind: "confirmed", found: freshened } };
      }
      // What was removed while the origin was asked can be sent from memory; its file may be gone.
      return body.kind === "file" ? undefined : { found: updated, landing: { kind: "given-up" } };
    }
  }
}

/** The fields of a stored response with those of the 304 or HEAD that confirms it, as rules have them, and what they say of it. */
export function confirmedFields(
  context: ServeContext,
  request: KeyedRequest,
  { status, fields: stored }: Pick<StoredResponse, "status" | "fields">,
  confirmation: OriginResponse,
): { readonly fields: FieldList; readonly storing: StoringOptions } {
  const merged = freshenedFields(stored, confirmation.fields, context.options.storing);
  const fields = ruledFields(request, { status, fields: merged });
  return { fields, storing: storingFor(context, request, { status, fields }) };
}

/**
 * The confirmed response as this request finds it from now on: where it was, or, if it was stored for other values of what
 * Vary names, there and under this request's. If it is another Vary that the answer brought, it is under these alone.
 */
async function keepConfirmed(
  context: ServeContext,
  { inbound }: KeyedRequest,
  found: Found,
  { fields, policy, askedAt }: Pick<NewResponse, "fields" | "policy" | "askedAt">,
  isForOthers: boolean,
): Promise<Found | undefined> {
  const { store } = context;
  const { response } = found;
  const own = confirmedVariantKey(response, policy, inbound.fields);
  const isMoved = own !== response.variantKey;
  const freshened = isMoved ? undefined : await store.freshen(response, fields, policy, askedAt);
  if (!isMoved && !isForOthers) return freshened;
  const copy = await copyAs(
    context,
    variantKey(policy.vary, inbound.fields),
    response,
    fields,
    policy,
    askedAt,
  );
  if (isMoved) await removeEverywhere(context, found, "varies-anew");
  return copy ?? freshened;
}

async function copyAs(
  { store, onStoreError }: ServeContext,
  ...copy: Parameters<ServeContext["store"]["copyAs"]>
): Promise<Found | undefined> {
  try {
    return await store.copyAs(...copy);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    onStoreError(error);
    return undefined;
  }
}

/** RFC 9111 §4.3.5: the answer to HEAD confirms or invalidates the stored response to GET. */
export async function applyHead(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  response: OriginResponse,
): Promise<void> {
  if (why.selected === null || response.status !== 200) return;
  if (headConfirms(why.selected.response, fieldsOf(response.fields))) {
    await freshen(context, request, why.selected, response);
  } else {
    await removeEverywhere(context, why.selected, "invalidated-by-head");
  }
}

/**
 * What the origin has just answered with takes the place of what was stored for the request, also where the answer may
 * not be stored itself: a page that is gone must not be served stale for the rest of its window (RFC 9111 §4.3.3).
 */
export async function removeSuperseded(context: ServeContext, { selected, held }: Forwarding): Promise<void> {
  const outdated = selected ?? held?.found;
  if (outdated !== undefined) await removeEverywhere(context, outdated, "superseded");
}

export async function removeEverywhere(
  context: ServeContext,
  { response: { primaryKey, variantKey } }: Pick<Found, "response">,
  reason: ReasonName,
): Promise<void> {
  const selector: Selector = { by: "variant", primaryKey, variantKey };
  context.onEffect(reason, await context.store.remove(selector));
  await context.invalidateElsewhere([selector]);
}
