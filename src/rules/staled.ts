import { currentAge } from "./freshness.ts";
import type { Policy } from "./policy.ts";

/**
 * What a soft purge makes of a response: its lifetime has ended now, and the times for which it may be used stale (RFC 5861)
 * begin. What is stale already stays as it is. Null where it may not be used stale at all: it is of no use any more.
 * `now` is by the steady clock.
 */
export function staled(policy: Policy, now: number): Policy | null {
  if (forbidsStale(policy)) return null;
  const age = currentAge(policy, now);
  if (age >= policy.freshnessLifetime) return policy;
  return { ...policy, freshnessLifetime: age, lifetimeSource: "purged" };
}

function forbidsStale(policy: Policy): boolean {
  if (policy.revalidateAlways) return true;
  const hasWindow = policy.staleWhileRevalidateWindow > 0 || policy.staleIfErrorWindow > 0;
  return policy.revalidateWhenStale && !hasWindow;
}
