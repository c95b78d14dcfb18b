import type { Sender } from "../../rules/identity.ts";
import { KeyMemory } from "./key-memory.ts";
import type { Landing } from "./landing.ts";

/** How the origin failed to give what could be stored, when it was last asked for a key. */
export interface Failed {
  readonly failure: "unreachable" | number;
  /** For so many milliseconds it is left in peace, and until when. */
  readonly rest: number;
  readonly restsUntil: number;
}

/** The origin rests after a failure: milliseconds, doubled with each one more in a row. */
const shortestRest = 1_000;
const longestRest = 30_000;
/** A failure that was so long ago says nothing any more. */
const failureWindow = 2 * longestRest;

export interface FailuresOptions {
  /** Milliseconds; never goes back. */
  readonly monotonic: () => number;
  /** Random: see `KeyMemory`. */
  readonly seed: number;
}

/** How the origin has failed, by key, and how long it is left in peace for it. */
export class Failures {
  readonly #monotonic: () => number;
  readonly #failed: KeyMemory<Failed>;

  constructor({ monotonic, seed }: FailuresOptions) {
    this.#monotonic = monotonic;
    this.#failed = new KeyMemory(seed);
  }

  /** What the landing says of the origin. */
  learn(primaryKey: string, sender: Sender, landing: Landing): void {
    if (sender === "identified") return;
    if (landing.kind === "failed") this.#remember(primaryKey, "unreachable");
    if (landing.kind === "error") this.#remember(primaryKey, landing.status);
  }

  /** It has answered. */
  forget(primaryKey: string): void {
    this.#failed.delete(primaryKey);
  }

  /** Another worker has found that the origin should rest for so many milliseconds. */
  rest(primaryKey: string, milliseconds: number): void {
    const now = this.#monotonic();
    const former = this.#failed.get(primaryKey, now);
    const rest = Math.max(former?.rest ?? 0, milliseconds);
    const restsUntil = now + milliseconds;
    const failed = { failure: former?.failure ?? "unreachable", rest, restsUntil } as const;
    this.#failed.set(primaryKey, failed, restsUntil + failureWindow);
  }

  /** How the origin failed the last time it was asked for the key, if it did. */
  last(primaryKey: string): Failed | undefined {
    return this.#failed.get(primaryKey, this.#monotonic());
  }

  /** Milliseconds for which the origin should not be asked for the key by itself; 0 when it may. */
  restOf(primaryKey: string): number {
    const failed = this.last(primaryKey);
    return failed === undefined ? 0 : Math.max(0, failed.restsUntil - this.#monotonic());
  }

  /** A failure while the origin rests was under way before: it counts for no more. */
  #remember(primaryKey: string, failure: Failed["failure"]): void {
    const now = this.#monotonic();
    const former = this.#failed.get(primaryKey, now);
    if (former !== undefined && now < former.restsUntil) return;
    const rest = former === undefined ? shortestRest : Math.min(2 * former.rest, longestRest);
    this.#failed.set(primaryKey, { failure, rest, restsUntil: now + rest }, now + rest + failureWindow);
  }
}
