import type { OriginFailure } from "../../origin/failure.ts";
import { asksForEventStream } from "../../rules/event-stream.ts";
import { senderOf, withholding } from "../../rules/identity.ts";
import type { Policy } from "../../rules/policy.ts";
import { decideReuse, decideReuseOnError, isOfClient } from "../../rules/reuse.ts";
import { forbidsStoring } from "../../rules/sharing.ts";
import { variantKey } from "../../rules/vary.ts";
import type { Found } from "../../store/tier.ts";
import { type Telling, told } from "../answer/answer.ts";
import type { ServeContext } from "../context.ts";
import { relayPeer } from "../answer/relay.ts";
import { asksAsClient } from "../fetch/question.ts";
import { deliverFill } from "./deliver-fill.ts";
import { answerWhole } from "./whole.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import { type Forwarding, lookAgain, type Step } from "../step.ts";
import { isStillThere } from "../lookup/still-there.ts";
import type { FillResponse, WholeResponse } from "./landing.ts";
import type { Flight, FlightName } from "./open-flight.ts";

/** How often a request may wait for others, or look again, until it goes by itself. */
const mostRounds = 4;
/** Server errors of the origin to others after which one who waited is not sent to get its own. */
const mostErrors = 2;

/**
 * Waits for another request for the same, or leads it. HEAD and ranges go alone: they fill nothing for the others; and so do
 * those who want events: they would miss what happens while they wait.
 */
export function collapse(
  context: ServeContext,
  request: KeyedRequest,
  { why }: Extract<Step, { step: "collapse" }>,
): Step | Promise<Step> {
  const { flights, peers, options } = context;
  const { method, fields } = request.inbound;
  if (why.forward === "request" || why.rounds > mostRounds) return goAlone(why);
  const sender = senderOf(fields, options.storing);
  if (method === "HEAD" || asksAsClient(request, why)) {
    const isHeld = why.selected !== null || why.held !== null;
    return { step: "fetch", why, leader: isHeld ? flights.witness(request.key, sender) : null };
  }
  if (flights.isUnshared(request.key, sender) || asksForEventStream(fields)) return goAlone(why);
  const name = flightName(context, request, why.candidates);
  const flight = flights.join(name) ?? why.seen.find((seen) => seen.name.text === name.text);
  if (flight !== undefined) return follow(context, request, why, flight);
  // Its answer may not be stored, and would be of no use to those who wait for it.
  if (forbidsStoring(fields)) return goAlone(why);
  const leader = flights.lead(name, fields);
  return peers === null || !why.withPeers
    ? { step: "fetch", why, leader }
    : { step: "claim", why, leader, name };
}

/** What the request may share with others, told apart as those are that are stored already. */
export function flightName(
  { flights, options }: ServeContext,
  { key, inbound }: KeyedRequest,
  candidates: readonly Found[],
): FlightName {
  for (const { response } of candidates) flights.rememberVary(key, response.policy.vary);
  return flights.name(key, inbound.fields, senderOf(inbound.fields, options.storing));
}

/** A leader that is slow may be slow for itself alone: then a few others go as well, one after the other. */
async function follow(
  { flights }: ServeContext,
  { inbound }: KeyedRequest,
  why: Forwarding,
  flight: Flight,
): Promise<Step> {
  const landing = await flights.waitFor(flight);
  if (landing !== undefined) return { step: "join", why, landing };
  if (forbidsStoring(inbound.fields)) return goAlone(why);
  const leader = flights.leadBeside(flight, inbound.fields);
  if (leader !== null) return { step: "fetch", why, leader };
  return { step: "join", why, landing: await flight.landing };
}

/** Another request's answer has come, as far as its fields: whether this one may have it is decided here. */
export async function join(
  context: ServeContext,
  request: KeyedRequest,
  { why, landing }: Extract<Step, { step: "join" }>,
): Promise<Step> {
  switch (landing.kind) {
    case "fill":
      return joinFill(context, request, why, landing.response);
    case "whole":
      return joinWhole(context, request, why, landing.response);
    case "broken":
      return { step: "failure", why, failure: landing.failure };
    case "confirmed":
      return joinConfirmed(context, request, why, landing.found);
    case "elsewhere":
      return joinElsewhere(context, request, why, landing.worker);
    case "unshared":
      return goAlone(why);
    case "given-up":
      return lookAgain(why);
    case "look-again":
      return lookAgain(why);
    case "failed":
      // A connection that broke may have been that request's own misfortune.
      if (landing.failure.reason === "origin-broken" && why.rounds === 0) return lookAgain(why);
      return { step: "failure", why, failure: landing.failure };
    case "error":
      return joinError(context, request, why, landing.status);
  }
}

