import { requestFieldsOf } from "../../rules/fields.ts";
import { withoutConditionals } from "../../rules/conditionals.ts";
import type { ServeContext } from "../context.ts";
import type { Inbound, KeyedRequest } from "../request/inbound.ts";
import type { Forwarding, Step } from "../step.ts";
import { claimFor, isFreshInStore } from "./claim.ts";
import { flightName } from "./join.ts";
import { type FlightLeader, landing } from "./landing.ts";
import type { FlightName } from "./open-flight.ts";

/** The steps that a refresh may take: none of them looks for an answer in the store, or waits for another request. */
export type RefreshStep = Extract<Step, { step: "fetch" | "fill" | "relay" | "confirmed" | "failure" }>;

/** Takes one of those steps. */
export type TakeStep = (
  context: ServeContext,
  request: KeyedRequest,
  step: RefreshStep,
) => Step | Promise<Step>;

/** Why the origin is asked, and what is stored. */
export type Occasion = Pick<Forwarding, "forward" | "reason" | "selected" | "candidates">;

/**
 * Asks the origin once for what a client was just given stale, or in part (RFC 5861 §3), however many clients come
 * meanwhile; not while the origin rests from a failure. It is a fetch, not a request: a request could be answered stale,
 * and begin another refresh.
 */
export function refreshInBackground(
  context: ServeContext,
  request: KeyedRequest,
  occasion: Occasion,
  takeStep: TakeStep,
): void {
  const { flights, onBackgroundError } = context;
  const background = inBackground(request);
  const name = flightName(context, background, occasion.candidates);
  if (flights.failures.restOf(request.key) > 0 || flights.join(name) !== undefined) return;
  // No client waits for it from the beginning.
  const finishing: ServeContext = {
    ...context,
    options: { ...context.options, onAbort: "finish", onAbortOfStream: "finish" },
  };
  const leader = flights.lead(name, background.inbound.fields);
  landing(leader, refresh(finishing, background, occasion, name, leader, takeStep)).catch(onBackgroundError);
}

/** The request without what is about its client's copy. */
export function inBackground(request: KeyedRequest): KeyedRequest {
  const inbound: Inbound = {
    ...request.inbound,
    method: "GET",
    fields: requestFieldsOf(withoutConditionals(request.inbound.fields.lines)),
    body: null,
    signal: new AbortController().signal,
  };
  return { ...request, inbound };
}

async function refresh(
  context: ServeContext,
  request: KeyedRequest,
  occasion: Occasion,
  name: FlightName,
  leader: FlightLeader,
  takeStep: TakeStep,
): Promise<void> {
  const claimed = await claimFor(context, name, leader);
  if (claimed.kind === "elsewhere") return;
  if (claimed.kind === "led" && claimed.restMilliseconds > 0) {
    context.flights.failures.rest(request.key, claimed.restMilliseconds);
    return leader.land({ kind: "given-up" });
  }
  if (await landing(leader, isFreshInStore(context, request))) return leader.land({ kind: "look-again" });
  context.onRefresh(context.site);
  let step: Step = { step: "fetch", why: refreshing(occasion), leader };
  while (isRefreshStep(step)) step = await takeStep(context, request, step);
  if (step.step === "deliver") await step.answer.response.body?.cancel();
}

/** The origin is asked with nobody beside it. */
export function refreshing(occasion: Occasion): Forwarding {
  return { ...occasion, held: null, rounds: 0, withPeers: false, seen: [] };
}

const refreshSteps: ReadonlySet<Step["step"]> = new Set<RefreshStep["step"]>([
  "fetch",
  "fill",
  "relay",
  "confirmed",
  "failure",
]);

function isRefreshStep(step: Step): step is RefreshStep {
  return refreshSteps.has(step.step);
}
