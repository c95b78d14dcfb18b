import type { OriginResponse } from "../../origin/forward.ts";
import { withoutConditionals } from "../../rules/conditionals.ts";
import { fieldsOf } from "../../rules/fields.ts";
import { decideReuseOnError } from "../../rules/reuse.ts";
import { conditionsFor, confirmedBy } from "../../rules/validation.ts";
import { type PartialFound, type PieceReader, StoreError } from "../../store/tier.ts";
import { askOrigin } from "../fetch/ask.ts";
import { assemble } from "./assemble.ts";
import { type Leader, landing } from "../flight/landing.ts";
import type { ServeContext } from "../context.ts";
import { askForGap } from "./gap.ts";
import { asComplete, canComplete, freshenPieces, needOf, removeChanged } from "./pieces.ts";
import { afterOwnRemoval, classify } from "../fetch/classify.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import { type Forwarding, type HeldPieces, lookAgain, pastPieces, type Step } from "../step.ts";
import { isStillThere } from "../lookup/still-there.ts";
import { withWithheldFields } from "../fetch/validate.ts";

/** Asks the origin on behalf of a request for which pieces are held: whether they are still right, or what is missing. */
export async function fetchForPieces(
  context: ServeContext,
  request: KeyedRequest,
  held: HeldPieces,
  { why, leader }: Extract<Step, { step: "fetch" }>,
): Promise<Step> {
  const work = held.use === "complete" ? complete : revalidate;
  return await landing(leader, work(context, request, why, held, leader));
}

/** RFC 9111 §4.3: a 304 makes them fresh; a 206 or 200 with another validator takes their place. */
async function revalidate(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  { found, need }: HeldPieces,
  leader: Leader | null,
): Promise<Step> {
  const { fields } = request.inbound;
  const { policy } = found.response;
  const question = questionOfPieces(request, found);
  if (question === null) return withoutPieces(why, leader);
  const { conditions } = question;
  const isHeld = need.missing.length === 0;
  const abort = new AbortController();
  const answer = await askOrigin(context, request, question.fields, null, abort);
  if (!answer.ok) {
    leader?.land({ kind: "failed", failure: answer.failure });
    const selected = isHeld ? asComplete(found) : null;
    return { step: "failure", why: { ...why, selected }, failure: answer.failure };
  }
  const { response } = answer;
  const { status } = response;
  if (status === 304) {
    const [confirmed] = confirmedBy(conditions, fieldsOf(response.fields));
    return confirmed === undefined
      ? await changed(context, request, why, found, response, leader)
      : await confirmPieces(context, request, why, found, response, leader);
  }
  if (status < 500 || !isHeld) return classify(context, request, why, response, leader);
  const { use, reason } = decideReuseOnError(policy, fields, context.now(), status, context.options.reuse);
  if (!use || !(await isStillThere(context, asComplete(found)))) {
    return classify(context, request, why, response, leader, use ? null : reason);
  }
  leader?.land({ kind: "error", status });
  await response.body?.cancel();
  const instead = { forward: why.forward, forwardStatus: status };
  const stale = { candidates: [], revalidateInBackground: false };
  return { step: "stale", found: asComplete(found), reason, instead, ...stale };
}

/** What confirms pieces, or has others sent in their place; null where nothing could confirm them. */
export function questionOfPieces({ inbound: { method, fields } }: KeyedRequest, found: PartialFound) {
  const conditions = conditionsFor([], found, fields);
  if (method === "HEAD" || conditions.fields.length === 0) return null;
  const ranges = fields.lines.filter(([name]) => name === "range" || name === "if-range");
  return { conditions, fields: [...withoutConditionals(fields.lines), ...conditions.fields, ...ranges] };
}

/** A 304 may have changed what the client's conditions come to, so that the need is another one with its fields. */
async function confirmPieces(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  found: PartialFound,
  notModified: OriginResponse,
  leader: Leader | null,
): Promise<Step> {
  const { response, isThere } = await freshenPieces(context, request, found, notModified);
  const confirmed: PartialFound = { ...found, response };
  const need = needOf(context, request, confirmed);
  if (need.missing.length > 0) {
    // What the former need did not want has not been compared with its checksums yet.
    const isIntact = await context.store.pieces?.confirm(confirmed, need.wanted);
    if (isIntact !== true || !canComplete(confirmed, need)) return withoutPieces(why, leader);
    const held: HeldPieces = { found: confirmed, need, use: "complete" };
    return await complete(context, request, { ...why, reason: "partial-hit" }, held, leader);
  }
  leader?.land({ kind: "look-again" });
  if (!isThere) return lookAgain(why);
  const whole = withWithheldFields(context, request, asComplete(confirmed), notModified);
  return { step: "confirmed", why, found: whole, collapsed: false };
}

/**
 * Fetches what is missing and gives the client one body of it and of what is held (RFC 9111 §3.4). The first gap is
 * asked for before anything is sent: if the representation has changed, its answer is the right one still. A change
 * that shows later breaks the body off. The gaps are those that were found once: the row may have more pieces or fewer
 * by the time of the answer, and a gap taken for another one would put bytes where they do not belong.
 */
async function complete(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  { found, need }: HeldPieces,
  leader: Leader | null,
): Promise<Step> {
  const { isRange } = need;
  const [wanted] = need.wanted;
  const [first, ...later] = need.missing;
  const reader = await readerFor(context, found);
  if (wanted === undefined || first === undefined || reader === null) {
    await reader?.close();
    return withoutPieces(why, leader);
  }
  const abort = new AbortController();
  try {
    const answer = await askForGap(context, request, found, first, abort);
    if (answer.kind === "gap") {
      const freshened = await freshenPieces(context, request, found, answer.response);
      const opened = { part: first, response: answer.response, abort };
      const delivery = { why, wanted, isRange, found, freshened, reader, first: opened, later };
      return await assemble(context, request, delivery, leader);
    }
    await reader.close();
    if (answer.kind === "other") {
      return await changed(context, request, why, found, answer.response, leader);
    }
    leader?.land({ kind: "failed", failure: answer.failure });
    return { step: "failure", why, failure: answer.failure };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

function withoutPieces(why: Forwarding, leader: Leader | null): Step {
  return { step: "fetch", why: pastPieces(why), leader };
}

async function readerFor(
  { store, onStoreError }: ServeContext,
  found: PartialFound,
): Promise<PieceReader | null> {
  try {
    return (await store.pieces?.open(found)) ?? null;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    onStoreError(error);
    return null;
  }
}

/** The origin has something else now than what is held, or does not do as it is asked. */
async function changed(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  found: PartialFound,
  response: OriginResponse,
  leader: Leader | null,
): Promise<Step> {
  const { status } = response;
  if (status < 500) await removeChanged(context, found);
  const anew = pastPieces(why);
  if (status !== 206 && status !== 304 && status !== 416) {
    return await afterOwnRemoval(context, request.key, classify(context, request, anew, response, leader));
  }
  await response.body?.cancel();
  return { step: "fetch", why: anew, leader };
}