async function joinFill(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  response: FillResponse,
): Promise<Step> {
  const { fields } = request.inbound;
  const { policy, fill, announcedSize } = response;
  // From now on it is known by which fields requests are to be told apart.
  if (!isFor(request, response)) return lookAgain(why);
  if (withholding(policy, fields, context.options.storing) !== null) return goAlone(why);
  const decision = decideReuse(policy, fields, context.now(), context.options.reuse);
  if (decision.use === "revalidate") {
    const isSmall = announcedSize !== null && announcedSize <= context.options.collectSize;
    if (isOfClient(decision.reason) || !isSmall || !canBeConfirmed(policy)) return goAlone(why);
    // Those who wait share the one request that confirms it, instead of fetching it each.
    await fill.outcome;
    return lookAgain(why);
  }
  // It has ended since: what it stored is found in the store.
  if (!fill.readable) return lookAgain(why);
  const telling = collapsedTelling(context, request, why, response.status, policy.rules);
  return deliverFill(context, request, why, response, response.fields, telling);
}

/** As `joinFill`, of what is there already. */
function joinWhole(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  whole: WholeResponse,
): Step {
  const { fields } = request.inbound;
  const { response } = whole.found;
  const { policy } = response;
  if (!isFor(request, response)) return lookAgain(why);
  if (withholding(policy, fields, context.options.storing) !== null) return goAlone(why);
  const decision = decideReuse(policy, fields, context.now(), context.options.reuse);
  if (decision.use === "revalidate") {
    return isOfClient(decision.reason) || !canBeConfirmed(policy) ? goAlone(why) : lookAgain(why);
  }
  const telling = collapsedTelling(context, request, why, response.status, policy.rules);
  return { step: "deliver", answer: answerWhole(context, request, whole, response.fields, telling) };
}

function canBeConfirmed({ entityTag, lastModifiedAt }: Policy): boolean {
  return entityTag !== null || lastModifiedAt !== null;
}

function collapsedTelling(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  status: number,
  rules: Policy["rules"],
): Telling {
  const facts = { hit: false, forward: why.forward, forwardStatus: status, collapsed: true };
  return told(context.options, request.key, { word: "COLLAPSED", reason: "collapsed", facts }, rules);
}

/** The origin was asked while this request waited: what it confirmed is confirmed for this one, too (RFC 9111 §4). */
function joinConfirmed(context: ServeContext, request: KeyedRequest, why: Forwarding, found: Found): Step {
  const { policy } = found.response;
  if (!isFor(request, found.response)) return lookAgain(why);
  if (withholding(policy, request.inbound.fields, context.options.storing) !== null) return goAlone(why);
  const decision = decideReuse(policy, request.inbound.fields, context.now(), context.options.reuse);
  if (decision.use === "revalidate" && isOfClient(decision.reason)) return goAlone(why);
  return { step: "confirmed", why, found, collapsed: true };
}

/** Whether the request is one of those that the response was chosen for. */
export function isFor(
  { inbound }: KeyedRequest,
  { variantKey: stored, policy }: Pick<FillResponse, "variantKey" | "policy">,
): boolean {
  return stored === variantKey(policy.vary, inbound.fields);
}

/** A server error says nothing of the target, but so many requests would be so many errors. */
async function joinError(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  status: number,
): Promise<Step> {
  const found = why.selected;
  if (found !== null) {
    const { now, options } = context;
    const { policy } = found.response;
    const onError = decideReuseOnError(policy, request.inbound.fields, now(), status, options.reuse);
    if (onError.use && (await isStillThere(context, found))) {
      const instead = { forward: why.forward, forwardStatus: status, collapsed: true };
      const { reason } = onError;
      return { step: "stale", found, candidates: [], reason, revalidateInBackground: false, instead };
    }
  }
  if (why.rounds < mostErrors) return lookAgain(why);
  return { step: "failure", why, failure: errorOfOthers };
}

const errorOfOthers: OriginFailure = {
  status: 503,
  reason: "origin-error-of-others",
  explanation: "the origin answers with server errors; ask again in a moment",
};

async function joinElsewhere(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  worker: string,
): Promise<Step> {
  const { flights, peers } = context;
  const name = flightName(context, request, why.candidates);
  const answer = (await peers?.ask(worker, name, request)) ?? { kind: "lost" };
  switch (answer.kind) {
    case "answer":
      return relayPeer(context, request, why, answer.response);
    case "lost":
    case "slow":
      return lookAgain({ ...why, withPeers: false });
    case "look-again":
      // What it has stored is found here now, or in a moment. Later that says only that it has nothing to give: those who
      // wait here would ask it again and again, and then go to the origin each by itself.
      return lookAgain(why.rounds === 0 ? why : { ...why, withPeers: false });
    case "unusable":
      return goAlone(why);
    case "other-variant":
      flights.rememberVary(request.key, answer.vary);
      return lookAgain(why);
    case "unshared":
      flights.rememberUnshared(request.key, name.sender);
      return goAlone(why);
    default:
      return { step: "join", why, landing: answer };
  }
}

function goAlone(why: Forwarding): Step {
  return { step: "fetch", why, leader: null };
}
