import type { OriginFailure } from "../../origin/failure.ts";
import type { FieldList } from "../../rules/fields.ts";
import type { Policy } from "../../rules/policy.ts";
import type { ReasonName } from "../../rules/reason.ts";
import type { Found } from "../../store/tier.ts";
import type { Fill } from "./fill.ts";

/** The head of a response that is being filled: enough for a waiting request to decide whether it may have it. */
export interface FillResponse {
  readonly status: number;
  /** Without the fields that go to the client that caused it only. */
  readonly fields: FieldList;
  readonly policy: Policy;
  readonly variantKey: string;
  readonly announcedSize: number | null;
  readonly fill: Fill;
}

/** A storable response that has come whole, as those get it who wait for it. */
export interface WholeResponse {
  /** Its body is in memory, whatever store has it; and it is here also where none has taken it. */
  readonly found: Found;
  /** Why no store has it; null where one has. */
  readonly unstoredReason: ReasonName | null;
}

/** What became of a request that went to the origin while others waited for it. */
export type Landing =
  /** A storable response has begun: waiting requests that match it read along. */
  | { readonly kind: "fill"; readonly response: FillResponse }
  /** A storable response has come whole: waiting requests that match it have it. */
  | { readonly kind: "whole"; readonly response: WholeResponse }
  /** A storable response has begun, and has broken off before anybody had anything of it. */
  | { readonly kind: "broken"; readonly failure: OriginFailure }
  /** The origin has confirmed what is stored: waiting requests that select it have it confirmed, too. */
  | { readonly kind: "confirmed"; readonly found: Found }
  /** The store has changed: look again. */
  | { readonly kind: "look-again" }
  /** The response says that it is for nobody else: every waiting request goes to the origin at once. */
  | { readonly kind: "unshared" }
  /** Nothing came of it, and that says nothing of the target: another waiting request goes instead. */
  | { readonly kind: "given-up" }
  /** The origin gave no answer. */
  | { readonly kind: "failed"; readonly failure: OriginFailure }
  /** The origin answered with this 5xx, which says of the target only "not now". */
  | { readonly kind: "error"; readonly status: number }
  /** Another worker asks the origin: its name. */
  | { readonly kind: "elsewhere"; readonly worker: string };

/** Who asks the origin, and tells what came of it. */
export interface Leader {
  /** The first landing counts, and of several leaders the first that brings something. */
  land(landing: Landing): void;
}

/** The leader's end of a flight. */
export interface FlightLeader extends Leader {
  /** What came of the flight, whichever of its leaders has brought that. */
  readonly landing: Promise<Landing>;
  /** Called once when nobody new may join any more before the flight has landed; at once where that is so. */
  whenDetached(react: () => void): void;
}

/** What the leader does, which must not end without a landing; or who goes alone. */
export function landing<Result>(leader: Leader | null, work: Promise<Result>): Promise<Result> {
  return leader === null ? work : landingAfter(leader, work);
}

async function landingAfter<Result>(leader: Leader, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    leader.land({ kind: "given-up" });
    throw error;
  }
}
