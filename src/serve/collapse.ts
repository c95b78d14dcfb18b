import type { OriginFailure } from "../origin/forward.ts";
import type { FieldList } from "../rules/fields.ts";
import type { Policy } from "../rules/policy.ts";
import type { Fill } from "./fill.ts";

/** The head of a response that is being filled: enough for a waiting request to decide whether it may have it. */
export interface FillingResponse {
  readonly status: number;
  /** Without the fields that go to the client that caused it only. */
  readonly fields: FieldList;
  readonly policy: Policy;
  readonly variantKey: string;
  readonly announcedSize: number | null;
  readonly fill: Fill;
}

/** What became of the one request that went to the origin while others waited for it. */
export type Landing =
  /** A storable response has begun: waiting requests that match it read along. */
  | { readonly kind: "filling"; readonly response: FillingResponse }
  /** The store has changed (a 304 freshened it): look again. */
  | { readonly kind: "look-again" }
  /** Nothing to share: every waiting request goes to the origin at once. */
  | { readonly kind: "unshared" }
  | { readonly kind: "failed"; readonly failure: OriginFailure }
  /** Another worker asks the origin: its number. */
  | { readonly kind: "elsewhere"; readonly worker: number }
  /** The origin answered with this 5xx, and a stored response may stand in for it (RFC 5861 §4). */
  | { readonly kind: "error-covered"; readonly status: number };

/** One request at the origin, as those see it who wait for it. */
export interface Flight {
  /** 1 for the first request, 2 for the one it handed over to by failing. */
  readonly attempt: number;
  readonly landing: Promise<Landing>;
}

/** The leader's end of a flight. */
export interface Leader {
  land(landing: Landing): void;
}

/** What the leader does, which must not end without a landing; or who goes alone. */
export function landing<Result>(leader: Leader | null, work: Promise<Result>): Promise<Result> {
  return leader === null ? work : landingAfter(leader, work);
}

async function landingAfter<Result>(leader: Leader, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    leader.land({ kind: "unshared" });
    throw error;
  }
}

/** Milliseconds for which a key whose answer could not be shared is not collapsed again. */
const unsharedWindow = 10_000;
const unsharedKeysAtMost = 10_000;

/**
 * One request to the origin for many clients (RFC 9111 §4, "collapsed requests"). A flight begins with the request
 * that leads it and lasts until its landing, or until its fill has ended: who comes in between joins it.
 */
export class Flights {
  readonly #flights = new Map<string, Flight>();
  /** Keys to the instant until which they are not collapsed; oldest first. */
  readonly #unshared = new Map<string, number>();

  /** The landing to wait for, if somebody leads the key. */
  join(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  /** True while the last answer for the key was one that could not be shared. */
  isUnshared(key: string, now: number): boolean {
    const until = this.#unshared.get(key);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#unshared.delete(key);
    return false;
  }

  /** Leads the key. Every path of the caller must end in `land`. */
  lead(key: string, attempt: number, now: () => number): Leader {
    const { promise, resolve } = Promise.withResolvers<Landing>();
    const flight = { attempt, landing: promise };
    this.#flights.set(key, flight);
    const end = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    return {
      land: (landing) => {
        if (landing.kind === "filling") {
          // The outcome never rejects; its failure is told to those who read the fill.
          void landing.response.fill.outcome.then(end);
        } else {
          end();
        }
        if (landing.kind === "unshared") this.rememberUnshared(key, now());
        else if (landing.kind !== "elsewhere") this.#unshared.delete(key);
        resolve(landing);
      },
    };
  }

  /** From now on, for a while, requests for the key do not wait for each other. */
  rememberUnshared(key: string, now: number): void {
    this.#unshared.delete(key);
    this.#unshared.set(key, now + unsharedWindow);
    if (this.#unshared.size <= unsharedKeysAtMost) return;
    const oldest = this.#unshared.keys().next();
    if (!oldest.done) this.#unshared.delete(oldest.value);
  }
}
