import type { FieldReader } from "../../rules/fields.ts";
import type { IdentityOptions } from "../../rules/identity.ts";
import type { Policy } from "../../rules/policy.ts";
import type { ReasonName } from "../../rules/reason.ts";
import { decideReuse, decideReuseOnError, isOfClient, type ReuseOptions } from "../../rules/reuse.ts";
import { select, type Stored } from "./selection.ts";

/** What becomes of a request after a look into the store. `candidates` is what of the stored it may be given. */
export type Decision<Each> =
  /** `found` is fresh, and is the answer. */
  | { readonly kind: "hit"; readonly found: Each; readonly reason: ReasonName }
  /** `found` is the answer, though it is stale. */
  | (Extract<Use, { kind: "stale" }> & { readonly found: Each; readonly candidates: readonly Each[] })
  /** `found` is the answer if the origin confirms it. */
  | (Extract<Use, { kind: "revalidate" }> & { readonly found: Each; readonly candidates: readonly Each[] })
  /** Nothing that is stored is the answer; some of it the origin may confirm instead. */
  | {
      readonly kind: "miss";
      readonly candidates: readonly Each[];
      /** As Cache-Status says it (RFC 9211 §2.2): "request" where what there is may not be given to who sent it. */
      readonly forward: "request" | "uri-miss" | "vary-miss";
      readonly reason: ReasonName;
    };

/** How the response that a request selects may be used. */
export type Use =
  | { readonly kind: "hit"; readonly reason: ReasonName }
  | { readonly kind: "stale"; readonly reason: ReasonName; readonly revalidateInBackground: boolean }
  | { readonly kind: "revalidate"; readonly forward: "request" | "stale"; readonly reason: ReasonName };

/** What beside the request and the stored responses decides. */
export interface Situation {
  /** By the steady clock, in milliseconds. */
  readonly now: number;
  /** How the origin failed when it was last asked for the key; null where it did not, and where that is not to count. */
  readonly failure: "unreachable" | number | null;
  /** Whether what is given stale is refreshed in the background where it must be. */
  readonly canRefresh: boolean;
}

export interface DecisionOptions {
  readonly storing: IdentityOptions;
  readonly reuse: ReuseOptions;
}

/** Decides what of the complete responses under its key answers a request (RFC 9111 §4). */
export function decide<Each extends Stored>(
  stored: readonly Each[],
  request: FieldReader,
  situation: Situation,
  { storing, reuse }: DecisionOptions,
): Decision<Each> {
  const { candidates, selected: found, withheld } = select(stored, request, storing);
  if (found !== undefined) {
    const use = decideUse(found.response.policy, request, situation, reuse);
    return use.kind === "hit" ? { ...use, found } : { ...use, found, candidates };
  }
  if (withheld !== null) return { kind: "miss", candidates, forward: "request", reason: withheld };
  return stored.length > 0
    ? { kind: "miss", candidates, forward: "vary-miss", reason: "vary-miss" }
    : { kind: "miss", candidates, forward: "uri-miss", reason: "miss" };
}

/** Decides how a response that the request selects may be used. */
export function decideUse(
  policy: Policy,
  request: FieldReader,
  situation: Situation,
  options: ReuseOptions,
): Use {
  const decision = decideReuse(policy, request, situation.now, options);
  const { reason } = decision;
  switch (decision.use) {
    case "fresh":
      return { kind: "hit", reason };
    case "stale": {
      const { revalidateInBackground } = decision;
      if (situation.canRefresh || !revalidateInBackground) {
        return { kind: "stale", reason, revalidateInBackground };
      }
      return insteadOfWaiting(policy, request, situation, options) ?? revalidate("revalidate-stale");
    }
    case "revalidate":
      return insteadOfWaiting(policy, request, situation, options) ?? revalidate(reason);
  }
}

function revalidate(reason: ReasonName): Use {
  return { kind: "revalidate", forward: isOfClient(reason) ? "request" : "stale", reason };
}

/** The origin failed the last time it was asked: nobody need wait until it does so again (RFC 5861 §4). */
function insteadOfWaiting(
  policy: Policy,
  request: FieldReader,
  { now, failure, canRefresh }: Situation,
  options: ReuseOptions,
): Use | null {
  if (failure === null) return null;
  const { use, reason } = decideReuseOnError(policy, request, now, failure, options);
  return use ? { kind: "stale", reason, revalidateInBackground: canRefresh } : null;
}
