import { decideReuse, decideReuseOnError } from "../rules/reuse.ts";
import { selectVariant, variantKey } from "../rules/vary.ts";
import { keyed } from "./answer.ts";
import { type FillingResponse, type Flight, type Landing, type Leader, landing } from "./collapse.ts";
import type { Peers, ServeContext } from "./context.ts";
import { relayPeer } from "./deliver.ts";
import { asksAsClient } from "./fetch.ts";
import { deliverFilling } from "./filling.ts";
import type { Asked, Forwarding, Step } from "./step.ts";
import { isStillThere } from "./still-there.ts";

/** Waits for another request for the same key, or leads it. HEAD and cold ranges go alone: they fill nothing. */
export function collapse(
  context: ServeContext,
  asked: Asked,
  { why }: Extract<Step, { step: "collapse" }>,
): Step | Promise<Step> {
  const { flights, now, peers } = context;
  const alone = asked.inbound.method === "HEAD" || why.forward === "request" || asksAsClient(asked, why);
  if (alone || flights.isUnshared(asked.key, now())) return goAlone(why);
  const flight = flights.join(asked.key) ?? why.seenFlight;
  if (flight !== undefined) {
    return why.mayWait ? awaitLanding(why, flight) : goAlone(why);
  }
  const leader = flights.lead(asked.key, why.attempt, now);
  return peers === null ? { step: "fetch", why, leader } : { step: "claim", why, leader };
}

async function awaitLanding(why: Forwarding, flight: Flight): Promise<Step> {
  return { step: "join", why, landing: await flight.landing };
}

/** Leads the key among all workers, or learns which one does. */
export async function claim(
  context: ServeContext,
  asked: Asked,
  { why, leader }: Extract<Step, { step: "claim" }>,
): Promise<Step> {
  const { peers } = context;
  const worker = peers === null ? null : await landing(leader, peers.claim(asked.key));
  if (worker !== null) {
    const elsewhere: Landing = { kind: "elsewhere", worker };
    leader.land(elsewhere);
    return why.mayWait ? { step: "join", why, landing: elsewhere } : goAlone(why);
  }
  const claimed = releasing(context, asked.key, leader, peers);
  // Once is enough: what the look-up did not take may not send it round in circles.
  if (!why.mayWait) return { step: "fetch", why, leader: claimed };
  return await landing(claimed, lookOnceMore(context, asked, why, claimed));
}

/** Another worker may have stored it between the look into the store and the claim. */
async function lookOnceMore(
  context: ServeContext,
  asked: Asked,
  why: Forwarding,
  leader: Leader,
): Promise<Step> {
  const found = selectVariant(await context.store.find(asked.key), asked.inbound.fields);
  if (found === undefined || !isReusable(context, asked, found.response)) {
    return { step: "fetch", why, leader };
  }
  leader.land({ kind: "look-again" });
  return { step: "lookup", mayWait: false };
}

/** The leader's end, which gives the claim back when the other workers find what was fetched. */
function releasing(context: ServeContext, key: string, leader: Leader, peers: Peers | null): Leader {
  const release = () => peers?.release(key);
  return {
    land(landing) {
      leader.land(landing);
      const stored = landing.kind === "filling" ? landing.response.fill.outcome : Promise.resolve();
      stored
        .then(() => context.store.published())
        .finally(release)
        .catch(context.onBackgroundError);
    },
  };
}

/** Another request's answer has come, as far as its fields: whether this one may have it is decided here. */
export async function join(
  context: ServeContext,
  asked: Asked,
  { why, landing }: Extract<Step, { step: "join" }>,
): Promise<Step> {
  switch (landing.kind) {
    case "filling":
      return joinFilling(context, asked, why, landing.response);
    case "elsewhere":
      return joinElsewhere(context, asked, why, landing.worker);
    case "unshared":
      return goAlone(why);
    case "look-again":
      return { step: "lookup", mayWait: false };
    case "failed":
      return handOver(why) ?? { step: "failure", why, failure: landing.failure };
    case "error-covered": {
      const found = why.selected;
      if (found === null) return goAlone(why);
      const { policy } = found.response;
      const { reuse } = context.options;
      const onError = decideReuseOnError(policy, asked.inbound.fields, context.now(), landing.status, reuse);
      if (!onError.use || !(await isStillThere(context, found))) return goAlone(why);
      const instead = { forward: why.forward, forwardStatus: landing.status, collapsed: true };
      const { reason } = onError;
      return { step: "stale", found, candidates: [], reason, revalidateInBackground: false, instead };
    }
  }
}

async function joinFilling(
  context: ServeContext,
  asked: Asked,
  why: Forwarding,
  response: FillingResponse,
): Promise<Step> {
  const matches = response.variantKey === variantKey(response.policy.vary, asked.inbound.fields);
  if (!matches || !isReusable(context, asked, response)) return goAlone(why);
  // It has ended since: what it stored is found in the store.
  if (!response.fill.readable) return { step: "lookup", mayWait: false };
  const facts = { hit: false, forward: why.forward, forwardStatus: response.status, collapsed: true };
  const telling = keyed(context.options, asked.key, { word: "COLLAPSED", reason: "collapsed", facts });
  return deliverFilling(context, asked, why, response, response.fields, telling);
}

async function joinElsewhere(
  context: ServeContext,
  asked: Asked,
  why: Forwarding,
  worker: number,
): Promise<Step> {
  const answer = (await context.peers?.ask(worker, asked.inbound)) ?? { kind: "lost" };
  switch (answer.kind) {
    case "answer":
      return relayPeer(context, asked, why, answer.response);
    case "lost":
      return handOver(why) ?? goAlone(why);
    case "unshared":
      context.flights.rememberUnshared(asked.key, context.now());
      return goAlone(why);
    default:
      return { step: "join", why, landing: answer };
  }
}

function goAlone(why: Forwarding): Step {
  return { step: "fetch", why, leader: null };
}

/** A leader that failed hands over once: the first that comes leads, the others wait again. */
function handOver(why: Forwarding): Step | null {
  return why.attempt === 1 ? { step: "collapse", why: { ...why, attempt: 2, seenFlight: undefined } } : null;
}

function isReusable(
  context: ServeContext,
  { inbound }: Asked,
  { policy }: Pick<FillingResponse, "policy">,
): boolean {
  return decideReuse(policy, inbound.fields, context.now(), context.options.reuse).use !== "revalidate";
}
