import { currentAge } from "./freshness.ts";
import type { Policy } from "./policy.ts";

/**
 * What a soft purge makes of a response: its lifetime has ended now, and the times for which it may be used stale (RFC 5861)
 * begin. What is stale already stays as it is. Null where it may not be used stale at all: it is of no use any more.
 * `now` is by the steady clock.
 */
export function staled(policy: Policy, now: number): Policy | null {
  if (forbidsStale(policy)) return null;
  const { freshnessLifetime } = policy;
  const lifetime = Math.min(freshnessLifetime, lifetimeUntil(policy, now));
  return lifetime === freshnessLifetime
    ? policy
    : { ...policy, freshnessLifetime: lifetime, lifetimeSource: "purged" };
}

/**
 * Past for every process, of which one may have a steady clock that is behind by less than a second. How old a response from
 * the future is cannot be known: it must not be fresh again when the clock has caught up.
 */
function lifetimeUntil(policy: Policy, now: number): number {
  const age = now < policy.responseAt ? policy.correctedInitialAge : currentAge(policy, now);
  return Math.max(0, age - 1);
}

function forbidsStale(policy: Policy): boolean {
  if (policy.revalidateAlways) return true;
  const hasWindow = policy.staleWhileRevalidateWindow > 0 || policy.staleIfErrorWindow > 0;
  return policy.revalidateWhenStale && !hasWindow;
}
