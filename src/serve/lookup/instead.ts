import { decideReuseOnError } from "../../rules/reuse.ts";
import type { Found } from "../../store/tier.ts";
import type { ServeContext } from "../context.ts";
import type { Asked, Forwarding, Step } from "../step.ts";

/** The origin failed the last time it was asked: nobody need wait until it does so again (RFC 5861 §4). */
export function insteadOfFailing(
  { flights, now, options }: ServeContext,
  { inbound, key }: Asked,
  { candidates }: Pick<Forwarding, "candidates">,
  found: Found,
): Extract<Step, { step: "stale" }> | null {
  const failed = flights.lastFailure(key);
  if (failed === undefined) return null;
  const { policy } = found.response;
  const { use, reason } = decideReuseOnError(policy, inbound.fields, now(), failed.failure, options.reuse);
  return use
    ? { step: "stale", found, candidates, reason, revalidateInBackground: true, instead: null }
    : null;
}
