import { brokenBody } from "../origin/forward.ts";
import type { FieldList } from "../rules/fields.ts";
import { remainingLifetime } from "../rules/freshness.ts";
import { selectVariant, variantKey } from "../rules/vary.ts";
import { type Found, StoreError, type Writer } from "../store/store.ts";
import { type Answer, answerHeaders, fieldsWithout, keyed, type Telling } from "./answer.ts";
import { tellBroken } from "./broken.ts";
import type { ServeContext } from "./context.ts";
import { announcedSize, wordOf } from "./deliver.ts";
import { Fill, type FillOutcome } from "./fill.ts";
import type { FillingResponse } from "./flight/landing.ts";
import type { Inbound } from "./inbound.ts";
import type { Asked, Forwarding, Step } from "./step.ts";
import { ageFor, answerConditions, answerFromStore } from "./stored.ts";
import { cancelWith, streamOf } from "./stream.ts";
import { removeSuperseded } from "./validate.ts";

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
    await removeSuperseded(context, why);
    return { step: "relay", why, response, reason: "too-large" };
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
    await removeSuperseded(context, why);
    return { step: "relay", why, response, reason: "store-failed" };
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
 * Answers from a body that is still arriving. A small one is awaited whole, so that it goes out with its length; of a
 * large one the client reads along. `fields` are this client's.
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
  const { status, policy, announcedSize: announced } = filling;
  const whole = announced !== null && announced <= context.options.collectSize;
  if (!whole) {
    const now = context.now();
    const age = ageFor(telling, policy, now);
    const conditional = answerConditions(inbound, { status, fields, policy }, telling, age, now);
    const answer = conditional ?? readAlong(inbound, filling, fields, telling, age);
    return { step: "deliver", answer };
  }
  // Reading along keeps the bytes at hand should the store fail at the end.
  const body = filling.fill.join();
  if (context.options.onAbort === "drop") cancelWith(inbound.signal, body);
  const outcome = await filling.fill.outcome;
  switch (outcome.kind) {
    case "stored": {
      await body.cancel();
      const found = { ...outcome.found, response: { ...outcome.found.response, fields } };
      const answer = answerFromStore(inbound, found, telling, context.now(), context.newBoundary);
      return { step: "deliver", answer };
    }
    case "unstored": {
      const { reason } = outcome;
      const unstored: Telling = { ...telling, reason, facts: { ...telling.facts, stored: false } };
      const headers = answerHeaders(fields, unstored, ageFor(telling, policy, context.now()));
      const { promise, resolve } = Promise.withResolvers<number>();
      const response = new Response(streamOf(body, resolve, inbound), { status, headers });
      return { step: "deliver", answer: { response, telling: unstored, bytes: promise } };
    }
    case "broken": {
      await body.cancel();
      return { step: "failure", why, failure: brokenBody(outcome.error) };
    }
  }
}

function readAlong(
  inbound: Inbound,
  filling: FillingResponse,
  fields: FieldList,
  telling: Telling,
  age: number | null,
): Answer {
  const { fill, status } = filling;
  const ended = Promise.withResolvers<number>();
  const body = streamOf(fill.join(), ended.resolve, inbound);
  const response = new Response(body, { status, headers: answerHeaders(fields, telling, age) });
  const reasonAtEnd = () => fill.unstoredReason ?? telling.reason;
  return { response, telling, bytes: ended.promise, reasonAtEnd };
}
