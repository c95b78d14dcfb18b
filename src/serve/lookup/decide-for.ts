import type { Found } from "../../store/tier.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import { type Decision, decide } from "./decide.ts";

/** What becomes of a request at this instant, with what was found under its key and what is known of the origin. */
export function decideFor(
  { flights, now, options }: ServeContext,
  { inbound, key }: KeyedRequest,
  stored: readonly Found[],
): Decision<Found> {
  const failure = flights.failures.last(key)?.failure ?? null;
  return decide(stored, inbound.fields, { now: now(), failure, canRefresh: true }, options);
}
