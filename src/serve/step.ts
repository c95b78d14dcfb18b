import type { OriginFailure, OriginResponse } from "../origin/forward.ts";
import type { CacheStatusFacts } from "../rules/cache-status.ts";
import type { ContentRange } from "../rules/content-range.ts";
import type { Policy } from "../rules/policy.ts";
import type { Part } from "../rules/range.ts";
import type { ReasonName } from "../rules/reason.ts";
import type { Found, PartialFound } from "../store/store.ts";
import type { Answer } from "./answer.ts";
import type { Flight, Landing, Leader } from "./collapse.ts";
import type { Inbound } from "./inbound.ts";

/** The request on its way through the steps: what the client sent and what it comes to. */
export interface Asked {
  readonly inbound: Inbound;
  /** Path and query the origin is asked for. */
  readonly target: string;
  readonly key: string;
}

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
  /** Everything stored under the key: their validators go with the request. */
  readonly candidates: readonly Found[];
  /** Where no complete response is selected: pieces of one that the request selects, and what they are good for. */
  readonly held: HeldPieces | null;
  /** 1, or 2 when the request it waited for failed. */
  readonly attempt: 1 | 2;
  /** False once it has waited in vain: then it goes alone. */
  readonly mayWait: boolean;
  /** Who led the key when the store was looked into: what was not found may have been on its way. */
  readonly seenFlight: Flight | undefined;
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
  | { readonly step: "lookup"; readonly mayWait: boolean }
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
  | { readonly step: "claim"; readonly why: Forwarding; readonly leader: Leader }
  | { readonly step: "join"; readonly why: Forwarding; readonly landing: Landing }
  | { readonly step: "fetch"; readonly why: Forwarding; readonly leader: Leader | null }
  | { readonly step: "pass"; readonly reason: ReasonName }
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
    }
  | {
      readonly step: "confirmed";
      readonly why: Forwarding;
      readonly found: Found;
    }
  | { readonly step: "failure"; readonly why: Forwarding; readonly failure: OriginFailure }
  | { readonly step: "deliver"; readonly answer: Answer };
