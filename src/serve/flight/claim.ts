import type { Claim, ServeContext } from "../context.ts";
import { decide } from "../lookup/decide.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import { type Forwarding, lookAgain, type Step } from "../step.ts";
import { type FlightLeader, type Landing, type Leader, landing } from "./landing.ts";
import type { FlightName } from "./open-flight.ts";

/** Leads the name among all workers, or learns which one does. */
export async function claim(
  context: ServeContext,
  request: KeyedRequest,
  { why, leader, name }: Extract<Step, { step: "claim" }>,
): Promise<Step> {
  const claimed = await claimFor(context, name, leader);
  switch (claimed.kind) {
    case "elsewhere":
      return { step: "join", why, landing: claimed };
    case "alone":
      return { step: "fetch", why, leader };
    case "led":
      return await landing(leader, leadUnlessStored(context, request, why, leader));
  }
}

/** Once more into the store: another worker may have put it there between the look into it and the claim. */
async function leadUnlessStored(
  context: ServeContext,
  request: KeyedRequest,
  why: Forwarding,
  leader: Leader,
): Promise<Step> {
  if (!(await isFreshInStore(context, request))) return { step: "fetch", why, leader };
  leader.land({ kind: "look-again" });
  return lookAgain(why);
}

/** Whether the request would be answered from the store now, without any grace. */
export async function isFreshInStore(
  { options, store, now }: ServeContext,
  request: KeyedRequest,
): Promise<boolean> {
  const stored = await store.find(request.key);
  const situation = { now: now(), failure: null, canRefresh: true };
  return decide(stored, request.inbound.fields, situation, options).kind === "hit";
}

/** What came of asking for the lead. */
export type Claimed =
  /** `restMilliseconds`: for so long the origin should not be asked by itself, as another worker has found. */
  | { readonly kind: "led"; readonly restMilliseconds: number }
  /** Nobody could be asked: the worker leads for itself. */
  | { readonly kind: "alone" }
  | Extract<Landing, { kind: "elsewhere" }>;

/** Asks for the lead. Where another worker has it, the flight here has landed. */
export async function claimFor(
  context: ServeContext,
  name: FlightName,
  leader: FlightLeader,
): Promise<Claimed> {
  const { peers } = context;
  const answer: Claim = peers === null ? { kind: "alone" } : await landing(leader, peers.claim(name.text));
  if (answer.kind === "elsewhere") {
    const elsewhere = { kind: "elsewhere", worker: answer.worker } as const;
    leader.land(elsewhere);
    return elsewhere;
  }
  if (answer.kind === "led") giveBackInTime(context, name, leader, answer.release);
  return answer;
}

/**
 * Gives the claim back when the other workers find what the flight has brought, or at once when nobody may join it any
 * more. A leader that is still at the origin when another one has landed keeps the claim from nobody.
 */
function giveBackInTime(
  { flights, store, onBackgroundError }: ServeContext,
  { primaryKey }: FlightName,
  leader: FlightLeader,
  release: Extract<Claim, { kind: "led" }>["release"],
): void {
  const giveBack = () => release(flights.failures.restOf(primaryKey));
  leader.whenDetached(giveBack);
  leader.landing
    .then((landed) => (landed.kind === "fill" ? landed.response.fill.outcome : undefined))
    .then(() => store.published())
    .finally(giveBack)
    .catch(onBackgroundError);
}
