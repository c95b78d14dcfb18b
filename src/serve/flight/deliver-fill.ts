import { wholeSize } from "../../origin/body.ts";
import type { OriginResponse } from "../../origin/forward.ts";
import type { FieldList } from "../../rules/fields.ts";
import { StoreError, type Writer } from "../../store/tier.ts";
import { answerHeaders, type Telling } from "../answer/answer.ts";
import { beginFill } from "./begin-fill.ts";
import { announcedSize } from "../answer/relay.ts";
import { begunAnswer } from "../answer/begun-answer.ts";
import { tellBroken } from "../answer/broken.ts";
import { afterBroken } from "../answer/broken-step.ts";
import type { ServeContext } from "../context.ts";
import { Fill, type FillOutcome } from "./fill.ts";
import { type Incoming, incomingOf } from "./incoming.ts";
import type { FillResponse } from "./landing.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Forwarding, Step } from "../step.ts";
import { ageFor, answerConditions, answerFromStore } from "../answer/from-store.ts";
import { cancelWith } from "../answer/stream.ts";
import { removeInTheWay } from "./superseding.ts";
import { takeWhole } from "./whole.ts";

/** Stores the origin's answer, and gives it to the client that caused it and to those who wait for it. */
export async function fill(
  context: ServeContext,
  request: KeyedRequest,
  step: Extract<Step, { step: "fill" }>,
): Promise<Step> {
  const { why, response, leader } = step;
  const incoming = incomingOf(context, request, step);
  const { announced } = incoming;
  if (isTooLarge(context, response)) {
    leader?.land({ kind: "unshared" });
    return { step: "relay", why, response, reason: "too-large", supersedes: true };
  }
  if (announced === null || announced > wholeSize) return await readAlong(context, request, incoming);
  const whole = await takeWhole(context, request, incoming);
  if (whole.kind === "step") return whole.step;
  return await readAlong(context, request, { ...incoming, response: { ...response, body: whole.body } });
}

/** Whether its body is announced to be larger than what is stored. */
export function isTooLarge({ options }: ServeContext, response: OriginResponse): boolean {
  return (announcedSize(response) ?? 0) > options.maxObjectSize;
}

/** The body goes into the store as it comes, and each client has what has come, at its own pace. */
async function readAlong(context: ServeContext, request: KeyedRequest, incoming: Incoming): Promise<Step> {
  const { why, response, entry, leader, announced } = incoming;
  const { onStoreError, options, transit } = context;
  const { status, fields, policy, variantKey } = entry;
  let writer: Writer;
  try {
    writer = await context.store.write(entry, announced ?? undefined);
  } catch (error) {
    leader?.land({ kind: "given-up" });
    if (!(error instanceof StoreError)) throw error;
    onStoreError(error);
    return { step: "relay", why, response, reason: "store-failed", supersedes: true };
  }
  const isStream = announced === null && policy.lifetimeSource === "none";
  const drops = (isStream ? options.onAbortOfStream : options.onAbort) === "drop";
  const fill = new Fill({
    body: response.body,
    writer,
    announcedSize: announced,
    maxObjectSize: options.maxObjectSize,
    onStoreError,
    transit,
    whenLeft: drops ? "abort" : "finish",
  });
  const shared: FillResponse = { status, fields, policy, variantKey, announcedSize: announced, fill };
  fill.outcome.then((ended) => afterFill(context, request, why, ended)).catch(context.onBackgroundError);
  const delivery = deliverFill(context, request, why, shared, incoming.fields, incoming.telling);
  leader?.land({ kind: "fill", response: shared });
  // Who waits for the landing reads along before the next turn of the event loop.
  if (drops) setImmediate(() => fill.abortOnceLeft());
  return delivery;
}

/** What is done once, however many clients read along. */
async function afterFill(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  ended: FillOutcome,
): Promise<void> {
  if (ended.kind !== "broken") {
    await removeInTheWay(context, request, why, ended.kind === "stored" ? ended.found : null);
  } else if (!ended.isUnwanted) tellBroken(context, request, ended.error);
}

/**
 * Answers from a body that is still arriving, once it has begun. A small one is awaited whole, so that it goes out with its
 * length, and so is a larger one that comes quickly; of others the client reads along. `fields` are this client's.
 */
export async function deliverFill(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  shared: FillResponse,
  fields: FieldList,
  telling: Telling,
): Promise<Step> {
  const { inbound } = request;
  const { status, policy, fill, announcedSize: announced } = shared;
  const age = () => ageFor(telling, policy, context.now());
  const isSmall = announced !== null && announced <= context.options.collectSize;
  if (!isSmall) {
    const conditional = answerConditions(inbound, { status, fields, policy }, telling, age(), context.now());
    if (conditional !== null) return { step: "deliver", answer: conditional };
  }
  const body = fill.join();
  // What is small and finished in any case does not care who reads it.
  if (!isSmall || context.options.onAbort === "drop") cancelWith(inbound.signal, body);
  const begun = await beginFill(context, shared, body);
  switch (begun.kind) {
    case "stored": {
      const found = { ...begun.found, response: { ...begun.found.response, fields } };
      const answer = answerFromStore(inbound, found, telling, context.now(), context);
      return { step: "deliver", answer };
    }
    case "unstored": {
      const { reason } = begun;
      const unstored: Telling = { ...telling, reason, facts: { ...telling.facts, stored: false } };
      const headers = answerHeaders(fields, unstored, age());
      return { step: "deliver", answer: begunAnswer(begun.begun, status, headers, unstored, inbound) };
    }
    case "flowing": {
      const headers = answerHeaders(fields, telling, age());
      const answer = begunAnswer(begun, status, headers, telling, inbound);
      const reasonAtEnd = () => fill.unstoredReason ?? telling.reason;
      return { step: "deliver", answer: { ...answer, reasonAtEnd } };
    }
    case "broken": {
      if (inbound.signal.aborted) throw begun.error;
      return afterBroken(why, begun.error);
    }
  }
}
