import type { OriginFailure } from "../origin/failure.ts";
import type { OriginResponse } from "../origin/forward.ts";
import type { CacheStatusFacts } from "../rules/cache-status.ts";
import type { ContentRange } from "../rules/content-range.ts";
import type { Policy } from "../rules/policy.ts";
import type { Part } from "../rules/range.ts";
import type { ReasonName } from "../rules/reason.ts";
import type { Found, PartialFound } from "../store/tier.ts";
import type { Answer } from "./answer/answer.ts";
import type { FlightLeader, Landing, Leader } from "./flight/landing.ts";
import type { Flight, FlightName } from "./flight/open-flight.ts";

/** What of a body an answer needs, and what of that was not held when the store was looked into. */
export interface Need {
  readonly wanted: readonly Part[];
  readonly missing: readonly Part[];
  /** Whether `wanted` is what a Range asks for, be it all of the body. */
  readonly isRange: boolean;
}

/** Why the origin is asked, and what is stored for the request meanwhile. */
export interface Forwarding {
  readonly forward: NonNullable<CacheStatusFacts["forward"]>;
  readonly reason: ReasonName;
  /** The stored response that answers the request if the origin confirms it. */
  readonly selected: Found | null;
  /** What is stored under the key that the request may be given: some of it the origin may confirm instead. */
  readonly candidates: readonly Found[];
  /** A 304 has confirmed nothing: the origin is asked anew, without validators. */
  readonly isUnconditional?: true;
  /** Where no complete response is selected: pieces of one that the request selects, and what they are good for. */
  readonly held: HeldPieces | null;
  /** How often it has waited for another request in vain, or looked again. */
  readonly rounds: number;
  /** False where another worker was asked and did not answer: then this one goes by itself. */
  readonly withPeers: boolean;
  /** What was under way for the key when the store was looked into: what was not found may have come with it. */
  readonly seen: readonly Flight[];
}

export interface HeldPieces {
  readonly found: PartialFound;
  /** Computed from these pieces; what the row has meanwhile is another look's affair. */
  readonly need: Need;
  /** Fresh ones want but what is missing; others have to be confirmed first. */
  readonly use: "complete" | "revalidate";
}

/** What to do next, with all that is needed for it. */
export type Step =
  | ({ readonly step: "lookup" } & Pick<Forwarding, "rounds" | "withPeers">)
  | { readonly step: "hit"; readonly found: Found; readonly reason: ReasonName }
  | {
      readonly step: "stale";
      readonly found: Found;
      readonly reason: ReasonName;
      readonly revalidateInBackground: boolean;
      /** How the origin was asked before, when this stands in for its error; null when it was not asked. */
      readonly instead: Pick<CacheStatusFacts, "forward" | "forwardStatus" | "collapsed"> | null;
      readonly candidates: readonly Found[];
    }
  | { readonly step: "collapse"; readonly why: Forwarding }
  | {
      readonly step: "claim";
      readonly why: Forwarding;
      readonly leader: FlightLeader;
      readonly name: FlightName;
    }
  | { readonly step: "join"; readonly why: Forwarding; readonly landing: Landing }
  | { readonly step: "fetch"; readonly why: Forwarding; readonly leader: Leader | null }
  | { readonly step: "pass"; readonly reason: ReasonName }
  /** It asks for something to be purged. */
  | { readonly step: "purge" }
  /** The client wants a WebSocket. */
  | { readonly step: "upgrade"; readonly why: Forwarding }
  | {
      readonly step: "fill";
      readonly why: Forwarding;
      readonly response: OriginResponse;
      readonly policy: Policy;
      readonly reason: ReasonName;
      readonly leader: Leader | null;
    }
  | {
      readonly step: "piece";
      readonly why: Forwarding;
      readonly response: OriginResponse;
      readonly policy: Policy;
      readonly reason: ReasonName;
      readonly range: ContentRange;
    }
  /** A part of something small: relayed, while the whole is fetched in the background. */
  | { readonly step: "small"; readonly why: Forwarding; readonly response: OriginResponse }
  | {
      readonly step: "relay";
      readonly why: Forwarding;
      readonly response: OriginResponse;
      readonly reason: ReasonName;
      /** It makes an end of what is stored for the request, as soon as it has begun. */
      readonly supersedes?: boolean;
    }
  | {
      readonly step: "confirmed";
      readonly why: Forwarding;
      readonly found: Found;
      /** Whether another client's request did it. */
      readonly collapsed: boolean;
    }
  | { readonly step: "failure"; readonly why: Forwarding; readonly failure: OriginFailure }
  | { readonly step: "deliver"; readonly answer: Answer };

/** The origin is asked for this client alone, whatever is stored. */
export function forwardingPast(forward: Forwarding["forward"], reason: ReasonName): Forwarding {
  const nothing = { selected: null, candidates: [], held: null, seen: [] };
  return { forward, reason, ...nothing, rounds: 0, withPeers: false };
}

/** The origin is asked as if no pieces were held. */
export function pastPieces(why: Forwarding): Forwarding {
  return { ...why, held: null, reason: "partial-miss" };
}

/** Once more from the beginning: what was stored meanwhile may answer, or stand in for an error of the origin. */
export function lookAgain({ rounds, withPeers }: Forwarding): Step {
  return { step: "lookup", rounds: rounds + 1, withPeers };
}
