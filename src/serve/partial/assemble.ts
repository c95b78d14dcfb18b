import type { BodyReader } from "../../origin/body.ts";
import type { OriginResponse } from "../../origin/forward.ts";
import { currentAge, remainingLifetime } from "../../rules/freshness.ts";
import { gaps } from "../../rules/pieces.ts";
import { contentRange, type Part } from "../../rules/range.ts";
import type { PartialFound, PieceReader } from "../../store/tier.ts";
import { answerHeaders, fieldsWithout, told } from "../answer/answer.ts";
import type { Leader } from "../flight/landing.ts";
import { RepresentationChanged } from "../answer/broken-step.ts";
import type { ServeContext } from "../context.ts";
import { send, wordOf } from "../answer/relay.ts";
import { askForGap, type Gap } from "./gap.ts";
import { asComplete, type FreshenedPieces, removeChanged, incomingBody } from "./pieces.ts";
import { emptyBody, heldBytes, inSequence, type Segment } from "./segments.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Forwarding, Step } from "../step.ts";
import { withWithheldFields } from "../fetch/validate.ts";

/** All that an answer is made of when a part of it is held. */
export interface Delivery {
  readonly why: Forwarding;
  readonly wanted: Part;
  /** Decided when the gaps were computed: with the fields of the first gap's answer If-Range may match no more. */
  readonly isRange: boolean;
  /** The pieces as they were found when the gaps were computed; `reader` reads them. */
  readonly found: PartialFound;
  readonly reader: PieceReader;
  /** Of the fields alone. */
  readonly freshened: FreshenedPieces;
  readonly first: Gap;
  /** What else is missing of the wanted part, in order. */
  readonly later: readonly Part[];
}

/** One body of what is held and of what the origin is asked for, gap by gap, when the client has come so far. */
export function assemble(
  context: ServeContext,
  request: KeyedRequest,
  delivery: Delivery,
  leader: Leader | null,
): Step | Promise<Step> {
  return delivery.isRange
    ? deliverRange(context, request, delivery)
    : deliverWhole(context, request, delivery, leader);
}

/** A range: each gap is stored as a piece. */
function deliverRange(context: ServeContext, request: KeyedRequest, delivery: Delivery): Promise<Step> {
  const { why, wanted, found, freshened, first } = delivery;
  const { response: stored, policy } = freshened;
  const { primaryKey, variantKey, status, fields, size } = stored;
  const body = bodyOf(context, request, delivery, async ({ part, response }) => {
    if (policy === null) return response.body;
    const entry = { primaryKey, variantKey, status, fields, policy };
    return (await incomingBody(context, request, { entry, part, size, previous: found, response })).body;
  });
  const now = context.now();
  const telling = told(
    context.options,
    request.key,
    {
      word: wordOf(why),
      reason: why.reason,
      facts: {
        hit: false,
        forward: why.forward,
        forwardStatus: first.response.status,
        stored: policy !== null,
        timeToLive: remainingLifetime(stored.policy, now),
      },
    },
    stored.policy.rules,
  );
  const response = responseOf(context, request, delivery, 206, body);
  const headers = answerHeaders(response.fields, telling, currentAge(stored.policy, now));
  headers.set("content-range", contentRange(wanted.start, wanted.end, size));
  return send(context, request, why, response, headers, telling);
}

/** All of it: stored anew as a complete response, so that others can read along. */
function deliverWhole(
  context: ServeContext,
  request: KeyedRequest,
  delivery: Delivery,
  leader: Leader | null,
): Step {
  const { why, freshened } = delivery;
  const { response: stored, policy, reason } = freshened;
  const body = bodyOf(context, request, delivery, async ({ response }) => response.body);
  const response = responseOf(context, request, delivery, stored.status, body);
  if (policy !== null) return { step: "fill", why, response, policy, reason: why.reason, leader };
  leader?.land({ kind: "unshared" });
  return { step: "relay", why, response, reason };
}

/** The answer as if the origin had given it: the freshened fields, and those that are for this client alone. */
function responseOf(
  context: ServeContext,
  request: KeyedRequest,
  { wanted, found, freshened, first }: Delivery,
  status: number,
  body: BodyReader,
): OriginResponse {
  const complete = asComplete({ ...found, response: freshened.response });
  const { fields } = withWithheldFields(context, request, complete, first.response).response;
  const length = String(wanted.end - wanted.start);
  return {
    ...first.response,
    status,
    fields: [...fieldsWithout(fields, ["content-length"]), ["content-length", length]],
    framing: "length",
    body,
  };
}

/** What is held and what is missing, in order; `open` makes the bytes of a gap of the answer it was given in. */
function bodyOf(
  context: ServeContext,
  request: KeyedRequest,
  { wanted, found, reader, first, later }: Delivery,
  open: (gap: Gap) => Promise<BodyReader | null>,
): BodyReader {
  /** Of the latest request: its answer may not have come, or may not be read yet. */
  let latest = first.abort;

  async function ask(part: Part): Promise<Gap> {
    const abort = new AbortController();
    latest = abort;
    const answer = await askForGap(context, request, found, part, abort);
    if (answer.kind === "gap") return { part, response: answer.response, abort };
    if (answer.kind === "failure") throw new Error(answer.failure.explanation);
    abort.abort();
    if (answer.response.status < 500) await removeChanged(context, found);
    throw new RepresentationChanged("the representation changed while it was being sent");
  }

  const missing: Segment[] = [
    { part: first.part, open: async () => (await open(first)) ?? emptyBody },
    ...later.map((part) => ({ part, open: async () => (await open(await ask(part))) ?? emptyBody })),
  ];
  // What is not missing of the wanted part is held.
  const held: Segment[] = gaps(
    missing.map(({ part }) => part),
    wanted,
  ).map((part) => ({
    part,
    open: () => heldBytes(reader, part),
  }));
  const segments = [...missing, ...held].sort((one, other) => one.part.start - other.part.start);
  return inSequence(segments, () => {
    latest.abort();
    // It never rejects.
    void reader.close();
  });
}
