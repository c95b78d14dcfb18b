import type { OriginResponse } from "../../origin/forward.ts";
import { isEventStream } from "../../rules/event-stream.ts";
import { fieldsOf } from "../../rules/fields.ts";
import { remainingLifetime } from "../../rules/freshness.ts";
import { hasPreconditions } from "../../rules/preconditions.ts";
import { decideReuseOnError } from "../../rules/reuse.ts";
import { validatorsIn } from "../../rules/validation.ts";
import {
  type Answer,
  answerHeaders,
  conventionalName,
  fieldOf,
  fieldsWithout,
  ownAnswer,
  type Telling,
  told,
} from "./answer.ts";
import { type Begun, begin } from "./begin.ts";
import { begunAnswer } from "./begun-answer.ts";
import { tellingBroken } from "./broken.ts";
import { afterBroken } from "./broken-step.ts";
import type { ServeContext } from "../context.ts";
import type { CacheWord } from "./outcome.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Forwarding, Step } from "../step.ts";
import { isStillThere } from "../lookup/still-there.ts";
import { answerConditions, answerFromStore } from "./from-store.ts";
import { cancelWith } from "./stream.ts";
import { rulesOn, ruledFields } from "../fetch/ruled.ts";
import { removeSuperseded } from "../fetch/validate.ts";

/** Passes the origin's answer on, unstored. */
export function relay(
  context: ServeContext,
  request: KeyedRequest,
  { why, response, reason, supersedes }: Extract<Step, { step: "relay" }>,
): Promise<Step> {
  const telling: Telling = {
    word: wordOf(why),
    reason,
    facts: { hit: false, forward: why.forward, forwardStatus: response.status, stored: false },
  };
  const onBegun = async () => {
    if (supersedes === true) await removeSuperseded(context, why);
  };
  // What a 304 is about is the client's own: see fetch/ask.
  const passed = response.status === 304 ? { ...response, fields: ruledFields(request, response) } : response;
  const full = told(context.options, request.key, telling, rulesOn(request, response));
  return relayAs(context, request, why, passed, full, onBegun);
}

async function relayAs(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  response: OriginResponse,
  telling: Telling,
  onBegun: () => Promise<void>,
): Promise<Step> {
  const mayAnswer = telling.word !== "PASS" && hasPreconditions(request.inbound.fields);
  const conditional = mayAnswer ? answerOwnConditions(context, request, response, telling) : null;
  if (conditional !== null) {
    await response.body?.cancel();
    await onBegun();
    return { step: "deliver", answer: conditional };
  }
  const headers = answerHeaders(response.fields, telling, null);
  return send(context, request, why, response, headers, telling, onBegun);
}

/** The origin was not told the client's conditions, so that its answer could be stored: they are judged here. */
function answerOwnConditions(
  context: ServeContext,
  { inbound }: KeyedRequest,
  { status, fields, responseAt }: OriginResponse,
  telling: Telling,
): Answer | null {
  const policy = validatorsIn(fieldsOf(fields), responseAt);
  return answerConditions(inbound, { status, fields, policy }, telling, null, context.now());
}

/** What the other worker has added, in the order in which every answer bears it. */
const toldThere = ["via", "age", "x-cache", "cache-status"];

/** Passes on what another worker has answered; it has told there how the answer came about. */
export async function relayPeer(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  response: OriginResponse,
): Promise<Step> {
  const headers = new Headers();
  for (const [name, value] of fieldsWithout(response.fields, ["content-length", ...toldThere])) {
    headers.append(conventionalName(name), value);
  }
  for (const name of toldThere) {
    const value = fieldOf(response.fields, name);
    if (value !== null) headers.set(conventionalName(name), value);
  }
  const isHit = headers.get("x-cache") === "HIT";
  const telling: Telling = isHit
    ? { word: "HIT", reason: "hit-fresh", facts: { hit: true } }
    : { word: "COLLAPSED", reason: "collapsed", facts: { hit: false } };
  return send(context, request, why, response, headers, telling);
}

/**
 * Sends the origin's answer, once it has begun: see `begin`. What breaks off before is a failure, for which something stored
 * may stand in. `onBegun` is called before the client has anything of it.
 */
export async function send(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  response: OriginResponse,
  headers: Headers,
  telling: Telling,
  onBegun: () => Promise<void> = async () => undefined,
): Promise<Step> {
  const { inbound } = request;
  const { status } = response;
  if (response.body === null || inbound.method === "HEAD") {
    await onBegun();
    return { step: "deliver", answer: bodiless(inbound.method, response, headers, telling) };
  }
  const body = tellingBroken(context, request, response.body);
  cancelWith(inbound.signal, body);
  let begun: Begun;
  try {
    begun = await begin(context, body, announcedSize(response));
  } catch (error) {
    if (inbound.signal.aborted) throw error;
    return afterBroken(why, error);
  }
  await onBegun();
  return { step: "deliver", answer: begunAnswer(begun, status, headers, telling, inbound) };
}

/** The origin could not answer: a stale response stands in where it may (RFC 9111 §4.2.4, RFC 5861 §4), else an error. */
export async function failure(
  context: ServeContext,
  { inbound, key, verdict }: KeyedRequest,
  { why, failure }: Extract<Step, { step: "failure" }>,
): Promise<Step> {
  const { options } = context;
  const now = context.now();
  if (why.selected !== null) {
    const { policy } = why.selected.response;
    const onError = decideReuseOnError(policy, inbound.fields, now, "unreachable", options.reuse);
    if (onError.use && (await isStillThere(context, why.selected))) {
      context.store.noteHit(why.selected.response.id);
      const facts = { hit: false, forward: why.forward, timeToLive: remainingLifetime(policy, now) };
      const stale = { word: "STALE", reason: onError.reason, facts } as const;
      const telling = told(options, key, stale, policy.rules);
      const answer = answerFromStore(inbound, why.selected, telling, now, context);
      return { step: "deliver", answer };
    }
  }
  const { status, explanation, reason, retryAfter } = failure;
  const facts = { hit: false, forward: why.forward };
  const telling = told(options, key, { word: "ERROR", reason, facts }, verdict.rules);
  const answer = ownAnswer(inbound.method, status, explanation, telling, context.date(), retryAfter);
  // What is left of the request would be taken for the next one's beginning.
  if (status === 408) answer.response.headers.set("connection", "close");
  return { step: "deliver", answer };
}

/** What X-Cache calls an answer for which the origin was asked. */
export function wordOf({ forward, reason }: Forwarding): CacheWord {
  if (forward === "method" || forward === "bypass") return "PASS";
  return reason === "partial-hit" ? "PARTIAL" : "MISS";
}

/** The length the origin announced; null when it did not, or not as one number. Events do not wait for each other. */
export function announcedSize(response: OriginResponse): number | null {
  if (response.body === null) return 0;
  if (isEventStream({ get: (name) => fieldOf(response.fields, name) })) return null;
  const value = response.framing === "length" ? fieldOf(response.fields, "content-length") : null;
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : null;
}

/** HEAD, 204, 304: the fields alone. */
function bodiless(method: string, response: OriginResponse, headers: Headers, telling: Telling): Answer {
  const length = fieldOf(response.fields, "content-length");
  if (length !== null) headers.set("content-length", length);
  // A word to `serve/app`: an unknown length may not become the 0 that is announced for an answer without a body.
  const unknown = method === "HEAD" && length === null && response.status !== 204 && response.status !== 304;
  if (unknown) headers.set("transfer-encoding", "chunked");
  return { response: new Response(null, { status: response.status, headers }), telling, bytes: 0 };
}
