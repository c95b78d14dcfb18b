import type { OriginResponse } from "../../origin/forward.ts";
import type { FieldList } from "../../rules/fields.ts";
import { remainingLifetime } from "../../rules/freshness.ts";
import { variantKey } from "../../rules/vary.ts";
import type { NewResponse } from "../../store/tier.ts";
import { fieldsWithout, told, type Telling } from "../answer/answer.ts";
import { announcedSize, wordOf } from "../answer/relay.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Forwarding, Step } from "../step.ts";
import type { Leader } from "./landing.ts";

/** A storable answer of the origin whose body is to come: what the stores get of it, and what the client. */
export interface Incoming {
  readonly why: Forwarding;
  readonly leader: Leader | null;
  readonly response: OriginResponse;
  /** Bytes of the body; null when the origin has not said it. */
  readonly announced: number | null;
  readonly entry: NewResponse;
  /** For the client that caused it: with what is for it alone. */
  readonly fields: FieldList;
  /** What that client is told, if the response is stored. */
  readonly telling: Telling;
}

/** Fields of the message, not of what is stored: the body's length is known from the store. */
const unstoredFields = ["content-length"];

export function incomingOf(
  context: ServeContext,
  request: KeyedRequest,
  { why, response, policy, reason, leader }: Extract<Step, { step: "fill" }>,
): Incoming {
  const fields = fieldsWithout(response.fields, unstoredFields);
  const { status, askedAt } = response;
  const entry: NewResponse = {
    primaryKey: request.key,
    variantKey: variantKey(policy.vary, request.inbound.fields),
    status,
    fields: fieldsWithout(fields, policy.withheldFields),
    policy,
    askedAt,
  };
  const telling = told(
    context.options,
    request.key,
    {
      word: wordOf(why),
      reason,
      facts: {
        hit: false,
        forward: why.forward,
        forwardStatus: status,
        stored: true,
        timeToLive: remainingLifetime(policy, context.now()),
      },
    },
    policy.rules,
  );
  return { why, leader, response, announced: announcedSize(response), entry, fields, telling };
}
