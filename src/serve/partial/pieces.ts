import type { BodyReader } from "../../origin/body.ts";
import type { OriginResponse } from "../../origin/forward.ts";
import type { FieldList } from "../../rules/fields.ts";
import { remainingLifetime } from "../../rules/freshness.ts";
import { gaps, isSameRepresentation, strongValidator, wantedParts } from "../../rules/pieces.ts";
import type { Policy } from "../../rules/policy.ts";
import { decideRange, type Part } from "../../rules/range.ts";
import type { ReasonName } from "../../rules/reason.ts";
import { decideFreshening } from "../../rules/storable.ts";
import { confirmedVariantKey, variantKey } from "../../rules/vary.ts";
import {
  type Found,
  type NewResponse,
  type PartialFound,
  type StoredResponse,
  StoreError,
} from "../../store/tier.ts";
import { answerHeaders, fieldsWithout, told } from "../answer/answer.ts";
import { exchangeOf } from "../fetch/ask.ts";
import type { ServeContext } from "../context.ts";
import { send, wordOf } from "../answer/relay.ts";
import { Fill } from "../flight/fill.ts";
import { decideUse, type Situation } from "../lookup/decide.ts";
import { select } from "../lookup/selection.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Forwarding, HeldPieces, Need, Step } from "../step.ts";
import { answerConditions } from "../answer/from-store.ts";
import { cancelWith } from "../answer/stream.ts";
import { confirmedFields, removeEverywhere } from "../fetch/validate.ts";

/** What becomes of a request that no complete response answers: an answer, or a reason to ask the origin. */
export type PiecesUse = { readonly next: Step } | { readonly ask: Forwarding };

/** More requests to the origin than these for one answer are no saving. */
const mostGaps = 16;

/** Looks for pieces that answer the request, or help to. `miss` is why the origin is asked if they do not. */
export async function lookUpPieces(
  context: ServeContext,
  request: KeyedRequest,
  miss: Forwarding,
): Promise<PiecesUse> {
  const { store, options } = context;
  const { fields } = request.inbound;
  const stored = (await store.pieces?.find(request.key)) ?? [];
  const { selected: found, withheld } = select(stored, fields, options.storing);
  if (withheld !== null) return { ask: { ...miss, forward: "request", reason: withheld } };
  if (found === undefined) return { ask: miss };
  const need = needOf(context, request, found);
  if ((await store.pieces?.confirm(found, need.wanted)) !== true) return { ask: miss };
  const isHeld = need.missing.length === 0;
  const completed: HeldPieces = { found, need, use: "complete" };
  const revalidated: HeldPieces = { found, need, use: "revalidate" };
  const use = decideUse(found.response.policy, fields, situationOf(context, request, isHeld), options.reuse);
  switch (use.kind) {
    case "hit":
      if (isHeld) return { next: { step: "hit", found: asComplete(found), reason: use.reason } };
      return canComplete(found, need)
        ? { ask: { ...miss, forward: "partial", reason: "partial-hit", held: completed } }
        : { ask: { ...miss, forward: "partial", reason: "partial-miss" } };
    case "stale":
      if (isHeld) {
        const stale = { candidates: [], instead: null, revalidateInBackground: false };
        return { next: { step: "stale", found: asComplete(found), reason: use.reason, ...stale } };
      }
      return { ask: { ...miss, forward: "stale", reason: "revalidate-stale", held: revalidated } };
    case "revalidate":
      return { ask: { ...miss, forward: "stale", reason: use.reason, held: revalidated } };
  }
}

/**
 * There is no refresh of pieces in the background: a client waits for the origin. While that rests from a failure the next
 * ones need not, if all that they want is held.
 */
function situationOf({ flights, now }: ServeContext, { key }: KeyedRequest, isHeld: boolean): Situation {
  const failed = isHeld && flights.failures.restOf(key) > 0 ? flights.failures.last(key) : undefined;
  return { now: now(), failure: failed?.failure ?? null, canRefresh: false };
}

/** As if all of it were held: for an answer from bytes that are. */
export function asComplete({ response, path }: PartialFound): Found {
  return { response, body: { kind: "file", path } };
}

/** What the answer to this request needs of the body, by the fields and pieces of one look at the row. */
export function needOf(
  context: ServeContext,
  { inbound: { method, fields } }: KeyedRequest,
  { response, pieces }: PartialFound,
): Need {
  const wanted = wantedParts(method, fields, response, context.now());
  const missing = wanted.flatMap((part) => gaps(pieces, part));
  return { wanted, missing, isRange: decideRange(method, fields, response).kind === "parts" };
}

/** Whether asking for what is missing makes an answer: of several ranges each would be a request of its own. */
export function canComplete({ response }: PartialFound, { wanted, missing }: Need): boolean {
  const isOne = wanted.length === 1 && strongValidator(response.policy) !== null;
  return isOne && missing.length <= mostGaps;
}

/**
 * What an answer of the origin has made of the fields of pieces. It says nothing of the pieces: the row may have others
 * by now, which nobody has compared with their checksums for this request.
 */
export interface FreshenedPieces {
  readonly response: StoredResponse;
  /** Whether the row is still there, as one of pieces; else its file may go at any moment. */
  readonly isThere: boolean;
  /** Null where they may not be stored any more, or not on behalf of this request; then `reason` says why. */
  readonly policy: Policy | null;
  readonly reason: ReasonName;
}

