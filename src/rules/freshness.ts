import type { Policy } from "./policy.ts";
export function currentAge(_policy: Policy, _now: number): number {
  throw new Error("unwritten");
}
export function remainingLifetime(_policy: Policy, _now: number): number {
  throw new Error("unwritten");
}
