import { brokenBody } from "../../origin/failure.ts";
import type { FieldList } from "../../rules/fields.ts";
import { type Found, type NewResponse, storedAs, StoreError } from "../../store/tier.ts";
import type { Answer, Telling } from "../answer/answer.ts";
import { type Begun, collectInTime } from "../answer/begin.ts";
import { tellBroken } from "../answer/broken.ts";
import { afterBroken, RepresentationChanged } from "../answer/broken-step.ts";
import { answerFromStore } from "../answer/from-store.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Step } from "../step.ts";
import type { Incoming } from "./incoming.ts";
import type { WholeResponse } from "./landing.ts";
import { removeInTheWay } from "./superseding.ts";

/** What came of waiting for a small body. */
export type Awaited =
  | { readonly kind: "step"; readonly step: Step }
  /** It does not come in time: what has come of it and what is to come. */
  | Extract<Begun, { kind: "flowing" }>;

/**
 * Takes a body that is announced to be small as what it is, some bytes: they are stored, and given to the client that
 * caused it and to those who wait for it, who know nothing of each other's pace.
 */
export async function takeWhole(
  context: ServeContext,
  request: KeyedRequest,
  incoming: Incoming,
): Promise<Awaited> {
  const { leader, response } = incoming;
  let begun: Begun;
  try {
    begun = await bodyInTime(context, incoming);
    if (begun.kind === "flowing") return begun;
  } catch (error) {
    // What becomes of a body that nobody wants is of no interest.
    response.body?.cancel().catch(() => undefined);
    return { kind: "step", step: breakOff(context, request, incoming, error) };
  }
  const whole = await stored(context, incoming.entry, begun);
  const inStore = whole.unstoredReason === null ? whole.found : null;
  await removeInTheWay(context, request, incoming.why, inStore).catch(context.onBackgroundError);
  leader?.land({ kind: "whole", response: whole });
  const answer = answerWhole(context, request, whole, incoming.fields, incoming.telling);
  return { kind: "step", step: { step: "deliver", answer } };
}

/** The answer to one request from a response that has come whole. `fields` are this client's. */
export function answerWhole(
  context: ServeContext,
  { inbound }: KeyedRequest,
  { found, unstoredReason: reason }: WholeResponse,
  fields: FieldList,
  telling: Telling,
): Answer {
  const told = reason === null ? telling : { ...telling, reason, facts: { ...telling.facts, stored: false } };
  const own: Found = { ...found, response: { ...found.response, fields } };
  return answerFromStore(inbound, own, told, context.now(), context);
}

/** Rejects when the body breaks off, or is not as long as announced. */
async function bodyInTime(
  context: ServeContext,
  { response: { body }, announced }: Incoming,
): Promise<Begun> {
  if (body === null) return { kind: "whole", chunks: [], size: 0, holding: context.transit.hold() };
  const begun = await collectInTime(context, body);
  if (begun.kind === "flowing" || begun.size === announced) return begun;
  begun.holding.giveAll();
  throw new Error(`the origin announced ${announced} bytes and sent ${begun.size}`);
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const [only] = chunks;
  // Bodies of the origin are in buffers of their own.
  if (chunks.length === 1 && only !== undefined) return only as Uint8Array<ArrayBuffer>;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** The body is at hand, whatever the store makes of it. */
async function stored(
  { store, onStoreError }: ServeContext,
  entry: NewResponse,
  { chunks, size, holding }: Extract<Begun, { kind: "whole" }>,
): Promise<WholeResponse> {
  const bytes = joined(chunks, size);
  const body = { kind: "memory", bytes } as const;
  try {
    const { response } = await store.put(entry, bytes);
    return { found: { response, body }, unstoredReason: null };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    onStoreError(error);
    return { found: { response: storedAs(entry, "", size, 0), body }, unstoredReason: "store-failed" };
  } finally {
    // What is handed over the system's buffers take at once.
    holding.giveAll();
  }
}

/** Nobody has had anything of it yet. */
function breakOff(
  context: ServeContext,
  request: KeyedRequest,
  { why, leader }: Incoming,
  error: unknown,
): Step {
  tellBroken(context, request, error);
  const isOwn = error instanceof RepresentationChanged;
  leader?.land(isOwn ? { kind: "given-up" } : { kind: "broken", failure: brokenBody(error) });
  if (request.inbound.signal.aborted) throw error;
  return afterBroken(why, error);
}