/** Updates pieces with the fields of a 304, or of a 206 with more of them (RFC 9111 §3.2, §3.4). */
export async function freshenPieces(
  context: ServeContext,
  request: KeyedRequest,
  found: PartialFound,
  confirmation: OriginResponse,
): Promise<FreshenedPieces> {
  const { response } = found;
  const { fields, storing } = confirmedFields(context, request, response, confirmation);
  const exchange = { ...exchangeOf(context, request, confirmation, fields), status: response.status };
  const decision = decideFreshening(exchange, response.policy, storing);
  if (decision.outcome !== "freshen") {
    const isThere = decision.outcome === "leave";
    if (!isThere) await removeEverywhere(context, found, decision.reason);
    return { response: { ...response, fields }, isThere, policy: null, reason: decision.reason };
  }
  const { policy } = decision;
  const kept = fieldsWithout(fields, policy.withheldFields);
  const own = confirmedVariantKey(response, policy, request.inbound.fields);
  const confirmed = { ...response, variantKey: own, fields: kept, policy };
  const isThere = await freshenStored(context, response, confirmed, confirmation.askedAt);
  return { response: confirmed, isThere, policy, reason: "stored-piece" };
}

/** False when the row has gone, or is a complete response now. */
async function freshenStored(
  { store, onStoreError }: ServeContext,
  former: StoredResponse,
  { fields, policy, variantKey }: StoredResponse,
  askedAt: number,
): Promise<boolean> {
  try {
    return (await store.pieces?.freshen(former, fields, policy, askedAt, variantKey)) !== undefined;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    onStoreError(error);
    return true;
  }
}

/** The origin has something else now. What has taken the place of the pieces meanwhile is not to go for them. */
export async function removeChanged(context: ServeContext, { response }: PartialFound): Promise<void> {
  const { store } = context;
  const { primaryKey, variantKey } = response;
  const stored = [...((await store.pieces?.find(primaryKey)) ?? []), ...(await store.find(primaryKey))];
  const isThere = stored.some(
    (other) => other.response.variantKey === variantKey && isSameRepresentation(other.response, response),
  );
  if (isThere) await removeEverywhere(context, { response }, "partial-changed");
}

/** Stores the part that the origin has sent, on its way to the client. */
export async function piece(
  context: ServeContext,
  request: KeyedRequest,
  { why, response, policy, reason, range }: Extract<Step, { step: "piece" }>,
): Promise<Step> {
  const { inbound, key } = request;
  const fields = fieldsWithout(response.fields, ["content-length"]);
  const telling = told(
    context.options,
    key,
    {
      word: wordOf(why),
      reason,
      facts: {
        hit: false,
        forward: why.forward,
        forwardStatus: response.status,
        stored: true,
        timeToLive: remainingLifetime(policy, context.now()),
      },
    },
    policy.rules,
  );
  const conditional = answerConditions(
    inbound,
    { status: 206, fields, policy },
    telling,
    null,
    context.now(),
  );
  if (conditional !== null) {
    await response.body?.cancel();
    return { step: "deliver", answer: conditional };
  }
  const previous = why.held?.found ?? null;
  if (previous !== null && isSameRepresentation(previous.response, { policy, size: range.size })) {
    await freshenPieces(context, request, previous, response);
  }
  const entry: IncomingPiece["entry"] = {
    primaryKey: key,
    variantKey: variantKey(policy.vary, inbound.fields),
    status: 200,
    fields: fieldsWithout(fields, ["content-range", ...policy.withheldFields]),
    policy,
  };
  const { body, unstoredReason } = await incomingBody(context, request, {
    entry,
    part: range,
    size: range.size,
    previous,
    response,
  });
  const length: FieldList = [["content-length", String(range.end - range.start)]];
  const answer: OriginResponse = { ...response, fields: [...fields, ...length], framing: "length", body };
  const sent = await send(context, request, why, answer, answerHeaders(fields, telling, null), telling);
  if (sent.step !== "deliver") return sent;
  return { step: "deliver", answer: { ...sent.answer, reasonAtEnd: () => unstoredReason() ?? reason } };
}

export interface IncomingPiece {
  readonly entry: Omit<NewResponse, "askedAt">;
  readonly part: Part;
  /** Of the whole representation. */
  readonly size: number;
  readonly previous: PartialFound | null;
  readonly response: OriginResponse;
}

export interface IncomingBody {
  readonly body: BodyReader | null;
  /** Why it is not in the store, or will not be; null while nothing speaks against it. */
  readonly unstoredReason: () => ReasonName | null;
}

/**
 * The body of a 206 on its way to the client, and into the store where that takes it. When the client leaves, what has
 * come is kept and no more is asked for: who looks here and there into a large file asks for all the rest each time.
 */
export async function incomingBody(
  context: ServeContext,
  { inbound }: KeyedRequest,
  { entry, part, size, previous, response }: IncomingPiece,
): Promise<IncomingBody> {
  const { store, onStoreError, options } = context;
  try {
    const writer = await store.pieces?.write(
      { ...entry, askedAt: response.askedAt },
      { ...part, size },
      previous,
    );
    if (writer === undefined) return unstored(response);
    const fill = new Fill<PartialFound>({
      body: response.body,
      writer,
      announcedSize: part.end - part.start,
      maxObjectSize: options.maxObjectSize,
      onStoreError,
      transit: context.transit,
      whenLeft: "commit",
    });
    const body = fill.join();
    cancelWith(inbound.signal, body);
    return { body, unstoredReason: () => fill.unstoredReason };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    onStoreError(error);
    return unstored(response);
  }
}

function unstored({ body }: OriginResponse): IncomingBody {
  return { body, unstoredReason: () => "store-failed" };
}
