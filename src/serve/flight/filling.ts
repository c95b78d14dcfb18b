import type { FieldList } from "../../rules/fields.ts";
import { remainingLifetime } from "../../rules/freshness.ts";
import { selectVariant, variantKey } from "../../rules/vary.ts";
import { type Found, StoreError, type Writer } from "../../store/tier.ts";
import { answerHeaders, fieldsWithout, keyed, type Telling } from "../answer/answer.ts";
import { beginFilling } from "./begin-filling.ts";
import { begunAnswer } from "../answer/begun-answer.ts";
import { tellBroken } from "../answer/broken.ts";
import { afterBroken } from "../answer/broken-step.ts";
import type { ServeContext } from "../context.ts";
import { announcedSize, wordOf } from "../answer/relay.ts";
import { Fill, type FillOutcome } from "./fill.ts";
import type { FillingResponse } from "./landing.ts";
import type { Asked, Forwarding, Step } from "../step.ts";
import { ageFor, answerConditions, answerFromStore } from "../answer/from-store.ts";
import { cancelWith } from "../answer/stream.ts";
import { removeSuperseded } from "../fetch/validate.ts";

/** Begins to store the origin's answer and gives it to the client that caused it, and to those who wait for it. */
export async function fill(
  context: ServeContext,
  asked: Asked,
  step: Extract<Step, { step: "fill" }>,
): Promise<Step> {
  const { why, response, policy, leader } = step;
  const fields = fieldsWithout(response.fields, unstoredFields);
  const storedFields = fieldsWithout(fields, policy.withheldFields);
  const variant = variantKey(policy.vary, asked.inbound.fields);
  const announced = announcedSize(response);
  if (announced !== null && announced > context.options.maxObjectSize) {
    leader?.land({ kind: "unshared" });
    return { step: "relay", why, response, reason: "too-large", supersedes: true };
  }
  const entry = {
    primaryKey: asked.key,
    variantKey: variant,
    status: response.status,
    fields: storedFields,
    policy,
    askedAt: response.askedAt,
  };
  let writer: Writer;
  try {
    writer = await context.store.write(entry, announced ?? undefined);
  } catch (error) {
    leader?.land({ kind: "given-up" });
    if (!(error instanceof StoreError)) throw error;
    context.onStoreError(error);
    return { step: "relay", why, response, reason: "store-failed", supersedes: true };
  }
  const { onStoreError, options } = context;
  const isStream = announced === null && policy.lifetimeSource === "none";
  const drops = (isStream ? options.onAbortOfStream : options.onAbort) === "drop";
  const filling: FillingResponse = {
    status: response.status,
    fields: storedFields,
    policy,
    variantKey: variant,
    announcedSize: announced,
    fill: new Fill({
      body: response.body,
      writer,
      announcedSize: announced,
      maxObjectSize: options.maxObjectSize,
      onStoreError,
      transit: context.transit,
      dropsWithClients: drops,
    }),
  };
  filling.fill.outcome
    .then((ended) => afterFill(context, asked, why, ended))
    .catch(context.onBackgroundError);
  const telling = keyed(options, asked.key, {
    word: wordOf(why),
    reason: step.reason,
    facts: {
      hit: false,
      forward: why.forward,
      forwardStatus: response.status,
      stored: true,
      timeToLive: remainingLifetime(policy, context.now()),
    },
  });
  const delivery = deliverFilling(context, asked, why, filling, fields, telling);
  leader?.land({ kind: "filling", response: filling });
  // Who waits for the landing reads along before the next turn of the event loop.
  if (drops) setImmediate(() => filling.fill.met());
  return delivery;
}

/** What is done once, however many clients read along. */
async function afterFill(
  context: ServeContext,
  asked: Asked,
  why: Forwarding,
  ended: FillOutcome,
): Promise<void> {
  if (ended.kind === "unstored" || (ended.kind === "stored" && isInTheWay(asked, why, ended.found))) {
    await removeSuperseded(context, why);
  }
  if (ended.kind === "broken" && !ended.isUnwanted) tellBroken(context, asked, ended.error);
}

/**
 * Whether the request would still select what it has selected before, and not the newer answer: one that no longer has
 * the Vary of the old is stored beside it, and goes after it. The old would be stale, and asked about, for ever.
 */
function isInTheWay({ inbound }: Asked, { selected }: Forwarding, stored: Found): boolean {
  return selected !== null && selectVariant([stored, selected], inbound.fields) === selected;
}

/** Fields of the message, not of what is stored: the body's length is known from the store. */
const unstoredFields = ["content-length"];

/**
 * Answers from a body that is still arriving, once it has begun. A small one is awaited whole, so that it goes out with its
 * length, and so is a larger one that comes quickly; of others the client reads along. `fields` are this client's.
 */
export async function deliverFilling(
  context: ServeContext,
  asked: Asked,
  why: Forwarding,
  filling: FillingResponse,
  fields: FieldList,
  telling: Telling,
): Promise<Step> {
  const { inbound } = asked;
  const { status, policy, fill, announcedSize: announced } = filling;
  const age = () => ageFor(telling, policy, context.now());
  const isSmall = announced !== null && announced <= context.options.collectSize;
  if (!isSmall) {
    const conditional = answerConditions(inbound, { status, fields, policy }, telling, age(), context.now());
    if (conditional !== null) return { step: "deliver", answer: conditional };
  }
  const body = fill.join();
  // What is small and finished in any case does not care who reads it.
  if (!isSmall || context.options.onAbort === "drop") cancelWith(inbound.signal, body);
  const begun = await beginFilling(context, filling, body);
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
