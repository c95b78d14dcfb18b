import type { Facts } from "../../control/explanation.ts";
import type { Deadlines } from "../../origin/deadlines.ts";
import type { ServeContext } from "../context.ts";
import { lookup } from "../lookup/lookup.ts";
import type { KeyedRequest, Received } from "../request/inbound.ts";
import { receive } from "../request/receive.ts";
import { askedFacts } from "./asked.ts";
import { fetchedFacts } from "./fetched.ts";
import { leftOutOf, senderFacts } from "./left-out.ts";
import { lookUnder, onlyLooking } from "./only-looking.ts";
import { unlessRefused } from "./refused.ts";
import { outcomeOf } from "./outcome.ts";
import { storedFacts } from "./stored.ts";

/**
 * What would become of the request now: the steps of the machine are taken, those that serve, as far as the one that would
 * ask the origin. Nothing is changed by it: see explain/only-looking. `received` are the fields as the client has sent them.
 * `fetching`: the origin is asked, and waited for so long; null where it is not.
 */
export async function factsOf(
  serving: ServeContext,
  request: KeyedRequest,
  received: Received["received"],
  fetching: Deadlines | null,
): Promise<Facts> {
  const { inbound, key, target, verdict } = request;
  const seen = await lookUnder(serving, key);
  const context = onlyLooking(serving, seen);
  const first = receive(context, request);
  const isLookedUp = first.step === "lookup";
  const looked = isLookedUp ? await lookup(context, request, first) : first;
  const step = await unlessRefused(context, request, looked);
  const stored = isLookedUp ? storedFacts(context, request, seen) : [];
  const fetched = fetching === null ? null : await fetchedFacts(context, request, step, fetching);
  const selected = stored.find(({ isSelected }) => isSelected);
  return {
    url: `${inbound.protocol}://${inbound.host}${inbound.target}`,
    method: inbound.method,
    site: context.site.name,
    client: inbound.clientAddress,
    sender: senderFacts(context, request),
    rules: [...new Set([...verdict.rules, ...(selected?.rules ?? []), ...(fetched?.rules ?? [])])],
    key: isLookedUp
      ? { key, target, marks: [...verdict.marks], leftOut: leftOutOf(context, request, received) }
      : null,
    stored,
    outcome: outcomeOf(context, request, step),
    lastFailure: isLookedUp ? lastFailure(context, key) : null,
    targeted: [...context.options.storing.targetedFields],
    underWay: context.flights.under(key).length,
    origins: [...context.options.origins],
    origin: askedFacts(context, request, step),
    fetched,
  };
}

function lastFailure({ flights }: ServeContext, key: string): Facts["lastFailure"] {
  const failed = flights.failures.last(key);
  if (failed === undefined) return null;
  return { failure: failed.failure, rests: Math.ceil(flights.failures.restOf(key) / 1000) };
}
